import type { AllocatorName } from './allocators.js';
import type { FrameworkName } from './frameworks.js';
import type { LossName } from './losses.js';
import type { Implementation } from './optimizer-parts.js';
import type { OptimizerName } from './optimizers.js';
import type { PrecisionName } from './precisions.js';
import type { Checkpointing } from './segments.js';

/** Where a value of the setup came from. */
export type From = 'annotation' | 'option' | 'file' | 'container' | 'default';

export interface Sourced<T> {
  readonly value: T;
  readonly from: From;
}

/** How the model is trained: every value with where it came from. */
export interface TrainingSetup {
  readonly batchSize: Sourced<number>;
  readonly sequenceLength: Sourced<number>;
  /** Whole shapes by input name, or by '' for the only input. */
  readonly inputShapes: Sourced<Readonly<Record<string, readonly number[]>>>;
  readonly optimizer: Sourced<OptimizerName>;
  /** One that the optimizer has. */
  readonly optimizerImplementation: Sourced<Implementation>;
  readonly weightDecay: Sourced<number>;
  /** Micro-batches of `batchSize` before each optimizer step. */
  readonly gradientAccumulation: Sourced<number>;
  readonly gradientCheckpointing: Sourced<Checkpointing>;
  readonly precision: Sourced<PrecisionName>;
  readonly loss: Sourced<LossName>;
  readonly allocator: Sourced<AllocatorName>;
  /** Which rank of a distributed job the estimate is of; one GPU alone is rank 0 of 1. */
  readonly rank: Sourced<{ readonly index: number; readonly of: number }>;
  readonly framework: Sourced<FrameworkName>;
}

/** What the caller may say; the rest comes from the file or the defaults. */
export type SetupRequest = Partial<Omit<TrainingSetup, 'rank'>>;

/**
 * Defaults, stated in every report. Batch 32 is what Keras' `fit` takes; 512 is the length BERT's positions end at;
 * 224 pixels are ImageNet's. A weight decay of 0 is PyTorch's for every class but AdamW and Muon, whose own is in place.
 */
export const SETUP_DEFAULTS = {
  batchSize: 32,
  sequenceLength: 512,
  channels: 3,
  imageSize: 224,
  optimizer: 'adamw',
  weightDecay: 0,
  gradientAccumulation: 1,
  gradientCheckpointing: 'none',
  precision: 'fp32',
  loss: 'cross-entropy',
  framework: 'pytorch',
} as const;
