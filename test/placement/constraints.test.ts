import { describe, expect, test } from '@jest/globals';
import { admits } from '../../src/placement/constraints.js';
import type { Constraints, Requirement, Toleration } from '../../src/placement/constraints.js';
import type { GpuNode, Taint } from '../../src/placement/inventory.js';

const FREE: Constraints = { nodeSelector: {}, terms: undefined, tolerations: [] };

function gpuNode(labels: Record<string, string> = {}, taints: readonly Taint[] = []): GpuNode {
  return { name: 'n1', labels, taints, allocatableGpus: 1 };
}

const requires = (...matchExpressions: Requirement[]): Constraints => ({ ...FREE, terms: [{ matchExpressions }] });

describe('an operator of core/v1', () => {
  // NodeSelectorOperator as component-helpers and apimachinery's labels.Requirement define it.
  test.each([
    ['In', ['a', 'b'], 'a', true],
    ['In', ['a', 'b'], 'c', false],
    ['In', ['a'], undefined, false],
    ['In', [], 'a', false],
    ['NotIn', ['a'], 'b', true],
    ['NotIn', ['a'], 'a', false],
    ['NotIn', ['a'], undefined, true],
    ['Exists', null, '', true],
    ['Exists', null, undefined, false],
    ['DoesNotExist', undefined, undefined, true],
    ['DoesNotExist', undefined, 'a', false],
    ['Gt', ['81558'], '81559', true],
    ['Gt', ['81559'], '81559', false],
    ['Gt', ['-5'], '-4', true],
    ['Gt', ['9'], '10', true],
    ['Gt', ['40000'], undefined, false],
    ['Gt', ['40000.5'], '81559', false],
    ['Gt', ['40Gi'], '81559', false],
    ['Gt', ['40000'], '81559.0', false],
    ['Gt', [], '81559', false],
    ['Gt', ['+4'], '5', true],
    ['Lt', ['81560'], '81559', true],
    ['Lt', ['81559'], '81559', false],
    ['Lt', ['5'], 'a', false],
    ['Near', ['a'], 'a', false],
    ['constructor', ['a'], 'a', false],
    ['', ['a'], 'a', false],
  ])('%s %j on the label %j gives %s', (operator, values, label, expected) => {
    const node = gpuNode(label === undefined ? {} : { key: label });
    expect(admits(node, requires({ key: 'key', operator, values }))).toBe(expected);
  });

  test.each(['constructor', '__proto__', 'toString', 'hasOwnProperty'])(
    'takes %s for a label that a node does not have',
    (key) => {
      expect(admits(gpuNode(), requires({ key, operator: 'Exists' }))).toBe(false);
      expect(admits(gpuNode(), requires({ key, operator: 'DoesNotExist' }))).toBe(true);
      expect(admits(gpuNode(), { ...FREE, nodeSelector: JSON.parse(`{"${key}":"x"}`) as Record<string, string> })).toBe(
        false,
      );
    },
  );
});

describe('node affinity', () => {
  const zone = (value: string): Requirement => ({ key: 'zone', operator: 'In', values: [value] });

  test('terms are ORed', () => {
    const terms = [{ matchExpressions: [zone('a')] }, { matchExpressions: [zone('b')] }];
    expect(admits(gpuNode({ zone: 'b' }), { ...FREE, terms })).toBe(true);
    expect(admits(gpuNode({ zone: 'c' }), { ...FREE, terms })).toBe(false);
  });

  test('requirements of one term are ANDed', () => {
    const constraints = requires(zone('a'), { key: 'disk', operator: 'Exists' });
    expect(admits(gpuNode({ zone: 'a', disk: 'ssd' }), constraints)).toBe(true);
    expect(admits(gpuNode({ zone: 'a' }), constraints)).toBe(false);
  });

  test.each([
    ['no list', {}],
    ['null', { matchExpressions: null, matchFields: null }],
    ['empty lists', { matchExpressions: [], matchFields: [] }],
  ])('an empty term, with %s, matches nothing', (_, term) => {
    expect(admits(gpuNode({ zone: 'a' }), { ...FREE, terms: [term] })).toBe(false);
  });

  test('an empty list of terms matches nothing', () => {
    expect(admits(gpuNode(), { ...FREE, terms: [] })).toBe(false);
  });

  test.each([
    ['metadata.name', 'n1', true],
    ['metadata.name', 'n2', false],
    ['metadata.uid', 'n1', false],
  ])('a field %s in [%s] gives %s', (key, value, expected) => {
    const terms = [{ matchFields: [{ key, operator: 'In', values: [value] }] }];
    expect(admits(gpuNode(), { ...FREE, terms })).toBe(expected);
  });

  test('fields and labels of one term are ANDed', () => {
    const matchFields = [{ key: 'metadata.name', operator: 'In', values: ['n1'] }];
    const terms = [{ matchFields, matchExpressions: [zone('a')] }];
    expect(admits(gpuNode({ zone: 'a' }), { ...FREE, terms })).toBe(true);
    expect(admits(gpuNode({ zone: 'b' }), { ...FREE, terms })).toBe(false);
  });
});

