import type { GpuFamily } from './gpu.js';

const MiB = 1024 * 1024;

/** Contexts that somebody measured on their own nodes, in bytes; they take the table's place. */
export type MeasuredContexts = Readonly<Partial<Record<GpuFamily, number>>>;

export interface ContextSource {
  /** The public measurement; where there is none of this family, which one stands in. */
  readonly source: string;
  /** True where the measurement was made on a GPU of this family. */
  readonly measured: boolean;
}

/** What one process holds on the GPU outside of the allocator. */
export interface ContextRow extends ContextSource {
  readonly bytes: number;
}

/** `lazy` is the default since CUDA 11.7 and torch 1.13; `eager` is `CUDA_MODULE_LOADING=EAGER`, and older versions. */
export interface ContextMemory {
  readonly lazy: ContextRow;
  readonly eager: ContextRow;
}

const ADA_LAZY: ContextRow = {
  bytes: 426 * MiB,
  source:
    'unslothai/unsloth-zoo#1053: RTX 6000 Ada, torch 2.10.0+cu130, 426 MiB with nothing reserved, before any kernel',
  measured: true,
};

/** 1644 MiB in nvidia-smi less one 158 MiB segment: 64 x 16 x 200 x 200 float32, rounded up to 2 MiB. */
const AMPERE_EAGER: ContextRow = {
  bytes: (1644 - 158) * MiB,
  source: 'pytorch/pytorch#49877: RTX 3090, torch 1.7.1+cu110, 1644 MiB less the 158 MiB reserved for the tensor',
  measured: true,
};

/** The same tensor as for Ampere. */
const TURING_EAGER: ContextRow = {
  bytes: (1035 - 158) * MiB,
  source: 'pytorch/pytorch#49877: RTX 2080 Ti, torch 1.6.0+cu101, 1035 MiB less the 158 MiB reserved for the tensor',
  measured: true,
};

const VOLTA_EAGER: ContextRow = {
  bytes: (1008.1875 - 0.9375 - 2) * MiB,
  source: 'pytorch/pytorch#28394: Titan V, torch 1.3, 1008.1875 MiB less 0.9375 before and 2 reserved',
  measured: true,
};

const LAZY_STAND_IN: ContextRow = {
  ...ADA_LAZY,
  source: `none published for this family; the largest published: ${ADA_LAZY.source}`,
  measured: false,
};

const EAGER_STAND_IN: ContextRow = {
  ...AMPERE_EAGER,
  source: `none published for this family; the largest published: ${AMPERE_EAGER.source}`,
  measured: false,
};

/**
 * CUDA context and module code by GPU family and module loading: the memory a process uses by the driver's count, less what
 * the torch allocator reserved. It varies with the driver, the torch build and the kernels used, so a measured figure
 * overrides it (`--context-mib`).
 *
 * pytorch/pytorch#86509 has both modes on one GPU, but does not name it: 287047680 and 666632192 bytes, each with a
 * 20 MiB segment, so 254 and 616 MiB. It is below every row here.
 */
export const CONTEXT_MEMORY: Readonly<Record<GpuFamily, ContextMemory>> = {
  volta: { lazy: LAZY_STAND_IN, eager: VOLTA_EAGER },
  turing: { lazy: LAZY_STAND_IN, eager: TURING_EAGER },
  ampere: { lazy: LAZY_STAND_IN, eager: AMPERE_EAGER },
  'ada-lovelace': { lazy: ADA_LAZY, eager: EAGER_STAND_IN },
  hopper: { lazy: LAZY_STAND_IN, eager: EAGER_STAND_IN },
  blackwell: { lazy: LAZY_STAND_IN, eager: EAGER_STAND_IN },
};

/** A figure that whoever asks has measured. */
export function asMeasured(bytes: number): ContextRow {
  return {
    bytes,
    source: 'measured on the nodes themselves, as the request or the configuration says',
    measured: true,
  };
}

/** One measured figure, whatever the family. */
export function onEveryFamily(bytes: number): MeasuredContexts {
  return Object.fromEntries(Object.keys(CONTEXT_MEMORY).map((family) => [family, bytes]));
}
