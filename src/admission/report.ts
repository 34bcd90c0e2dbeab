import { createHash } from 'node:crypto';
import type { Placement } from '../placement/place.js';
import { annotationsOf } from './pod.js';
import type { Pod } from './pod.js';
import { PREFIX, WRITTEN } from './annotations.js';
import type { Provenance } from './provenance.js';
import type { GpuNeed, SizedModel } from './sized-model.js';

/** Sentences of the report beyond these would fill the annotation. */
const MAX_ASSUMPTIONS = 12;
const MAX_ASSUMPTION_LENGTH = 160;
const MAX_NAME_LENGTH = 128;

/** The `estimate` annotation: what was found, what was taken for granted, what was written. */
export function estimateAnnotation(sized: SizedModel, need: GpuNeed, provenance: Provenance, version: string): string {
  const { setup, model } = sized;
  return JSON.stringify({
    version,
    model: { ...model, name: model.name.slice(0, MAX_NAME_LENGTH) },
    memory: { expectedBytes: need.expectedBytes, upperBytes: need.upperBytes, breakdown: need.breakdown },
    compute: {
      gpu: need.product,
      forwardFlops: sized.forwardFlops,
      trainingFlops: sized.trainingFlops,
      stepSeconds: need.stepSeconds,
      smShare: need.smShare,
      requiredFlopsPerSecond: need.requiredFlopsPerSecond,
    },
    setup: { batchSize: setup.batchSize, optimizer: setup.optimizer, precision: setup.precision, loss: setup.loss },
    assumptions: sized.assumptions.slice(0, MAX_ASSUMPTIONS).map((text) => text.slice(0, MAX_ASSUMPTION_LENGTH)),
    confidence: sized.confidence,
    ...provenance,
  });
}

/** The need on the GPU that was chosen; where none was, on the one that needs least. */
export function needOf(sized: SizedModel, { gpu }: Pick<Placement, 'gpu'>): GpuNeed {
  const [first, ...others] = sized.onGpus;
  if (!first) throw new Error('a model is sized for one GPU at least');
  const exact = sized.onGpus.find(({ product }) => product === gpu?.product);
  return exact ?? others.reduce((least, need) => (need.upperBytes < least.upperBytes ? need : least), first);
}

/** The `status` annotation: one sentence for a person. */
export function statusSentence(sized: SizedModel, need: GpuNeed, outcome: string): string {
  const { batchSize, optimizer, precision } = sized.setup;
  return (
    `${outcome}: training needs ${gibibytes(need.upperBytes)} GiB (expected ${gibibytes(need.expectedBytes)}) at batch ` +
    `${batchSize.value}, ${optimizer.value}, ${precision.value}; confidence ${sized.confidence}`
  );
}

export function gibibytes(bytes: number): string {
  return (bytes / 1024 ** 3).toFixed(2);
}

/** SHA-256 over what decides an answer: what the user wrote to us, the structure, what stood there before. */
export function inputsHash(pod: Pod, sized: SizedModel, original: Provenance['original']): string {
  const ours = Object.entries(annotationsOf(pod))
    .filter(([key]) => key.startsWith(PREFIX) && !Object.values<string>(WRITTEN).includes(key))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const text = JSON.stringify([ours, sized.model.structureHash, original]);
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
}
