import { expect, test } from '@jest/globals';
import { readOptions } from '../../src/cli/arguments.js';
import { UsageError } from '../../src/cli/errors.js';

const OPTIONS = {
  optimizer: { type: 'string' },
  output: { type: 'string', short: 'o' },
  json: { type: 'boolean' },
} as const;

test('options and files may stand in any order', () => {
  const { values, positionals } = readOptions(['a', '--optimizer', 'adam', 'b', '--json'], OPTIONS);
  expect({ ...values }).toEqual({ optimizer: 'adam', json: true });
  expect(positionals).toEqual(['a', 'b']);
});

test.each([
  ['--optimiser adam', 'unknown option --optimiser; did you mean --optimizer?'],
  ['--zzz', 'unknown option --zzz'],
  ['--optimizer', '--optimizer needs a value'],
  ['-o', '-o needs a value'],
  ['--optimizer -1', '--optimizer needs a value; if it begins with a dash: --optimizer=VALUE'],
  ['--json=yes', "Option '--json' does not take an argument"],
])('%s: %s', (argv, message) => {
  expect(() => readOptions(argv.split(' '), OPTIONS)).toThrow(new UsageError(message));
});
