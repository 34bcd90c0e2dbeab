import { Worker } from 'node:worker_threads';
import type { EstimateAnswer, EstimateTask } from './estimate-task.js';

interface Pending {
  readonly task: EstimateTask;
  resolve(answer: EstimateAnswer): void;
  reject(error: Error): void;
}

/** No structure within the limits takes longer; a worker that does is replaced. */
const TASK_TIMEOUT_MS = 10_000;

/**
 * A worker that grows past the first is stopped by V8, not by the kernel with the whole pod. Without the second, Node 24
 * gives the young generation some 120 MiB more than an estimate has use for (docs/adr/0008-estimates-on-a-thread.md).
 */
const RESOURCE_LIMITS = { maxOldGenerationSizeMb: 512, maxYoungGenerationSizeMb: 24 } as const;

/** More waiting than this would not be answered in time anyway. */
const MAX_WAITING = 256;

/** One thread that parses and estimates, so that the event loop is free to admit; tasks queue. */
export class EstimateWorker {
  private worker: Worker | undefined;
  private readonly waiting: Pending[] = [];
  private running: Pending | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly entry: URL,
    private readonly timeoutMs = TASK_TIMEOUT_MS,
  ) {
    this.worker = this.start();
  }

  run(task: EstimateTask): Promise<EstimateAnswer> {
    return new Promise((resolve, reject) => {
      if (this.waiting.length >= MAX_WAITING) reject(new Error('too many estimates are waiting'));
      else this.waiting.push({ task, resolve, reject });
      this.next();
    });
  }

  async stop(): Promise<void> {
    clearTimeout(this.timer);
    await this.worker?.terminate();
    this.worker = undefined;
  }

  private next(): void {
    if (this.running) return;
    this.running = this.waiting.shift();
    if (!this.running) return;
    this.worker ??= this.start();
    this.worker.postMessage(this.running.task);
    this.timer = setTimeout(() => {
      this.fail(new Error(`an estimate took more than ${this.timeoutMs} ms`));
    }, this.timeoutMs);
  }

  private start(): Worker {
    const worker = new Worker(this.entry, { resourceLimits: RESOURCE_LIMITS });
    worker.unref();
    worker.on('message', (answer: EstimateAnswer) => {
      const done = this.take();
      done?.resolve(answer);
      this.next();
    });
    worker.on('error', (error) => {
      if (this.worker === worker) this.fail(new Error('the estimating thread died', { cause: error }));
    });
    return worker;
  }

  private take(): Pending | undefined {
    clearTimeout(this.timer);
    const done = this.running;
    this.running = undefined;
    return done;
  }

  /** The thread is not to be trusted any more: the next task gets a new one. */
  private fail(error: Error): void {
    void this.worker?.terminate();
    this.worker = undefined;
    this.take()?.reject(error);
    this.next();
  }
}
