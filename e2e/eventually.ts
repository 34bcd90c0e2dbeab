// Waiting for a cluster to reach a state: it converges, it does not answer.

const POLL_MS = 50;

/** What to wait for, for how long, and what may cut the waiting short. */
export interface Patience {
  readonly seconds?: number;
  /** An error here ends the waiting at once. */
  readonly failure?: () => Error | undefined;
}

/** Asks `probe` until it gives something. What it throws counts as nothing yet, and is told when time is up. */
export async function eventually<T>(
  what: string,
  probe: () => Promise<T | undefined>,
  { seconds = 20, failure = (): undefined => undefined }: Patience = {},
): Promise<T> {
  const deadline = performance.now() + seconds * 1000;
  let last: unknown;
  while (performance.now() < deadline) {
    const failed = failure();
    if (failed !== undefined) throw failed;
    try {
      const found = await probe();
      if (found !== undefined) return found;
      last = undefined;
    } catch (error) {
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  throw new Error(`not after ${seconds} s: ${what}`, { cause: last });
}
