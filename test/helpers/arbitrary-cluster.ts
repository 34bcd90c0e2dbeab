import fc from 'fast-check';
import { LABELS } from '../../src/placement/inventory.js';
import type { GpuNode } from '../../src/placement/inventory.js';
import { GPU_TAINT, node } from './nodes.js';
import { GPU_NAMES, GPUS } from './sized.js';

/** Cards of one product show a little less with ECC, under another driver, or much less as a vGPU. */
const lessMiB = fc.constantFrom(0, 0, 0, 100, 500, 1500, 12000);

const sharing = fc.constantFrom<Record<string, string | undefined>>(
  {},
  {},
  {},
  { [LABELS.sharing]: undefined, [LABELS.replicas]: undefined },
  { [LABELS.sharing]: 'time-slicing', [LABELS.replicas]: '4' },
  { [LABELS.sharing]: 'mps' },
  { [LABELS.sharing]: undefined, [LABELS.replicas]: '10' },
  { [LABELS.memory]: undefined },
);

const suffix = fc.constantFrom('', '', '', '', '-SHARED', '-MIG-3g.20gb', '-New');

const taints = fc.constantFrom(
  [],
  [],
  [GPU_TAINT],
  [{ key: 'team', value: 'a', effect: 'NoSchedule' }],
  [{ key: 'node.kubernetes.io/not-ready', value: '', effect: 'NoExecute' }],
);

const one = fc
  .record({
    gpu: fc.constantFrom(...GPU_NAMES),
    gpus: fc.constantFrom(0, 1, 4, 8),
    zone: fc.constantFrom('a', 'b'),
    lessMiB,
    sharing,
    suffix,
    taints,
  })
  .map(({ gpu, gpus, zone, ...rest }) => {
    const { product, labelMiB } = GPUS[gpu];
    const labels = {
      zone,
      [LABELS.product]: `${product}${rest.suffix}`,
      [LABELS.memory]: String(labelMiB - rest.lessMiB),
      ...rest.sharing,
    };
    return node(gpu, { gpus, labels, taints: rest.taints });
  });

/** Up to eight nodes: whole, shared, in MIG mode, unlabelled, tainted, of products known and unknown. */
export const arbitraryCluster: fc.Arbitrary<GpuNode[]> = fc
  .array(one, { maxLength: 8 })
  .map((nodes) => nodes.map((each, at) => ({ ...each, name: `n${at}` })));

/** A need in GiB per GPU, around what the cards have. */
export const arbitraryNeed = fc.record({
  T4: fc.double({ min: 1, max: 16, noNaN: true }),
  A10: fc.double({ min: 1, max: 24, noNaN: true }),
  A100: fc.double({ min: 1, max: 44, noNaN: true }),
  A100_80: fc.double({ min: 1, max: 90, noNaN: true }),
  H100: fc.double({ min: 1, max: 90, noNaN: true }),
});
