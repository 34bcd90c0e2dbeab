import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import type { PlacementResult } from '../placement/place.js';
import { createApp } from './app.js';
import type { Cluster } from './cluster.js';
import type { Config } from './config.js';
import type { EstimateAnswer, EstimateTask } from './estimate-task.js';
import { Decisions } from './decisions.js';
import { close, listen, startHttps } from './https.js';
import type { Log } from './log.js';
import { createMetrics } from './metrics.js';
import type { Metrics } from './metrics.js';
import { NodeWatch } from './node-watch.js';
import { Sizer } from './sizer.js';

/** Pods of one controller get one answer for this long. */
const PIN_TTL_MS = 10 * 60_000;
const MAX_PINS = 4_096;

export interface ServeOptions {
  readonly config: Config;
  readonly cluster: Cluster;
  readonly estimate: (task: EstimateTask) => Promise<EstimateAnswer>;
  readonly log: Log;
  readonly version: string;
}

export interface Running {
  readonly port: number;
  readonly metricsPort: number;
  readonly metrics: Metrics;
  /** Fails readiness, serves on while endpoints forget the pod, then closes. */
  drain(): Promise<void>;
}

/** Starts the webhook: certificate, node watch, HTTPS and metrics. */
export async function serve({ config, cluster, estimate, log, version }: ServeOptions): Promise<Running> {
  const metrics = createMetrics(version);
  const watch = new NodeWatch(cluster, {
    changed: (count) => {
      metrics.nodes.set(count);
    },
    failed: (error) => {
      log.warn({ err: error }, 'the watch of nodes failed; the last known nodes stand');
    },
  });
  const watching = watch.run();
  const pins = new LRUCache<string, PlacementResult>({ max: MAX_PINS, ttl: PIN_TTL_MS });
  const decisions = new Decisions(() => watch.nodes());
  const sizer = new Sizer(cluster, estimate, metrics, config.contexts);
  let isDraining = false;
  const app = createApp({
    metrics,
    log,
    path: (await readFile(config.pathFile, 'utf8')).trim(),
    needsCertificate: config.clientCaFile !== undefined,
    ready: () => watch.synced && !isDraining,
    draining: () => isDraining,
    ports: {
      version,
      size: (task) => sizer.size(task),
      nodes: () => watch.nodes(),
      remembered: (key, compute) => decisions.get(key, compute),
      pinned: (key, compute) => {
        const known = pins.get(key) ?? compute();
        pins.set(key, known);
        return known;
      },
    },
  });
  const webhook = await startHttps({ config, app, metrics, log });
  const metricsServer = createServer((request, response) => void sendMetrics(request.url, response, metrics));
  const metricsPort = await listen(metricsServer, config.metricsPort);
  const { port } = webhook;
  log.info({ port, metricsPort, version }, 'listening');
  return {
    port,
    metricsPort,
    metrics,
    drain: async () => {
      isDraining = true;
      log.info({ seconds: config.drainSeconds }, 'draining');
      await sleep(config.drainSeconds * 1000);
      watch.stop();
      await Promise.all([webhook.stop(), close(metricsServer), watching]);
    },
  };
}

async function sendMetrics(url: string | undefined, response: ServerResponse, { registry }: Metrics): Promise<void> {
  if (url !== '/metrics') {
    response.writeHead(404).end('not found');
    return;
  }
  response.writeHead(200, { 'content-type': registry.contentType }).end(await registry.metrics());
}
