import { createHash } from 'node:crypto';
import { AdmissionError } from '../admission/failures.js';
import { fetchStructure } from '../admission/fetch.js';
import type { SizingTask } from '../admission/ports.js';
import { formatReference } from '../admission/reference.js';
import type { SizedModel } from '../admission/sized-model.js';
import type { MeasuredContexts } from '../estimate/index.js';
import { FormatError } from '../formats/index.js';
import type { Structure } from '../sources/configmap.js';
import type { Cluster } from './cluster.js';
import type { EstimateAnswer, EstimateTask } from './estimate-task.js';
import type { Metrics } from './metrics.js';
import { SingleFlight } from './single-flight.js';

/** Long enough for the pods of one Job, short enough to see a changed ConfigMap. */
const SOURCE_TTL_MS = 5_000;
const MAX_SOURCES = 256;
const MAX_ESTIMATES = 2_048;

interface HashedStructure extends Structure {
  readonly hash: string;
}

/** Fetches a structure and estimates it, each once for however many pods ask at the same time. */
export class Sizer {
  private readonly structures = new SingleFlight<HashedStructure>({ max: MAX_SOURCES, ttlMs: SOURCE_TTL_MS });
  private readonly estimates = new SingleFlight<SizedModel>({ max: MAX_ESTIMATES });

  constructor(
    private readonly cluster: Cluster,
    private readonly estimate: (task: EstimateTask) => Promise<EstimateAnswer>,
    private readonly metrics: Metrics,
    private readonly contexts: MeasuredContexts = {},
  ) {}

  async size(task: SizingTask): Promise<SizedModel> {
    try {
      return await this.sizeOnce(task);
    } catch (error) {
      const isOurs = error instanceof AdmissionError || error instanceof FormatError;
      this.metrics.sourceErrors.labels(isOurs ? error.code : 'INTERNAL').inc();
      throw error;
    }
  }

  private async sizeOnce(task: SizingTask): Promise<SizedModel> {
    const { reference, namespace, setup } = task;
    const where = `${namespace}/${formatReference(reference)}`;
    const structure = await this.structures.get(where, () => this.timed('fetch', () => this.fetch(task)));
    this.count('source', structure.hit);
    const key = `${structure.value.hash} ${JSON.stringify(setup)}`;
    const sized = await this.estimates.get(key, () =>
      this.timed('estimate', async () =>
        unwrap(await this.estimate({ structure: structure.value, setup, contexts: this.contexts })),
      ),
    );
    this.count('estimate', sized.hit);
    if (!sized.hit) this.metrics.estimateBytes.observe(leastBytes(sized.value));
    return sized.value;
  }

  private async fetch(task: SizingTask): Promise<HashedStructure> {
    const structure = await fetchStructure(task, (namespace, name) => this.cluster.configMap(namespace, name));
    return { ...structure, hash: createHash('sha256').update(structure.name).update(structure.bytes).digest('hex') };
  }

  private async timed<T>(step: string, action: () => Promise<T>): Promise<T> {
    const end = this.metrics.steps.labels(step).startTimer();
    try {
      return await action();
    } finally {
      end();
    }
  }

  private count(cache: string, hit: boolean): void {
    this.metrics.cache.labels(cache, hit ? 'hit' : 'miss').inc();
  }
}

function unwrap(answer: EstimateAnswer): SizedModel {
  if (answer.kind === 'sized') return answer.sized;
  throw new AdmissionError(answer.code, answer.message);
}

function leastBytes({ onGpus }: SizedModel): number {
  return Math.min(...onGpus.map(({ upperBytes }) => upperBytes));
}
