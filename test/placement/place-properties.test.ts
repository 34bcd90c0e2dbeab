import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { admits } from '../../src/placement/constraints.js';
import type { Constraints } from '../../src/placement/constraints.js';
import { isShared, LABELS, memoryMiBOf } from '../../src/placement/inventory.js';
import type { GpuNode } from '../../src/placement/inventory.js';
import { GPU_TOLERATION, placeWhole } from '../../src/placement/place.js';
import type { Placement } from '../../src/placement/place.js';
import { arbitraryCluster, arbitraryNeed } from '../helpers/arbitrary-cluster.js';
import { GPU_NAMES, GPUS, sizedModel } from '../helpers/sized.js';
import type { GpuName } from '../helpers/sized.js';

type Needs = Readonly<Record<GpuName, number>>;

const arbitraryConstraints: fc.Arbitrary<Constraints> = fc.record({
  nodeSelector: fc.constantFrom({}, {}, { zone: 'a' }, { [LABELS.product]: GPUS.A100.product }),
  terms: fc.constantFrom(
    undefined,
    undefined,
    [{ matchExpressions: [{ key: 'zone', operator: 'In', values: ['b'] }] }, {}],
    [{ matchExpressions: [{ key: LABELS.product, operator: 'NotIn', values: [GPUS.T4.product] }] }],
  ),
  tolerations: fc.constantFrom([], [{ key: 'team', operator: 'Exists' }]),
});

const arbitraryRequest = fc.record({
  nodes: arbitraryCluster,
  need: arbitraryNeed,
  constraints: arbitraryConstraints,
  gpus: fc.constantFrom(1, 1, 4, 8),
  target: fc.constantFrom(undefined, undefined, 0.3, 0.01),
});

type Request = typeof arbitraryRequest extends fc.Arbitrary<infer T> ? T : never;

const run = ({ nodes, need, constraints, gpus, target }: Request): ReturnType<typeof placeWhole> =>
  placeWhole({
    needs: sizedModel({ gib: need }).onGpus,
    nodes,
    constraints,
    gpus,
    ...(target !== undefined && { targetStepSeconds: target }),
  });

/** Where the scheduler lets the pod once the answer is written into it. */
function allowed({ nodes, constraints }: Request, placement: Placement): GpuNode[] {
  const terms = constraints.terms ?? [{ matchExpressions: [] }];
  const patched: Constraints = {
    nodeSelector: { ...constraints.nodeSelector, ...(placement.product && { [LABELS.product]: placement.product }) },
    tolerations: [...constraints.tolerations, GPU_TOLERATION],
    terms: terms.map((term) =>
      constraints.terms && (term.matchExpressions ?? []).length === 0
        ? term
        : { matchExpressions: [...(term.matchExpressions ?? []), ...placement.requirements] },
    ),
  };
  return nodes.filter((node) => node.allocatableGpus > 0 && admits(node, patched));
}

/** By the arithmetic of the catalogue's numbers, not by the code's. */
function holds(node: GpuNode, need: Needs): boolean {
  const label = memoryMiBOf(node) ?? 0;
  const known = GPU_NAMES.find((name) => GPUS[name].product === node.labels[LABELS.product]);
  if (known) return need[known] * 1024 <= label - GPUS[known].reservedMiB;
  const relatives = GPU_NAMES.filter((name) => GPUS[name].family === node.labels[LABELS.family]);
  // 881 MiB, of an A100 80GB PCIe, is the most that any card of the catalogue keeps.
  return Math.max(...relatives.map((name) => need[name])) * 1024 <= label - 881;
}

describe('whatever the cluster, the model and the pod', () => {
  test('required affinity never keeps the pod from every node that would do', () => {
    fc.assert(
      fc.property(arbitraryRequest, (request) => {
        const result = run(request);
        if (result.kind !== 'place' || result.placement.requirements.length === 0) return;
        const good = allowed(request, result.placement).filter(
          (node) => node.allocatableGpus >= request.gpus && !isShared(node) && holds(node, request.need),
        );
        expect(good).not.toEqual([]);
      }),
      { numRuns: 2000 },
    );
  });

  test('required affinity never lets the pod onto a known node that shares its GPUs or has too little memory', () => {
    fc.assert(
      fc.property(arbitraryRequest, (request) => {
        const result = run(request);
        if (result.kind !== 'place' || result.placement.requirements.length === 0) return;
        for (const node of allowed(request, result.placement)) {
          expect(isShared(node)).toBe(false);
          // A node with fewer GPUs than the pod asks for cannot take it, so nothing keeps it out.
          if (node.allocatableGpus >= request.gpus) expect(holds(node, request.need)).toBe(true);
        }
      }),
      { numRuns: 2000 },
    );
  });

  test('what is preferred, or bound to, is the product of a node that would do', () => {
    fc.assert(
      fc.property(arbitraryRequest, (request) => {
        const result = run(request);
        if (result.kind !== 'place' || !result.placement.gpu) return;
        const { prefer, product, gpu } = result.placement;
        expect(gpu.product).toBe(product ?? prefer);
        const products = allowed(request, result.placement).map(({ labels }) => labels[LABELS.product]);
        expect(products).toContain(gpu.product);
      }),
      { numRuns: 1000 },
    );
  });

  test('where a node would do, the answer is a GPU', () => {
    fc.assert(
      fc.property(arbitraryRequest, (request) => {
        const { nodes, constraints, gpus, need } = request;
        const tolerant = { ...constraints, tolerations: [...constraints.tolerations, GPU_TOLERATION] };
        const good = nodes.filter(
          (node) => node.allocatableGpus >= gpus && !isShared(node) && holds(node, need) && admits(node, tolerant),
        );
        const result = run(request);
        expect(result.kind === 'place' && result.placement.gpu !== undefined).toBe(good.length > 0);
      }),
      { numRuns: 1000 },
    );
  });

  test('every requirement is one that schedules: Gt has one integer, NotIn at least one label value', () => {
    fc.assert(
      fc.property(arbitraryRequest, (request) => {
        const result = run(request);
        if (result.kind !== 'place') return;
        for (const { operator, values = [] } of result.placement.requirements) {
          expect(['Gt', 'NotIn']).toContain(operator);
          if (operator === 'Gt') expect(values).toEqual([expect.stringMatching(/^\d+$/)]);
          expect(values?.length).toBeGreaterThan(0);
          expect(values?.length).toBeLessThanOrEqual(64);
        }
      }),
    );
  });
});
