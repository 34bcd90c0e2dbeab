import { hash } from 'node:crypto';
import { ALWAYS_SAID, statedBesides } from '../estimate/index.js';
import { annotationsOf } from './pod.js';
import type { Pod } from './pod.js';
import { PREFIX, WRITTEN } from './annotations.js';
import { MAX_ANNOTATION_BYTES } from './provenance.js';
import type { Provenance } from './provenance.js';
import type { GpuNeed, SizedModel } from './sized-model.js';

/** How many assumptions the report shows: the most of these that the annotation holds. */
const SHOWN_ASSUMPTIONS = [12, 6, 3, 1] as const;
const MAX_ASSUMPTION_LENGTH = 160;
const MAX_NAME_LENGTH = 128;

/** The `estimate` annotation: what was found, what was taken for granted, what was written. Never longer than is read. */
export function estimateAnnotation(sized: SizedModel, need: GpuNeed, provenance: Provenance, version: string): string {
  const { setup, model } = sized;
  // Shapes may be of any length, and stand in the user's own annotation.
  const besides = statedBesides(setup).filter(({ key }) => key !== 'inputShapes');
  const said = [...ALWAYS_SAID, ...besides.map(({ key }) => key)];
  const report = {
    version: version.slice(0, MAX_NAME_LENGTH),
    model: { ...model, name: model.name.slice(0, MAX_NAME_LENGTH) },
    memory: {
      expectedBytes: need.expectedBytes,
      upperBytes: need.upperBytes,
      breakdown: need.breakdown,
      headroom: need.headroom,
      contextSource: need.contextSource,
    },
    compute: {
      gpu: need.product,
      forwardFlops: sized.forwardFlops,
      trainingFlops: sized.trainingFlops,
      stepSeconds: need.stepSeconds,
      smShare: need.smShare,
      requiredFlopsPerSecond: need.requiredFlopsPerSecond,
    },
    setup: Object.fromEntries(said.map((key) => [key, setup[key]])),
    assumptions: [] as readonly string[],
    confidence: sized.confidence,
    ...provenance,
  };
  for (const most of SHOWN_ASSUMPTIONS) {
    const text = JSON.stringify({ ...report, assumptions: shortened(sized.assumptions, most) });
    if (Buffer.byteLength(text) <= MAX_ANNOTATION_BYTES) return text;
  }
  return JSON.stringify(report);
}

function shortened(assumptions: readonly string[], most: number): string[] {
  const shown = assumptions.slice(0, most).map((text) => text.slice(0, MAX_ASSUMPTION_LENGTH));
  return assumptions.length > most ? [...shown, `and ${assumptions.length - most} more`] : shown;
}

/** The need on the GPU that was chosen, or the largest where nobody knows that; where none was, on the one that needs least. */
export function needOf(sized: SizedModel, gpu: { readonly product: string } | undefined): GpuNeed {
  const [first, ...others] = sized.onGpus;
  if (!first) throw new Error('a model is sized for one GPU at least');
  const exact = sized.onGpus.find(({ product }) => product === gpu?.product);
  const sign = gpu ? -1 : 1;
  return exact ?? others.reduce((best, need) => (sign * (need.upperBytes - best.upperBytes) < 0 ? need : best), first);
}

/** The `status` annotation: one sentence for a person. */
export function statusSentence(sized: SizedModel, need: GpuNeed, outcome: string): string {
  const amount = `training needs ${gibibytes(need.upperBytes)} GiB (expected ${gibibytes(need.expectedBytes)} GiB)`;
  return `${outcome}: ${amount} at ${setupOf(sized)}; confidence ${sized.confidence}`;
}

/** The amount, for those who see no annotation: a pod that a quota rejects has none. */
export function needSentence(sized: SizedModel, { upperBytes }: GpuNeed): string {
  return `training needs ${gibibytes(upperBytes)} GiB at ${setupOf(sized)}`;
}

/** A part of the model that is not known may be small or large: whoever reads the amount has to hear of it. */
export function lowerBoundSentences({ shortcomings }: SizedModel): string[] {
  const [first] = shortcomings;
  if (first === undefined) return [];
  return [`a lower bound${shortcomings.length > 1 ? ` for ${shortcomings.length} reasons` : ''}: ${first}`];
}

function setupOf({ setup: { batchSize, optimizer, precision } }: SizedModel): string {
  return `batch ${batchSize.value}, ${optimizer.value}, ${precision.value}`;
}

export function gibibytes(bytes: number): string {
  return (bytes / 1024 ** 3).toFixed(2);
}

/** SHA-256 over what decides an answer: what the user wrote to us, the structure, what stood there before. */
export function inputsHash(pod: Pod, sized: SizedModel, original: Provenance['original']): string {
  const ours = Object.entries(annotationsOf(pod))
    .filter(([key]) => key.startsWith(PREFIX) && !Object.values<string>(WRITTEN).includes(key))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return digest([ours, sized.model.structureHash, original]);
}

export function digest(value: unknown): string {
  return `sha256:${hash('sha256', JSON.stringify(value))}`;
}
