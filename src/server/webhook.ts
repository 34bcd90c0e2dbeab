import { pino } from 'pino';
import { VERSION } from '../cli/version.js';
import { readConfig } from './config.js';
import { KubernetesCluster } from './kubernetes.js';
import { serve } from './serve.js';
import { EstimateWorker } from './worker-pool.js';

/** The webhook as it is deployed; `entry` is what the thread beside it runs. */
export async function startWebhook(entry: URL): Promise<void> {
  const config = readConfig(process.env);
  const log = pino({ level: config.logLevel });
  const worker = new EstimateWorker(entry);
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
