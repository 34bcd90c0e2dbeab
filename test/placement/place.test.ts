import { describe, expect, test } from '@jest/globals';
import type { Constraints } from '../../src/placement/constraints.js';
import { LABELS } from '../../src/placement/inventory.js';
import type { GpuNode } from '../../src/placement/inventory.js';
import { placeWhole } from '../../src/placement/place.js';
import type { Placement, PlacementRequest } from '../../src/placement/place.js';
import { GPU_TAINT, node } from '../helpers/nodes.js';
import { sizedModel } from '../helpers/sized.js';

const FREE: Constraints = { nodeSelector: {}, terms: undefined, tolerations: [] };
const MISSING = { [LABELS.sharing]: undefined, [LABELS.replicas]: undefined };

function place(nodes: readonly GpuNode[], request: Partial<PlacementRequest> = {}): ReturnType<typeof placeWhole> {
  return placeWhole({ needs: sizedModel({ gib: 10 }).onGpus, nodes, constraints: FREE, ...request });
}

function placed(nodes: readonly GpuNode[], request: Partial<PlacementRequest> = {}): Placement {
  const result = place(nodes, request);
  if (result.kind !== 'place') throw new Error(result.reason);
  return result.placement;
}

const valuesOf = ({ requirements }: Placement, key: string): unknown =>
  requirements.find((requirement) => requirement.key === key)?.values;

describe('on the GPUs of a cluster', () => {
  test('the smallest that fits is preferred, and that one fits is required', () => {
    const placement = placed([node('H100'), node('A100'), node('T4')]);
    expect(placement).toMatchObject({ count: 1, prefer: 'Tesla-T4', gpu: { product: 'Tesla-T4' }, warnings: [] });
    // 10 GiB and the most that any card keeps, 881 MiB, are 11121 MiB: whatever shows that much fits; Gt is strict.
    expect(placement.requirements).toContainEqual({ key: LABELS.memory, operator: 'Gt', values: ['11120'] });
    expect(placement.product).toBeUndefined();
  });

  test('the bound is the smallest label that fits where that is below what suits every card', () => {
    // On a T4, 14909 MiB fit 15360: less than 14909 + 881.
    const placement = placed([node('T4'), node('A100')], { needs: sizedModel({ gib: 14909 / 1024 }).onGpus });
    expect(valuesOf(placement, LABELS.memory)).toEqual(['15359']);
  });

  test('GPUs that are too small are out of bounds', () => {
    const placement = placed([node('T4'), node('A10'), node('A100')], { needs: sizedModel({ gib: 20 }).onGpus });
    expect(placement.prefer).toBe('NVIDIA-A10');
    // 20480 + 881 = 21361
    expect(valuesOf(placement, LABELS.memory)).toEqual(['21360']);
  });

  test('a product above the bound that needs more than it has is named', () => {
    const needs = sizedModel({ gib: { T4: 10, A10: 30, A100: 30, A100_80: 30, H100: 30 } }).onGpus;
    const placement = placed([node('T4'), node('A10'), node('H100')], { needs });
    expect(valuesOf(placement, LABELS.memory)).toEqual(['15359']);
    expect(valuesOf(placement, LABELS.product)).toEqual(['NVIDIA-A10']);
  });

  test('a product that fits on one node and not on another is not named: the bound tells them apart', () => {
    // 39 GiB fit the A100 at 40960 (39936 + 621 = 40557), and not one that shows 40500.
    const small = node('A100', { name: 'small', labels: { [LABELS.memory]: '40500' } });
    // An A10 relabelled to 40450, which keeps 511: 39936 + 511 = 40447 fit.
    const other = node('A10', { labels: { [LABELS.memory]: '40450' } });
    const placement = placed([small, node('A100'), other], { needs: sizedModel({ gib: 39 }).onGpus });
    expect(valuesOf(placement, LABELS.memory)).toEqual(['40500']);
    expect(valuesOf(placement, LABELS.product)).toBeUndefined();
    expect(placement.prefer).toBe('NVIDIA-A100-SXM4-40GB');
  });

  test('nodes that share a GPU are excluded by strategy, by the replicas seen and by old products seen', () => {
    const shared = [
      node('A100', { name: 'a', labels: { ...MISSING, [LABELS.replicas]: '4' } }),
      node('A100', { name: 'b', labels: { ...MISSING, [LABELS.replicas]: '10' } }),
      node('T4', { name: 'c', labels: { ...MISSING, [LABELS.product]: 'Tesla-T4-SHARED' } }),
    ];
    const placement = placed([...shared, node('A100')]);
    expect(placement.requirements.slice(1)).toEqual([
      { key: LABELS.product, operator: 'NotIn', values: ['Tesla-T4-SHARED'] },
      { key: LABELS.sharing, operator: 'NotIn', values: ['mps', 'time-slicing'] },
      { key: LABELS.replicas, operator: 'NotIn', values: ['10', '4'] },
    ]);
    expect(placement.prefer).toBe('NVIDIA-A100-SXM4-40GB');
  });

  test('a MIG node that advertises slices as whole GPUs is judged by the memory of a slice', () => {
    const labels = { [LABELS.product]: 'NVIDIA-A100-SXM4-80GB-MIG-1g.10gb', [LABELS.memory]: '9728' };
    const slices = node('A100_80', { labels, gpus: 7 });
    expect(placed([slices, node('A100')]).prefer).toBe('NVIDIA-A100-SXM4-40GB');
    const small = placed([slices, node('A100')], { needs: sizedModel({ gib: 5 }).onGpus });
    expect(small.prefer).toBe('NVIDIA-A100-SXM4-80GB-MIG-1g.10gb');
  });

  test('however many products are too small, those named fit the annotation', () => {
    const needs = sizedModel({ gib: { T4: 10, A10: 70, A100: 70, A100_80: 70, H100: 70 } }).onGpus;
    const odd = Array.from({ length: 200 }, (_, at) =>
      node('A10', { name: `n${at}`, labels: { [LABELS.product]: `NVIDIA-${at}` } }),
    );
    const placement = placed([node('T4'), node('A100_80'), ...odd], { needs });
    // Naming 200 products is too much, so the bound goes up to the card that has none too small above it.
    expect(placement.prefer).toBe('NVIDIA-A100-SXM4-80GB');
    expect(valuesOf(placement, LABELS.product)).toBeUndefined();
  });

  test('the order of nodes changes nothing', () => {
    const nodes = [node('T4'), node('A10'), node('A100'), node('H100', { labels: { [LABELS.replicas]: '2' } })];
    expect(placed([...nodes].reverse())).toEqual(placed(nodes));
  });
});

