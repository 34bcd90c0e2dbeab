import { EXIT, InputError, UsageError } from './errors.js';
import { estimateCommand } from './estimate.js';
import { formatsCommand } from './formats.js';
import { helpText } from './help.js';
import { packCommand } from './pack.js';
import { VERSION } from './version.js';

type Command = (argv: readonly string[], print: (line: string) => void) => number | Promise<number>;

const COMMANDS: Readonly<Record<string, Command>> = {
  estimate: estimateCommand,
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
  const text = TEXTS[asked];
  if (text) {
    print(text());
    return EXIT.ok;
  }
  try {
    const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
    if (!command) throw new UsageError(`"${name}" is not a command; there are ${Object.keys(COMMANDS).join(', ')}`);
    return await command(rest, print);
  } catch (error) {
    if (error instanceof UsageError) return complain(error.message, EXIT.usage);
    if (error instanceof InputError) return complain(error.message, EXIT.input);
    throw error;
  }
}

function complain(message: string, code: number): number {
  process.stderr.write(`layergauge: ${message}\n`);
  return code;
}
