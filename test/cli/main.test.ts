import { describe, expect, test } from '@jest/globals';
import { FORMATS } from '../../src/formats/index.js';
import { commandLine } from '../helpers/command-line.js';

describe('exit codes', () => {
  test.each([
    [[], 0],
    [['--help'], 0],
    [['help'], 0],
    [['estimate', '--help'], 0],
    [['--version'], 0],
    [['formats'], 0],
    [['estimate'], 2],
    [['pack'], 2],
    [['pack', 'a.onnx', 'b.onnx'], 2],
    [['estimate', 'a.onnx', '--colour'], 2],
    [['guess'], 2],
    [['toString'], 2],
    [['estimate', '/nonexistent.onnx'], 1],
    [['pack', '/nonexistent.onnx'], 1],
  ])('%j gives %d', async (argv, code) => {
    expect((await commandLine(...argv)).code).toBe(code);
  });

  test.each([
    [['guess'], '"guess" is not a command; there are estimate, explain, pack, formats'],
    [['estimate'], 'estimate needs a file: layergauge estimate model.onnx'],
    [['pack'], 'pack takes one file: layergauge pack model.onnx'],
    [['pack', '/'], '/: this is a directory: name a file in it'],
    [['estimate', '/'], '/: this is a directory: name a file in it'],
  ])('%j says what to do in one line', async (argv, message) => {
    expect((await commandLine(...argv)).stderr).toBe(`layergauge: ${message}\n`);
  });
});

test('help names every command and option', async () => {
  const text = (await commandLine('--help')).stdout.join('\n');
  for (const word of [
    'estimate FILE',
    'pack FILE',
    'explain FILE',
    'formats',
    '--gpu',
    '--context-mib',
    '--as-is',
    '--json',
  ]) {
    expect(text).toContain(word);
  }
  expect(text).toContain('(default adamw)');
});

test('formats lists what can be read', async () => {
  const { stdout } = await commandLine('formats');
  expect(stdout).toHaveLength(2 + FORMATS.length);
  for (const { name } of FORMATS) expect(stdout.some((line) => line.startsWith(name))).toBe(true);
});
