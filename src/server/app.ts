import { timingSafeEqual } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import express from 'express';
import type { ErrorRequestHandler, Express, Request, Response } from 'express';
import { admit } from '../admission/admit.js';
import { AdmissionError } from '../admission/failures.js';
import type { AdmissionPorts } from '../admission/ports.js';
import type { Decision } from '../admission/types.js';
import type { Log } from './log.js';
import type { Metrics } from './metrics.js';
import { readReview, writeReview } from './review.js';

/** etcd takes 1.5 MiB and a review holds an object twice at most, escaped; controller-runtime takes the same. */
const MAX_BODY = '7mb';

/** What the API server waits where its call says nothing. */
const DEFAULT_TIMEOUT_SECONDS = 10;

/** The share of the API server's patience after which the pod is admitted as it is. */
const DEADLINE_SHARE = 0.6;

export interface AppOptions {
  readonly ports: AdmissionPorts;
  readonly metrics: Metrics;
  /** The secret part of the path. */
  readonly path: string;
  /** True where only callers whose certificate our CA signed are answered. */
  readonly needsCertificate: boolean;
  readonly ready: () => boolean;
  /** True once the process is to end: each answer then asks the caller to connect anew, and so elsewhere. */
  readonly draining: () => boolean;
  readonly log: Log;
}

/** The webhook over HTTP: transport in, transport out; `admit` decides. */
export function createApp(options: AppOptions): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use((_, response, next) => {
    if (options.draining()) response.set('connection', 'close');
    next();
  });
  app.post('/mutate/:path', express.json({ limit: MAX_BODY, type: () => true }), async (request, response) => {
    await mutate(request, response, options);
  });
  app.get('/livez', (_, response) => void response.type('text').send('ok'));
  app.get('/readyz', (_, response) => {
    const isReady = options.ready();
    response
      .status(isReady ? 200 : 503)
      .type('text')
      .send(isReady ? 'ok' : 'not ready');
  });
  app.use((_, response) => void response.status(404).type('text').send('not found'));
  app.use(transportErrors(options));
  return app;
}

async function mutate(request: Request, response: Response, options: AppOptions): Promise<void> {
  if (!isSame(String(request.params['path'] ?? ''), options.path)) {
    response.status(404).type('text').send('not found');
    return;
  }
  if (options.needsCertificate && !(request.socket as TLSSocket).authorized) {
    response.status(401).type('text').send('a client certificate of the API server is expected');
    return;
  }
  if (!request.is('application/json')) {
    response.status(415).type('text').send('an AdmissionReview in application/json is expected');
    return;
  }
  const review = readReview(request.body);
  if (!review) {
    response.status(400).type('text').send('the body is no AdmissionReview of admission.k8s.io/v1');
    return;
  }
  const { metrics, ports, log } = options;
  metrics.inFlight.inc();
  const end = metrics.admissions.startTimer();
  const within = deadlineMs(request.query['timeout']);
  const decision = await admit(review, {
    ...ports,
    size: (task) => before(within, ports.size(task)),
    mistake: (cause) => {
      log.error({ err: cause }, 'an admission failed');
    },
  });
  metrics.inFlight.dec();
  const reason = reasonOf(decision);
  const seconds = end({ outcome: decision.kind, reason });
  log.info({ uid: review.uid, namespace: review.namespace, outcome: decision.kind, reason, seconds }, 'admission');
  response.json(writeReview(review.uid, decision));
}

/** Past the deadline the pod goes in as it is; what was begun is finished for the next. */
async function before<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new AdmissionError('TIMEOUT', `no estimate within ${ms} ms; create the pod again, it is being worked on`));
    }, ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** The API server says how long it waits: `?timeout=5s`. */
export function deadlineMs(timeout: unknown): number {
  const [, digits, unit] = /^(\d+(?:\.\d+)?)(ms|s|m)$/.exec(typeof timeout === 'string' ? timeout : '') ?? [];
  const scale = unit === 'ms' ? 1 : unit === 'm' ? 60_000 : 1000;
  const ms = digits === undefined ? DEFAULT_TIMEOUT_SECONDS * 1000 : Number(digits) * scale;
  return Math.round(DEADLINE_SHARE * Math.min(Math.max(ms, 100), 30_000));
}

function reasonOf(decision: Decision): string {
  if (decision.kind === 'skip') return decision.reason;
  return decision.kind === 'deny' ? decision.code : 'sized';
}

function isSame(given: string, secret: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(secret)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** Malformed transport is the caller's; anything else is ours, and must not read as an answer. */
function transportErrors({ log }: AppOptions): ErrorRequestHandler {
  return (error: unknown, _request, response, _next) => {
    const { status } = error as { status?: unknown };
    const isCallers = typeof status === 'number' && status >= 400 && status < 500;
    if (!isCallers) log.error({ err: error }, 'a request failed');
    response
      .status(isCallers ? status : 500)
      .type('text')
      .send(isCallers ? 'the request could not be read' : 'internal error');
  };
}
