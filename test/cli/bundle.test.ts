// The command line as it ships: one file, started as a process of its own.
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, test } from '@jest/globals';

const ROOT = join(import.meta.dirname, '../..');
const RESNET = join(ROOT, 'test/fixtures/onnx/resnet50-training.onnx');
const elsewhere = mkdtempSync(join(tmpdir(), 'layergauge-'));
const cli = join(elsewhere, 'cli.mjs');

beforeAll(() => {
  execFileSync(process.execPath, [join(ROOT, 'scripts/build.mjs')], { cwd: ROOT });
  copyFileSync(join(ROOT, 'dist/cli.mjs'), cli);
});

test('the bundle runs by itself, away from node_modules', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, 'estimate', RESNET, '--json'], {
    cwd: elsewhere,
    encoding: 'utf8',
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(JSON.parse(stdout)).toMatchObject({ model: { name: 'resnet50' }, version: '0.1.0' });
});

test('a reader that goes away early is no error', () => {
  const { status, stderr } = spawnSync(
    'bash',
    ['-o', 'pipefail', '-c', `"${process.execPath}" "${cli}" estimate "${RESNET}" --json | head -c 1`],
    { encoding: 'utf8' },
  );
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});
