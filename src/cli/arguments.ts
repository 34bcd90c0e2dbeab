import { parseArgs } from 'node:util';
import type { ParseArgsConfig } from 'node:util';
import { nearestOf } from '../estimate/index.js';
import { UsageError } from './errors.js';

type Options = NonNullable<ParseArgsConfig['options']>;

/** What is given with positions and options mixed; where it makes no sense, one line that says what would. */
export function readOptions<Known extends Options>(
  argv: readonly string[],
  options: Known,
): ReturnType<typeof parseArgs<{ options: Known; allowPositionals: true }>> {
  try {
    return parseArgs({ args: [...argv], allowPositionals: true, options });
  } catch (error) {
    throw new UsageError(messageOf((error as Error).message, Object.keys(options)));
  }
}

/** What Node says, and what to say instead of it. */
const MESSAGES: readonly (readonly [RegExp, (option: string, known: readonly string[]) => string])[] = [
  [/^Unknown option '(-[^' ]*)'/, unknown],
  [/^Option '(-[^' ,]*).*argument missing$/, (option) => `${option} needs a value`],
  [/^Option '(-[^' ,]*).*ambiguous/, (option) => `${option} needs a value; if it begins with a dash: ${option}=VALUE`],
];

function messageOf(message: string, known: readonly string[]): string {
  for (const [pattern, say] of MESSAGES) {
    const option = pattern.exec(message)?.[1];
    if (option !== undefined) return say(option, known);
  }
  return message;
}

function unknown(option: string, known: readonly string[]): string {
  const nearest = nearestOf(option.replace(/^-+/, ''), known);
  return `unknown option ${option}${nearest === undefined ? '' : `; did you mean --${nearest}?`}`;
}
