import { describe, expect, test } from '@jest/globals';
import { catalogueClasses, classesOf, requiredMiB, RESERVED_MIB } from '../../src/placement/candidates.js';
import { GPU_CATALOGUE } from '../../src/placement/catalogue.js';
import { LABELS } from '../../src/placement/inventory.js';
import { node } from '../helpers/nodes.js';
import { GiB, GPU_NAMES, GPUS, sizedModel } from '../helpers/sized.js';

const needs = sizedModel({ gib: 10 }).onGpus;
const products = (nodes: ReturnType<typeof node>[], gpus?: number): string[] =>
  classesOf(nodes, needs, gpus).map(({ product }) => product);

describe('a class of GPUs', () => {
  test('is one product with one memory, however many nodes have it', () => {
    const nodes = [node('T4', { name: 'a' }), node('T4', { name: 'b' }), node('A100')];
    expect(products(nodes)).toEqual(['Tesla-T4', 'NVIDIA-A100-SXM4-40GB']);
  });

  test('is apart where the same product shows another memory', () => {
    const nodes = [node('A100'), node('A100', { labels: { [LABELS.memory]: '39538' } })];
    expect(classesOf(nodes, needs).map(({ labelMiB }) => labelMiB)).toEqual([39538, 40960]);
  });

  test.each([
    ['whose GPUs are all in MIG mode, so that none is allocatable', node('A100', { gpus: 0 })],
    ['that says no memory', node('A100', { labels: { [LABELS.memory]: undefined } })],
    ['that says no product', node('A100', { labels: { [LABELS.product]: undefined } })],
    ['that says an empty product', node('A100', { labels: { [LABELS.product]: '' } })],
    ['that shares them', node('A100', { labels: { [LABELS.sharing]: 'mps' } })],
  ])('is not on a node %s', (_, hidden) => {
    expect(products([hidden])).toEqual([]);
  });

  test('is not on a node without GPUs, though the pod asks for none', () => {
    expect(products([node('A100', { gpus: 0 }), node('T4')], 0)).toEqual(['Tesla-T4']);
  });

  test('is not on a node with fewer GPUs than the pod asks of it', () => {
    expect(products([node('T4', { gpus: 4 }), node('A100', { gpus: 8 })], 8)).toEqual(['NVIDIA-A100-SXM4-40GB']);
  });

  test('comes in the order of memory, the slower of two alike first', () => {
    // The A100 and a second product of 40960 MiB, of which nobody knows the speed, taken as 0 s.
    const other = node('A100', { labels: { [LABELS.product]: 'NVIDIA-New' } });
    expect(products([node('H100'), other, node('A100'), node('T4')])).toEqual([
      'Tesla-T4',
      'NVIDIA-A100-SXM4-40GB',
      'NVIDIA-New',
      'NVIDIA-H100-80GB-HBM3',
    ]);
  });
});

describe('whether a model fits', () => {
  // 14909 MiB of a T4's 15360 are usable.
  test.each([
    [14909, true],
    [14909 + 1 / 1024, false],
  ])('a T4 that shows 15360 MiB holds %d MiB: %s', (mib, expected) => {
    const [t4] = classesOf([node('T4')], sizedModel({ gib: mib / 1024 }).onGpus);
    expect(t4?.fits).toBe(expected);
  });

  test('a card that shows less than its catalogue row has less', () => {
    const ecc = node('T4', { labels: { [LABELS.memory]: '15000' } });
    // 15000 - 451 = 14549
    expect(classesOf([ecc], sizedModel({ gib: 14549 / 1024 }).onGpus)[0]?.fits).toBe(true);
    expect(classesOf([ecc], sizedModel({ gib: 14550 / 1024 }).onGpus)[0]?.fits).toBe(false);
  });

  test('the smallest label on which a product fits is its need and what it keeps, rounded up', () => {
    // 10 GiB = 10240 MiB; a T4 keeps 451.
    expect(requiredMiB(needs, 'Tesla-T4')).toBe(10691);
    expect(requiredMiB(sizedModel({ gib: 10 + 1 / GiB }).onGpus, 'Tesla-T4')).toBe(10692);
  });

  test('a product that nobody knows needs the most of its family, and keeps the most that any product keeps', () => {
    const needs = sizedModel({ gib: { T4: 90, A10: 20, A100: 30, A100_80: 25, H100: 40 } }).onGpus;
    const most = Math.max(...GPU_CATALOGUE.map(({ labelMiB, usableMiB }) => labelMiB - usableMiB));
    expect(RESERVED_MIB).toBe(most);
    expect(requiredMiB(needs, 'NVIDIA-New', 'ampere')).toBe(30 * 1024 + most);
    expect(requiredMiB(needs, 'NVIDIA-New', 'rubin')).toBe(90 * 1024 + most);
    expect(requiredMiB(needs, 'NVIDIA-New')).toBe(90 * 1024 + most);
  });

  test('the speed of a product that nobody knows is not known', () => {
    const unknown = node('A100', { labels: { [LABELS.product]: 'NVIDIA-New' } });
    expect(classesOf([unknown], needs)[0]?.stepSeconds).toBeUndefined();
    expect(classesOf([node('A100')], needs)[0]?.stepSeconds).toBe(0.2);
  });
});

test('the catalogue stands in for a cluster with every product that was estimated', () => {
  const classes = catalogueClasses(sizedModel({ gib: 30 }).onGpus);
  expect(new Set(classes.map(({ product }) => product))).toEqual(new Set(GPU_NAMES.map((name) => GPUS[name].product)));
  expect(classes.filter(({ fits }) => fits)).toHaveLength(3);
});
