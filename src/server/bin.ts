import { isMainThread, parentPort } from 'node:worker_threads';
import { runEstimate } from './estimate-task.js';
import type { EstimateTask } from './estimate-task.js';

/** One file is both: the webhook, and the thread beside it that estimates, which has no use for the webhook's libraries. */
if (isMainThread) {
  const { startWebhook } = await import('./webhook.js');
  await startWebhook(new URL(import.meta.url));
} else startWorker();

function startWorker(): void {
  parentPort?.on('message', (task: EstimateTask) => {
    void runEstimate(task).then((answer) => parentPort?.postMessage(answer));
  });
}
