/**
 * A burst of pods through a real API server, with and without the webhook in the way: what creating one takes, what the
 * API server says of its calls to us, and how often it failed open. Writes docs/benchmarks.md.
 */
import { performance } from 'node:perf_hooks';
import { MODEL, Session } from '../e2e/session.js';
import { formatTable } from '../src/cli/table.js';
import { publish, quantile } from './publish.js';

const PODS = 1000;
const CALLERS = 40;
const CALLS = 'apiserver_admission_webhook_admission_duration_seconds';
const FAIL_OPEN = 'apiserver_admission_webhook_fail_open_count';

interface Burst {
  readonly perSecond: number;
  /** From the caller's side, by pod. */
  readonly createMs: readonly number[];
}

/** Creates pods from so many callers at once, each of them its next as soon as its last was answered. */
async function burst(session: Session, annotations: Readonly<Record<string, string>>): Promise<Burst> {
  const createMs: number[] = [];
  const from = performance.now();
  let begun = 0;
  const caller = async (): Promise<void> => {
    while (begun++ < PODS) {
      const at = performance.now();
      const { status, text } = await session.create(session.pod(annotations));
      if (status !== 201) throw new Error(`a pod was not created: ${text}`);
      createMs.push(performance.now() - at);
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, caller));
  return { perSecond: (1000 * PODS) / (performance.now() - from), createMs };
}

/** The counts of the API server's histogram of calls to our webhooks, by upper bound in seconds. */
async function buckets(session: Session): Promise<Map<number, number>> {
  const counts = new Map<number, number>();
  for (const line of (await session.cluster.metrics()).split('\n')) {
    const [, bound] = /le="([^"]+)"/.exec(line) ?? [];
    if (!line.startsWith(`${CALLS}_bucket`) || !line.includes('layergauge') || bound === undefined) continue;
    const seconds = bound === '+Inf' ? Infinity : Number(bound);
    counts.set(seconds, (counts.get(seconds) ?? 0) + Number(line.split(' ').at(-1)));
  }
  return counts;
}

/** A quantile of the calls between two readings, by linear interpolation in its bucket, as Prometheus does it. */
function callMs(before: Map<number, number>, after: Map<number, number>, share: number): string {
  const between = [...after].map(([bound, count]) => ({ bound, count: count - (before.get(bound) ?? 0) }));
  const sorted = between.sort((a, b) => a.bound - b.bound);
  const rank = share * (sorted.at(-1)?.count ?? 0);
  const at = sorted.findIndex(({ count }) => count >= rank);
  const [lower, upper] = [sorted[at - 1] ?? { bound: 0, count: 0 }, sorted[at] ?? { bound: Infinity, count: rank }];
  const within = (rank - lower.count) / (upper.count - lower.count);
  return (1000 * (lower.bound + within * (upper.bound - lower.bound))).toFixed(1);
}

const session = await Session.start();
try {
  // The first pod has the model estimated.
  await session.create(session.pod(MODEL));
  const plain = await burst(session, {});
  const [before, failedBefore] = [await buckets(session), await session.counted(FAIL_OPEN)];
  const annotated = await burst(session, MODEL);
  const [after, failedAfter] = [await buckets(session), await session.counted(FAIL_OPEN)];
  const row = (what: string, values: readonly [number, number], unit: string): string[] => {
    const [without, withUs] = values;
    return [`${what}, ${unit}`, without.toFixed(1), withUs.toFixed(1), (withUs / without).toFixed(2)];
  };
  const both = (of: (one: Burst) => number): [number, number] => [of(plain), of(annotated)];
  const columns = ['what', 'plain', 'annotated', 'ratio'].map((heading) => ({ heading, align: 'left' as const }));
  publish(
    'benchmarks',
    'burst',
    formatTable(columns, [
      row(
        'pods created',
        both(({ perSecond }) => perSecond),
        'a second',
      ),
      row(
        'creating one, p50',
        both(({ createMs }) => quantile(createMs, 0.5)),
        'ms',
      ),
      row(
        'creating one, p99',
        both(({ createMs }) => quantile(createMs, 0.99)),
        'ms',
      ),
      ['webhook, p50, ms', 'not called', callMs(before, after, 0.5), ''],
      ['webhook, p99, ms', 'not called', callMs(before, after, 0.99), ''],
      ['failed open', '', String(failedAfter - failedBefore), ''],
    ]),
  );
} finally {
  await session.stop();
}
