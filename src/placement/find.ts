import type { GpuSpec } from '../estimate/gpu.js';
import { GPU_CATALOGUE } from './catalogue.js';

const LONGEST_NAME = 64;

/**
 * The GPU a user names: its exact product (in any case), or else the first row, so the one with the least memory, whose
 * dash-separated parts include every part of the name: `t4`, `a100-80gb`, `h100 nvl`. The vendor may be given or left out.
 */
export function findGpu(name: string): GpuSpec | undefined {
  const wanted = partsOf(name);
  const exact = GPU_CATALOGUE.find(({ product }) => product.toLowerCase() === wanted.join('-'));
  if (exact) return exact;
  const named = wanted.filter((part) => part !== 'nvidia');
  if (named.length === 0) return undefined;
  return GPU_CATALOGUE.find(({ product }) => {
    const parts = partsOf(product);
    return named.every((part) => parts.includes(part));
  });
}

/** The products whose spelling shares most with the name, nearest first. */
export function suggestGpus(name: string, count = 3): string[] {
  const wanted = pairsOf(name);
  const shared = (product: string): number => [...pairsOf(product)].filter((pair) => wanted.has(pair)).length;
  return GPU_CATALOGUE.map(({ product }) => ({ product, shared: shared(product) }))
    .sort((a, b) => b.shared - a.shared)
    .slice(0, count)
    .map(({ product }) => product);
}

function partsOf(name: string): string[] {
  return name
    .slice(0, LONGEST_NAME)
    .toLowerCase()
    .split(/[-_\s]+/)
    .filter(Boolean);
}

/** Every two neighbouring characters of every part. */
function pairsOf(name: string): Set<string> {
  return new Set(partsOf(name).flatMap((part) => [...part].slice(1).map((_, at) => part.slice(at, at + 2))));
}
