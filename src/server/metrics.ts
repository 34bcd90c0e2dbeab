import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** From a cached answer to the API server's patience. */
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

const GiB = 1024 ** 3;

/** Everything the process tells about itself; a registry of its own for each. */
export interface Metrics {
  readonly registry: Registry;
  readonly admissions: Histogram<'outcome' | 'reason'>;
  readonly steps: Histogram<'step'>;
  readonly sourceErrors: Counter<'code'>;
  readonly cache: Counter<'cache' | 'result'>;
  readonly inFlight: Gauge;
  readonly estimateBytes: Histogram;
  readonly certificateExpiry: Gauge;
  readonly nodes: Gauge;
}

export function createMetrics(version: string): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  new Gauge({ name: 'layergauge_build_info', help: 'The version, as a label.', labelNames: ['version'], registers })
    .labels(version)
    .set(1);
  return {
    registry,
    admissions: new Histogram({
      name: 'layergauge_admission_duration_seconds',
      help: 'Time of an admission, by what became of the pod.',
      labelNames: ['outcome', 'reason'],
      buckets: SECONDS,
      registers,
    }),
    steps: new Histogram({
      name: 'layergauge_step_duration_seconds',
      help: 'Time of the steps of an admission that was not answered from the cache.',
      labelNames: ['step'],
      buckets: SECONDS,
      registers,
    }),
    sourceErrors: new Counter({
      name: 'layergauge_source_errors_total',
      help: 'Structures that could not be had or used, by error code.',
      labelNames: ['code'],
      registers,
    }),
    cache: new Counter({
      name: 'layergauge_cache_requests_total',
      help: 'Look-ups in a cache, by its name and whether it had the answer.',
      labelNames: ['cache', 'result'],
      registers,
    }),
    inFlight: new Gauge({ name: 'layergauge_admissions_in_flight', help: 'Admissions being answered.', registers }),
    estimateBytes: new Histogram({
      name: 'layergauge_estimate_bytes',
      help: 'GPU memory that new estimates ask for, on the GPU that needs least.',
      buckets: [1, 2, 4, 8, 16, 24, 32, 48, 64, 80, 96, 141, 192].map((gib) => gib * GiB),
      registers,
    }),
    certificateExpiry: new Gauge({
      name: 'layergauge_certificate_expiry_timestamp_seconds',
      help: 'When the serving certificate ends, in Unix time.',
      registers,
    }),
    nodes: new Gauge({ name: 'layergauge_gpu_nodes', help: 'GPU nodes that the watch knows.', registers }),
  };
}
