import * as z from 'zod';
import { GPU_FAMILIES } from '../estimate/index.js';
import type { MeasuredContexts } from '../estimate/index.js';

const port = z.coerce.number().int().min(0).max(65535);

/** Every setting of the process, by environment variable; the chart sets them. */
const schema = z.object({
  LAYERGAUGE_PORT: port.default(8443),
  LAYERGAUGE_METRICS_PORT: port.default(9090),
  /** A mounted Secret with `tls.crt` and `tls.key`. */
  LAYERGAUGE_TLS_DIR: z.string().default('/etc/layergauge/tls'),
  /** A file whose content is the secret part of the webhook's path. */
  LAYERGAUGE_PATH_FILE: z.string().default('/etc/layergauge/path/path'),
  /** With it, only clients whose certificate it signed are answered. */
  LAYERGAUGE_CLIENT_CA_FILE: z.string().optional(),
  LAYERGAUGE_LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
  /** How long to serve on after SIGTERM, while endpoints forget the pod. */
  LAYERGAUGE_DRAIN_SECONDS: z.coerce.number().min(0).max(600).default(10),
  /** Which nodes are watched: those that GPU Feature Discovery labelled. */
  LAYERGAUGE_NODE_SELECTOR: z.string().default('nvidia.com/gpu.product'),
  /** Measured CUDA contexts in MiB by GPU family: `{"ampere":510}`. */
  LAYERGAUGE_CONTEXT_MIB: z
    .string()
    .default('{}')
    .transform(parseJson)
    .pipe(z.partialRecord(z.enum(GPU_FAMILIES), z.number().min(0).max(1e6))),
});

export interface Config {
  readonly port: number;
  readonly metricsPort: number;
  readonly tlsDir: string;
  readonly pathFile: string;
  readonly clientCaFile: string | undefined;
  readonly logLevel: string;
  readonly drainSeconds: number;
  readonly nodeSelector: string;
  readonly contexts: MeasuredContexts;
}

/** Reads the environment. Throws with every variable that is wrong. */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const parsed = schema.safeParse(given);
  if (!parsed.success) throw new Error(`the configuration is wrong:\n${z.prettifyError(parsed.error)}`);
  const values = parsed.data;
  return {
    port: values.LAYERGAUGE_PORT,
    metricsPort: values.LAYERGAUGE_METRICS_PORT,
    tlsDir: values.LAYERGAUGE_TLS_DIR,
    pathFile: values.LAYERGAUGE_PATH_FILE,
    clientCaFile: values.LAYERGAUGE_CLIENT_CA_FILE,
    logLevel: values.LAYERGAUGE_LOG_LEVEL,
    drainSeconds: values.LAYERGAUGE_DRAIN_SECONDS,
    nodeSelector: values.LAYERGAUGE_NODE_SELECTOR,
    contexts: inBytes(values.LAYERGAUGE_CONTEXT_MIB),
  };
}

function inBytes(mib: MeasuredContexts): MeasuredContexts {
  return Object.fromEntries(Object.entries(mib).map(([family, size]) => [family, Math.round(size * 1024 * 1024)]));
}

function parseJson(text: string, context: z.RefinementCtx): unknown {
  try {
    return JSON.parse(text);
  } catch {
    context.addIssue('JSON expected');
    return z.NEVER;
  }
}
