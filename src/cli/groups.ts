import type { LayerEstimate } from '../estimate/index.js';

export interface LayerGroup {
  readonly name: string;
  readonly layers: number;
  readonly memoryBytes: number;
  readonly forwardFlops: number;
  readonly stepShare: number;
  readonly dominant: number;
}

/** More rows than this are not read. */
const MAX_ROWS = 28;

/** Layers by module, as deep as the table stays short; layers without a module stand under their type. */
export function groupLayers(layers: readonly LayerEstimate[]): LayerGroup[] {
  for (let depth = 4; depth > 1; depth--) {
    const groups = groupAt(layers, depth);
    if (groups.length <= MAX_ROWS) return groups;
  }
  return groupAt(layers, 1);
}

function groupAt(layers: readonly LayerEstimate[], depth: number): LayerGroup[] {
  const groups = new Map<string, LayerGroup>();
  for (const layer of layers) {
    const name = layer.scope === '' ? layer.type : layer.scope.split('.').slice(0, depth).join('.');
    const group = groups.get(name);
    groups.set(name, {
      name,
      layers: (group?.layers ?? 0) + (name.startsWith('(') ? 0 : 1),
      memoryBytes: (group?.memoryBytes ?? 0) + layer.memoryBytes,
      forwardFlops: (group?.forwardFlops ?? 0) + layer.forwardFlops,
      stepShare: (group?.stepShare ?? 0) + layer.stepShare,
      dominant: (group?.dominant ?? 0) + Number(layer.dominant),
    });
  }
  return [...groups.values()];
}
