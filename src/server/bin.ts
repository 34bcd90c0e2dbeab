import { isMainThread, parentPort } from 'node:worker_threads';
import { pino } from 'pino';
import { VERSION } from '../cli/version.js';
import { readConfig } from './config.js';
import { runEstimate } from './estimate-task.js';
import type { EstimateTask } from './estimate-task.js';
import { KubernetesCluster } from './kubernetes.js';
import { serve } from './serve.js';

import { EstimateWorker } from './worker-pool.js';

/** One file is both: the webhook, and the thread beside it that estimates. */
if (isMainThread) await startWebhook();
else startWorker();

async function startWebhook(): Promise<void> {
  const config = readConfig(process.env);
  const log = pino({ level: config.logLevel });
  const worker = new EstimateWorker(new URL(import.meta.url));
  const running = await serve({
    config,
    log,
    version: VERSION,
    cluster: new KubernetesCluster(config.nodeSelector),
    estimate: (task) => worker.run(task),
  });
  const stop = async (): Promise<void> => {
    await running.drain();
    await worker.stop();
    process.exit(0);
  };
  process.once('SIGTERM', () => void stop());
  process.once('SIGINT', () => void stop());
}

function startWorker(): void {
  parentPort?.on('message', (task: EstimateTask) => {
    void runEstimate(task).then((answer) => parentPort?.postMessage(answer));
  });
}
