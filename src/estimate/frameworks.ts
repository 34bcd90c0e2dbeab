import type { AllocatorName } from './allocators.js';

/** A framework, and what an estimate for it must say. */
export interface FrameworkSpec {
  readonly description: string;
  /** The one it has unless somebody says otherwise. */
  readonly allocator: AllocatorName;
  readonly assumptions: readonly string[];
}

/**
 * What a job holds of a GPU is what its framework's allocator takes, and two of them take the GPU before they need it:
 * TensorFlow maps nearly all of it (tensorflow.org/guide/gpu, "Limiting GPU memory growth"), JAX 75 % of it
 * (docs.jax.dev, "GPU memory allocation"). Only their variables make a request mean what the model needs; then either
 * grows as `BfcAllocator` does.
 */
export const FRAMEWORKS = {
  pytorch: { description: 'PyTorch', allocator: 'native', assumptions: [] },
  tensorflow: {
    description: 'TensorFlow',
    allocator: 'bfc',
    assumptions: [
      "what TensorFlow keeps for backward is taken to be PyTorch's",
      'TF_FORCE_GPU_ALLOW_GROWTH=true: without it TensorFlow takes nearly all of the GPU, whatever is requested',
    ],
  },
  jax: {
    description: 'JAX',
    allocator: 'bfc',
    assumptions: [
      "what JAX keeps for backward is taken to be PyTorch's; XLA may fuse and need less",
      'XLA_PYTHON_CLIENT_PREALLOCATE=false: without it JAX takes 75 % of the GPU, or its XLA_CLIENT_MEM_FRACTION',
    ],
  },
} as const satisfies Record<string, FrameworkSpec>;

export type FrameworkName = keyof typeof FRAMEWORKS;