describe('where no node answers', () => {
  test.each([
    ['the cluster has no node', []],
    ['no node has labels', [node('A100', { labels: { [LABELS.product]: undefined } })]],
    ['all nodes share their GPUs', [node('A100', { labels: { [LABELS.sharing]: 'time-slicing' } })]],
    ['all GPUs are in MIG mode', [node('A100', { gpus: 0 })]],
  ])('because %s, a count is all that is written', (_, nodes) => {
    expect(placed(nodes)).toEqual({
      count: 1,
      requirements: [],
      warnings: ['no node with a labelled whole GPU is known: no node affinity was set'],
    });
  });

  test('because no node has as many GPUs as the pod asks for, a count is all that is written', () => {
    expect(placed([node('A100', { gpus: 4 })], { gpus: 8 })).toEqual({
      count: 1,
      requirements: [],
      warnings: ['no node with 8 labelled whole GPUs is known: no node affinity was set'],
    });
  });

  test('because all are too small, an autoscaler may add a larger one', () => {
    const placement = placed([node('T4')], { needs: sizedModel({ gib: 30 }).onGpus });
    expect(placement).toEqual({
      count: 1,
      requirements: [],
      warnings: ['no GPU in the cluster is large enough: a larger node must be added'],
    });
  });
});

describe('a model that is larger than any GPU', () => {
  const needs = sizedModel({ gib: { T4: 900, A10: 900, A100: 900, A100_80: 900, H100: 800.25 } }).onGpus;

  test.each([
    ['with nodes', [node('A100')]],
    ['without nodes', []],
  ])('is not placed, %s', (_, nodes) => {
    expect(place(nodes, { needs })).toEqual({
      kind: 'advise',
      code: 'TOO_LARGE',
      reason: 'training needs 800.3 GiB, more than one GPU has: shard the model or lower the batch size',
    });
  });

  test('is placed on a product that the catalogue does not know and that holds it', () => {
    const labels = { [LABELS.product]: 'NVIDIA-Next', [LABELS.memory]: '1000000' };
    expect(placed([node('H100', { labels })], { needs }).prefer).toBe('NVIDIA-Next');
  });
});

