import { complain, EXIT, InputError, UsageError } from './errors.js';
import { estimateCommand } from './estimate.js';
import { explainCommand } from './explain.js';
import { formatsCommand } from './formats.js';
import { helpText } from './help.js';
import { packCommand } from './pack.js';
import { VERSION } from './version.js';

type Command = (argv: readonly string[], print: (line: string) => void) => number | Promise<number>;

const COMMANDS: Readonly<Record<string, Command>> = {
  estimate: estimateCommand,
  explain: explainCommand,
  pack: packCommand,
  formats: formatsCommand,
};

const TEXTS: Readonly<Record<string, () => string>> = {
  '--help': helpText,
  '-h': helpText,
  help: helpText,
  '--version': () => VERSION,
  '-v': () => VERSION,
};

/** Runs a command line; returns the exit code. */
export async function main(argv: readonly string[], print: (line: string) => void): Promise<number> {
  const [name = '--help', ...rest] = argv;
  const asked = rest.includes('--help') ? '--help' : name;
  const text = own(TEXTS, asked);
  if (text) {
    print(text());
    return EXIT.ok;
  }
  try {
    const command = own(COMMANDS, name);
    if (!command) throw new UsageError(`"${name}" is not a command; there are ${Object.keys(COMMANDS).join(', ')}`);
    return await command(rest, print);
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof InputError)) throw error;
    complain(error);
    return error instanceof UsageError ? EXIT.usage : EXIT.input;
  }
}

/** A row of a table, never what every object has. */
function own<T>(table: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}
