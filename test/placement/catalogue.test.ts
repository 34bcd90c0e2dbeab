import { describe, expect, test } from '@jest/globals';
import { GPU_CATALOGUE } from '../../src/placement/catalogue.js';
import { findGpu, suggestGpus } from '../../src/placement/find.js';

/** Which compute capability brought which matrix unit. */
const UNITS = {
  volta: ['float16', 'float32'],
  turing: ['float16', 'float32'],
  ampere: ['bfloat16', 'float16', 'float32', 'tf32'],
  'ada-lovelace': ['bfloat16', 'float16', 'float32', 'float8', 'tf32'],
  hopper: ['bfloat16', 'float16', 'float32', 'float8', 'tf32'],
  blackwell: ['bfloat16', 'float16', 'float32', 'float8', 'tf32'],
} as const;

describe('the GPU catalogue', () => {
  test('names each product once', () => {
    const products = GPU_CATALOGUE.map(({ product }) => product.toLowerCase());
    expect(new Set(products).size).toBe(products.length);
  });

  test('is sorted by usable memory, then compute', () => {
    const half = (at: number) => GPU_CATALOGUE[at]?.peakFlops.float16 ?? 0;
    for (const [at, gpu] of GPU_CATALOGUE.entries()) {
      const next = GPU_CATALOGUE[at + 1];
      if (!next) continue;
      expect(next.usableMiB).toBeGreaterThanOrEqual(gpu.usableMiB);
      if (next.usableMiB === gpu.usableMiB) expect(half(at + 1)).toBeGreaterThan(half(at));
    }
  });

  describe.each(GPU_CATALOGUE.map((gpu) => [gpu.product, gpu] as const))('%s', (product, gpu) => {
    test('is spelled as GPU Feature Discovery spells products', () => {
      expect(product).toMatch(/^(NVIDIA|Tesla)(-[A-Za-z0-9_.]+)+$/);
      expect(product.length).toBeLessThanOrEqual(63);
      expect(product).not.toMatch(/-(SHARED|MIG-.*)$/);
    });

    test('has less usable memory than its label says, but not much less', () => {
      expect(Number.isInteger(gpu.labelMiB) && Number.isInteger(gpu.usableMiB)).toBe(true);
      expect(gpu.usableMiB).toBeLessThan(gpu.labelMiB);
      expect(gpu.usableMiB / gpu.labelMiB).toBeGreaterThan(0.96);
    });

    test('holds the memory its name says', () => {
      const gigabytes = /-(\d+)GB\b/.exec(product)?.[1];
      if (gigabytes === undefined) return;
      expect(gpu.labelMiB / 1024 / Number(gigabytes)).toBeGreaterThan(0.98);
      expect(gpu.labelMiB / 1024 / Number(gigabytes)).toBeLessThanOrEqual(1);
    });

    test('has the units of its family', () => {
      expect(Object.keys(gpu.peakFlops).sort()).toEqual(UNITS[gpu.family]);
    });

    test('has peaks in a plausible order', () => {
      const { float32, tf32 = float32, float16 = tf32, bfloat16 = float16, float8 = 2 * float16 } = gpu.peakFlops;
      expect(float32).toBeGreaterThan(5e12);
      expect(tf32).toBeGreaterThanOrEqual(float32);
      expect(float16 / tf32).toBeGreaterThan(1.9);
      expect(bfloat16).toBe(float16);
      expect(float8 / float16).toBeCloseTo(2, 1);
      expect(float8).toBeLessThan(5e15);
    });

    test('has plausible bandwidth and multiprocessors', () => {
      expect(gpu.bandwidthBytesPerSecond).toBeGreaterThanOrEqual(300e9);
      expect(gpu.bandwidthBytesPerSecond).toBeLessThanOrEqual(8e12);
      expect(gpu.multiprocessors).toBeGreaterThanOrEqual(40);
      expect(gpu.multiprocessors).toBeLessThanOrEqual(192);
    });

    test('says where each figure is published', () => {
      for (const source of Object.values(gpu.sources)) {
        expect(source.trim().length).toBeGreaterThan(8);
        expect(source).not.toMatch(/(^|\s)\/|:\/\//);
      }
    });

    test('is found by its own name', () => {
      expect(findGpu(product)).toBe(gpu);
      expect(findGpu(product.toLowerCase())).toBe(gpu);
      expect(findGpu(product.replaceAll('-', ' '))).toBe(gpu);
    });
  });
});

describe('findGpu', () => {
  test.each([
    ['t4', 'Tesla-T4'],
    ['T4', 'Tesla-T4'],
    ['nvidia-t4', 'Tesla-T4'],
    ['v100', 'Tesla-V100-SXM2-16GB'],
    ['v100-32gb', 'Tesla-V100-SXM2-32GB'],
    ['a10', 'NVIDIA-A10'],
    ['a10g', 'NVIDIA-A10G'],
    ['4090', 'NVIDIA-GeForce-RTX-4090'],
    ['rtx a6000', 'NVIDIA-RTX-A6000'],
    ['rtx-6000-ada', 'NVIDIA-RTX-6000-Ada-Generation'],
    ['a100', 'NVIDIA-A100-PCIE-40GB'],
    ['a100-80gb', 'NVIDIA-A100-80GB-PCIe'],
    ['a100-80gb-sxm4', 'NVIDIA-A100-SXM4-80GB'],
    ['h100', 'NVIDIA-H100-PCIe'],
    ['h100-80gb', 'NVIDIA-H100-80GB-HBM3'],
    ['h100 nvl', 'NVIDIA-H100-NVL'],
    ['h200', 'NVIDIA-H200'],
    ['b200', 'NVIDIA-B200'],
  ])('%s is %s', (name, product) => {
    expect(findGpu(name)?.product).toBe(product);
  });

  test.each(['', ' ', '-', 'nvidia', 'nvidia-', 'h1', 'a100-96gb', 'mi300x', '__proto__', '[', 'a'.repeat(100_000)])(
    '%j is none',
    (name) => {
      expect(findGpu(name)).toBeUndefined();
    },
  );
});

describe('suggestGpus', () => {
  test.each([
    ['a1000', 'NVIDIA-A100-PCIE-40GB'],
    ['rtx4090', 'NVIDIA-GeForce-RTX-4090'],
    ['NVIDIA-H200-141GB', 'NVIDIA-H200'],
    ['l40', 'NVIDIA-L40S'],
    ['H100-SXM5-80GB', 'NVIDIA-H100-80GB-HBM3'],
  ])('of %s has %s', (name, product) => {
    expect(suggestGpus(name)).toContain(product);
  });

  test('always names some', () => {
    expect(suggestGpus('')).toHaveLength(3);
    expect(new Set(suggestGpus('?', 5)).size).toBe(5);
  });
});
