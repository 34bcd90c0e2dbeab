// The processes a cluster is made of: each writes a log, none outlives the test process, and one that ends by itself is
// reported with the end of its log.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const TAIL_LINES = 25;

interface Part {
  readonly name: string;
  readonly process: ChildProcess;
  readonly ended: Promise<void>;
}

export class Parts {
  readonly #folder: string;
  readonly #reaper: ChildProcess;
  readonly #parts: Part[] = [];
  #failure: Error | undefined;
  #stopping = false;

  /** `folder` takes the logs, and is removed with everything in it when this process ends without `stop()`. */
  constructor(folder: string) {
    this.#folder = folder;
    // Detached: a Ctrl-C at the terminal must not reach it.
    this.#reaper = spawn(process.execPath, [join(import.meta.dirname, 'reaper.mjs'), folder], {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    this.#reaper.unref();
  }

  /** The first part that ended by itself, with the end of its log. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  start(program: string, args: readonly string[]): void {
    const name = program.slice(program.lastIndexOf('/') + 1);
    const log = openSync(this.logOf(name), 'a');
    const child = spawn(program, args, { cwd: this.#folder, stdio: ['ignore', log, log] });
    closeSync(log);
    child.unref();
    this.#tellReaper('+', child);
    const ended = new Promise<void>((resolve) => {
      child.on('error', (error) => resolve(this.#onEnd(name, error.message)));
      child.on('exit', (code, signal) => {
        this.#tellReaper('-', child);
        resolve(this.#onEnd(name, `it ended with ${signal ?? `status ${String(code)}`}`));
      });
    });
    this.#parts.push({ name, process: child, ended });
  }

  logOf(name: string): string {
    return join(this.#folder, `${name}.log`);
  }

  /** Kills outright: no part holds anything that is kept. */
  async stop(): Promise<void> {
    this.#stopping = true;
    for (const { process: child } of this.#parts.toReversed()) {
      child.ref();
      child.kill('SIGKILL');
    }
    await Promise.all(this.#parts.map(({ ended }) => ended));
    this.#reaper.kill('SIGKILL');
  }

  #onEnd(name: string, how: string): void {
    if (this.#stopping) return;
    this.#failure ??= new Error(`${name}: ${how}. The end of its log:\n${this.#tailOf(name)}`);
  }

  #tailOf(name: string): string {
    return readFileSync(this.logOf(name), 'utf8').trimEnd().split('\n').slice(-TAIL_LINES).join('\n');
  }

  #tellReaper(sign: '+' | '-', { pid }: ChildProcess): void {
    if (pid !== undefined && this.#reaper.stdin?.writable === true) this.#reaper.stdin.write(`${sign}${pid}\n`);
  }
}
