import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openFile } from '../../src/sources/file.js';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'layergauge-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const written = (name: string, bytes: Uint8Array): string => {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
};

describe('an open file', () => {
  const content = Uint8Array.from({ length: 10 }, (_, index) => index);

  test('has its size, and the last part of its path as its name', async () => {
    const file = await openFile(written('ten.onnx', content));
    expect([file.size, file.name]).toEqual([10, 'ten.onnx']);
    await file.close();
  });

  test.each([
    ['a range', 2, 3, [2, 3, 4]],
    ['the whole', 0, 10, [...content]],
    ['no more than there is', 8, 100, [8, 9]],
    ['nothing', 4, 0, []],
    ['nothing at the end', 10, 5, []],
    ['nothing behind the end', 2 ** 40, 5, []],
  ])('gives %s', async (_, offset, length, expected) => {
    const file = await openFile(written('ranges', content));
    expect([...(await file.read(offset, length))]).toEqual(expected);
    await file.close();
  });

  test('gives what is left where it shrinks while it is read', async () => {
    const path = written('shrinking', content);
    const file = await openFile(path);
    truncateSync(path, 4);
    expect([...(await file.read(2, 8))]).toEqual([2, 3]);
    await file.close();
  });

  test('asks for no more memory than the file has bytes', async () => {
    const file = await openFile(written('small', content));
    expect((await file.read(0, 2 ** 50)).buffer.byteLength).toBe(10);
    await file.close();
  });

  test('cannot be read once it is closed', async () => {
    const file = await openFile(written('closed', content));
    await file.close();
    await expect(file.read(0, 1)).rejects.toThrow('file closed');
  });

  test('may be empty', async () => {
    const file = await openFile(written('empty', new Uint8Array(0)));
    expect([file.size, (await file.read(0, 5)).length]).toEqual([0, 0]);
    await file.close();
  });
});

describe('what cannot be opened fails as the system does', () => {
  test.each([
    ['a file that is not there', () => join(folder, 'nowhere'), { code: 'ENOENT', syscall: 'open' }],
    ['a folder', () => folder, { code: 'EISDIR', syscall: 'read' }],
    ['a file taken for a folder', () => join(written('leaf', new Uint8Array(1)), 'x'), { code: 'ENOTDIR' }],
    ['a device', () => '/dev/null', { code: 'EINVAL', message: 'EINVAL: not a regular file, read' }],
  ])('%s', async (_, path, error) => {
    await expect(openFile(path())).rejects.toMatchObject(error);
  });

  test('a pipe that nobody writes to, at once', async () => {
    const path = join(folder, 'pipe');
    execFileSync('mkfifo', [path]);
    await expect(openFile(path)).rejects.toMatchObject({ code: 'EINVAL' });
  });
});
