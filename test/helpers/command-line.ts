import { jest } from '@jest/globals';
import { main } from '../../src/cli/main.js';

export interface Finished {
  readonly code: number;
  readonly stdout: readonly string[];
  readonly stderr: string;
}

/** Runs a command line in this process and takes what it prints. */
export async function commandLine(...argv: string[]): Promise<Finished> {
  const stdout: string[] = [];
  let stderr = '';
  const spy = jest.spyOn(process.stderr, 'write').mockImplementation((text) => {
    stderr += String(text);
    return true;
  });
  try {
    const code = await main(argv, (line) => stdout.push(line));
    return { code, stdout, stderr };
  } finally {
    spy.mockRestore();
  }
}
