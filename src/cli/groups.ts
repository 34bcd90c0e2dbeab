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
  const members = new Map<string, LayerEstimate[]>();
  for (const layer of layers) {
    const name = layer.scope === '' ? layer.type : layer.scope.split('.').slice(0, depth).join('.');
    const group = members.get(name);
    if (group) group.push(layer);
    else members.set(name, [layer]);
  }
  return [...members].map(([name, group]) => summarize(name, group));
}

function summarize(name: string, group: readonly LayerEstimate[]): LayerGroup {
  const sum = (value: (layer: LayerEstimate) => number): number =>
    group.reduce((total, layer) => total + value(layer), 0);
  return {
    name,
    layers: name.startsWith('(') ? 0 : group.length,
    memoryBytes: sum(({ memoryBytes }) => memoryBytes),
    forwardFlops: sum(({ forwardFlops }) => forwardFlops),
    stepShare: sum(({ stepShare }) => stepShare),
    dominant: group.filter(({ dominant }) => dominant).length,
  };
}
