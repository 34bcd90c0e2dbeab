import type { TrainingSetup } from '../../src/estimate/index.js';
import type { TraceSetup } from '../../src/estimate/trace.js';

/** A training setup in which nobody stated anything. */
export const TRAINING: TrainingSetup = {
  batchSize: { value: 32, from: 'default' },
  sequenceLength: { value: 512, from: 'default' },
  inputShapes: { value: {}, from: 'default' },
  optimizer: { value: 'adamw', from: 'default' },
  optimizerImplementation: { value: 'foreach', from: 'default' },
  weightDecay: { value: 0, from: 'default' },
  gradientAccumulation: { value: 1, from: 'default' },
  gradientCheckpointing: { value: 'none', from: 'default' },
  precision: { value: 'fp32', from: 'default' },
  loss: { value: 'cross-entropy', from: 'default' },
  allocator: { value: 'native', from: 'default' },
  rank: { value: { index: 0, of: 1 }, from: 'default' },
  framework: { value: 'pytorch', from: 'default' },
};

/** Plain SGD, so that a trace shows little but the graph. */
export const TRACE: TraceSetup = {
  optimizer: 'sgd',
  implementation: 'foreach',
  decayed: false,
  loss: 'cross-entropy',
  microBatches: 1,
  checkpointing: 'none',
  blasWorkspaceBytes: 1000,
};