describe('what the user wrote', () => {
  const nodes = [node('T4', { labels: { zone: 'a' } }), node('A100', { labels: { zone: 'b' } })];

  test('narrows the choice', () => {
    expect(placed(nodes, { constraints: { ...FREE, nodeSelector: { zone: 'b' } } }).prefer).toBe(
      'NVIDIA-A100-SXM4-40GB',
    );
  });

  test.each([
    ['a selector', { ...FREE, nodeSelector: { zone: 'c' } }, 10],
    ['a selector for nodes that are too small', { ...FREE, nodeSelector: { zone: 'a' } }, 20],
    ['affinity', { ...FREE, terms: [{ matchExpressions: [{ key: 'zone', operator: 'DoesNotExist' }] }] }, 10],
    ['an empty term', { ...FREE, terms: [{}] }, 10],
    ['the name of a node that is not known', { ...FREE, nodeName: 'cpu-1' }, 10],
  ])('that excludes every fitting node, by %s, leaves the pod as it is', (_, constraints, gib) => {
    expect(place(nodes, { constraints, needs: sizedModel({ gib }).onGpus })).toMatchObject({
      kind: 'advise',
      code: 'SELECTORS_EXCLUDE',
    });
  });

  test('need not tolerate the GPU taint, which we open, but every other', () => {
    expect(place([node('A100', { taints: [GPU_TAINT] })])).toMatchObject({ kind: 'place' });
    const team = { key: 'team', value: 'a', effect: 'NoSchedule' };
    expect(place([node('A100', { taints: [GPU_TAINT, team] })])).toMatchObject({ code: 'SELECTORS_EXCLUDE' });
    const tolerations = [{ key: 'team', operator: 'Exists' }];
    expect(
      place([node('A100', { taints: [GPU_TAINT, team] })], { constraints: { ...FREE, tolerations } }),
    ).toMatchObject({ kind: 'place' });
  });

  test('a node that is cordoned or not ready for the moment counts', () => {
    const taints = [{ key: 'node.kubernetes.io/unschedulable', value: '', effect: 'NoSchedule' }];
    expect(place([node('A100', { taints })])).toMatchObject({ kind: 'place' });
  });
});

describe('a target step time', () => {
  const nodes = [node('T4'), node('A10'), node('A100'), node('H100')];

  test.each([
    [1, 'Tesla-T4'],
    [0.4, 'NVIDIA-A10'],
    [0.39, 'NVIDIA-A100-SXM4-40GB'],
    [0.1, 'NVIDIA-H100-80GB-HBM3'],
  ])('of %d s binds the pod to the smallest that meets it, %s', (targetStepSeconds, product) => {
    expect(placed(nodes, { targetStepSeconds })).toMatchObject({ product, gpu: { product }, warnings: [] });
  });

  test('that none meets binds it to the fastest, and says so', () => {
    const placement = placed(nodes, { targetStepSeconds: 0.05 });
    expect(placement.product).toBe('NVIDIA-H100-80GB-HBM3');
    expect(placement.warnings).toEqual([
      'no GPU here trains a step in 0.05 s: the fastest that fits is NVIDIA-H100-80GB-HBM3',
    ]);
  });

  test('still excludes cards of the product that are too small, and shared ones', () => {
    const { requirements, prefer } = placed(nodes, { targetStepSeconds: 0.2 });
    // On the A100: 10240 + 621 = 10861.
    expect(requirements).toEqual([
      { key: LABELS.memory, operator: 'Gt', values: ['10860'] },
      { key: LABELS.sharing, operator: 'NotIn', values: ['mps', 'time-slicing'] },
    ]);
    expect(prefer).toBeUndefined();
  });

  test('binds to no product whose nodes have too few GPUs for the pod', () => {
    const few = [node('T4', { gpus: 8 }), node('H100', { gpus: 4 })];
    expect(placed(few, { targetStepSeconds: 0.1, gpus: 8 }).product).toBe('Tesla-T4');
  });

  test('is not used where the speed of every GPU is unknown', () => {
    const unknown = node('A100', { labels: { [LABELS.product]: 'NVIDIA-New' } });
    const placement = placed([unknown], { targetStepSeconds: 0.1 });
    expect(placement).toMatchObject({ prefer: 'NVIDIA-New' });
    expect(placement.product).toBeUndefined();
    expect(placement.warnings).toEqual(['target-step-time was not used: the speed of the GPUs here is not known']);
  });
});