describe('a node selector', () => {
  test.each([
    [{ zone: 'a' }, true],
    [{ zone: 'b' }, false],
    [{ disk: 'ssd' }, false],
    [{ zone: 'a', empty: '' }, true],
    [{ empty: null }, true],
    [{ zone: null }, false],
  ])('%j on a node in zone a, with an empty label, gives %s', (nodeSelector, expected) => {
    expect(admits(gpuNode({ zone: 'a', empty: '' }), { ...FREE, nodeSelector })).toBe(expected);
  });
});

test('a pod that was given to a node goes nowhere else', () => {
  expect(admits(gpuNode(), { ...FREE, nodeName: 'n1' })).toBe(true);
  expect(admits(gpuNode(), { ...FREE, nodeName: 'n2' })).toBe(false);
});

describe('a taint', () => {
  const taint = (effect: string, key = 'team', value = 'a'): Taint => ({ key, value, effect });
  const tolerating = (toleration: Toleration): Constraints => ({ ...FREE, tolerations: [toleration] });

  test.each([
    ['NoSchedule', false],
    ['NoExecute', false],
    ['PreferNoSchedule', true],
  ])('with the effect %s lets a pod that tolerates nothing in: %s', (effect, expected) => {
    expect(admits(gpuNode({}, [taint(effect)]), FREE)).toBe(expected);
  });

  // ToleratesTaint of core/v1.
  test.each<[Toleration, boolean]>([
    [{ key: 'team', operator: 'Equal', value: 'a', effect: 'NoSchedule' }, true],
    [{ key: 'team', value: 'a' }, true],
    [{ key: 'team', operator: '', value: 'a' }, true],
    [{ key: 'team', operator: null, value: 'a', effect: null }, true],
    [{ key: 'team', operator: 'Equal', value: 'b' }, false],
    [{ key: 'team', operator: 'Equal' }, false],
    [{ key: 'team', operator: 'Exists' }, true],
    [{ key: 'team', operator: 'Exists', effect: 'NoExecute' }, false],
    [{ key: 'other', operator: 'Exists' }, false],
    [{ operator: 'Exists' }, true],
    [{ key: '', operator: 'Exists' }, true],
    [{ operator: 'Exists', effect: 'NoExecute' }, false],
    [{ operator: 'Equal', value: 'a' }, false],
    [{ key: 'team', operator: 'Gt', value: 'a' }, false],
    [{}, false],
  ])('team=a:NoSchedule is tolerated by %j: %s', (toleration, expected) => {
    expect(admits(gpuNode({}, [taint('NoSchedule')]), tolerating(toleration))).toBe(expected);
  });

  test('each of several must be tolerated', () => {
    const node = gpuNode({}, [taint('NoSchedule'), taint('NoExecute', 'disk')]);
    const both = [
      { key: 'team', operator: 'Exists' },
      { key: 'disk', operator: 'Exists' },
    ];
    expect(admits(node, { ...FREE, tolerations: both })).toBe(true);
    expect(admits(node, { ...FREE, tolerations: both.slice(0, 1) })).toBe(false);
  });

  test.each([
    'node.kubernetes.io/not-ready',
    'node.kubernetes.io/unschedulable',
    'node.kubernetes.io/disk-pressure',
    'node.cloudprovider.kubernetes.io/uninitialized',
    'ToBeDeletedByClusterAutoscaler',
  ])('of a state that passes, such as %s, does not turn a pod away', (key) => {
    expect(admits(gpuNode({}, [taint('NoSchedule', key)]), FREE)).toBe(true);
  });

  test.each(['example.com/node.kubernetes.io/x', 'xnode.kubernetes.io/not-ready', 'nvidia.com/gpu'])(
    'of another key, such as %s, does',
    (key) => {
      expect(admits(gpuNode({}, [taint('NoSchedule', key)]), FREE)).toBe(false);
    },
  );
});
