// Ends the parts of a cluster when the test process is gone, however it went: a test runner that is killed runs no exit
// handler, but its end of this program's standard input closes. Argument: the folder to remove. Input: a line `+pid` for
// each process that starts, `-pid` for each that has ended.
import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';

const [folder] = process.argv.slice(2);
const running = new Set();

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => undefined);

for await (const line of createInterface({ input: process.stdin })) {
  const pid = Number(line.slice(1));
  if (line.startsWith('+')) running.add(pid);
  else running.delete(pid);
}

for (const pid of running) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
if (folder !== undefined) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
