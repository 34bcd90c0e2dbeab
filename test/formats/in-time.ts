/** The deadline for anything that reads a file, and how a test holds a reader to it. */
import { expect } from '@jest/globals';

/** Longer than this, and an admission webhook would have to give up. */
export const DEADLINE_MS = 1000;

/** Runs an action and expects it to take less than the deadline: CPU time, so that a busy machine fails nothing. */
export async function inTime<T>(action: () => T | Promise<T>): Promise<T> {
  const before = process.cpuUsage();
  try {
    return await action();
  } finally {
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1000).toBeLessThan(DEADLINE_MS);
  }
}
