import { fits } from '../admission/size.js';
import type { Sized } from '../admission/size.js';
import { statedBesides } from '../estimate/index.js';
import type { Estimate, LayerEstimate, Sourced } from '../estimate/index.js';
import { GPU_CATALOGUE } from '../placement/catalogue.js';
import { groupLayers } from './groups.js';
import { plotMemory } from './plot.js';
import { formatTable } from './table.js';
import { formatBytes, formatCount, formatFlops, formatSeconds, formatShare } from './units.js';

const BREAKDOWN = [
  ['parameters', 'parametersBytes'],
  ['gradients', 'gradientsBytes'],
  ['optimizer states', 'optimizerStatesBytes'],
  ['activations', 'activationsBytes'],
  ['temporaries', 'temporariesBytes'],
  ['workspace', 'workspaceBytes'],
  ['fragmentation', 'fragmentationBytes'],
  ['CUDA context', 'contextBytes'],
  ['NCCL and DDP', 'communicationBytes'],
] as const;

const HEADROOM = [
  ['cuDNN workspaces', 'bandBytes'],
  ['eager modules', 'eagerContextBytes'],
  ['margin', 'marginBytes'],
] as const;

const BAR_WIDTH = 32;

const HOST_MEMORY =
  'memory of the GPU alone: batches that the data loader pins, and its workers, are memory of the host';

/** The report a person reads, line by line. */
export function tableReport(sized: Sized, name: string): string[] {
  const { estimate } = sized;
  return [
    ...headline(sized, name),
    '',
    ...layerTable(estimate.layers),
    '',
    ...memoryLines(estimate),
    '',
    ...plotMemory(estimate.memory),
    '',
    ...computeLines(estimate),
    '',
    ...gpuLines(estimate),
    ...assumptionLines(sized),
  ];
}

function headline({ graph, setup, estimate }: Sized, name: string): string[] {
  const value = ({ value: text, from }: Sourced<unknown>): string => `${plain(text)} (${from})`;
  const besides = statedBesides(setup).map(({ name: option, key }) => `${option} ${value(setup[key])}`);
  return [
    `${graph.name === '' ? name : graph.name}: ${graph.format}, ${formatCount(estimate.parameters)} parameters, ` +
      `${formatCount(estimate.trainableParameters)} trainable`,
    `batch ${value(setup.batchSize)}, ${value(setup.optimizer)}, ${value(setup.precision)}, loss ${value(setup.loss)}`,
    ...(besides.length > 0 ? [besides.join(', ')] : []),
  ];
}

/** A value of the setup; shapes as an option writes them. */
function plain(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  return Object.entries(value)
    .map(([name, shape]) => (name === '' ? '' : `${name}=`) + (shape as readonly number[]).join('x'))
    .join(';');
}

function layerTable(layers: readonly LayerEstimate[]): string[] {
  const rows = groupLayers(layers).map((group) => [
    group.name,
    String(group.layers),
    formatBytes(group.memoryBytes),
    formatFlops(group.forwardFlops),
    formatShare(group.stepShare),
    group.dominant > 0 ? `${group.dominant} dominant` : '',
  ]);
  return formatTable(
    [
      { heading: 'module', align: 'left' },
      { heading: 'layers', align: 'right' },
      { heading: 'memory at peak', align: 'right' },
      { heading: 'forward', align: 'right' },
      { heading: 'of step', align: 'right' },
      { heading: '', align: 'left' },
    ],
    rows,
  );
}

function memoryLines({ memory }: Estimate): string[] {
  const { phase, layer } = memory.peakAt;
  const line = (name: string, bytes: number): string => {
    const bar = '█'.repeat(Math.round((bytes / memory.expectedBytes) * BAR_WIDTH));
    return `  ${name.padEnd(17)}${formatBytes(bytes).padStart(10)}  ${bar}`.trimEnd();
  };
  return [
    `memory   expected ${formatBytes(memory.expectedBytes)} (peak in ${phase}${layer === '' ? '' : ` of ${layer}`})`,
    ...BREAKDOWN.map(([name, key]) => line(name, memory.breakdown[key])),
    `request  ${formatBytes(memory.upperBytes)}: besides the expected`,
    ...HEADROOM.map(([name, key]) => line(name, memory.headroom[key])),
  ];
}

function computeLines({ compute }: Estimate): string[] {
  return [
    `compute  ${formatFlops(compute.forwardFlops)} forward, ${formatFlops(compute.trainingFlops)} a step; ` +
      `${formatSeconds(compute.stepSeconds)} on ${compute.gpu.product} at its roofline, ` +
      `${formatShare(compute.smShare)} of it computing`,
    `         layers above ${formatShare(compute.threshold)} of the heaviest need ${requirement(compute)}`,
  ];
}

function requirement({ requiredFlopsPerSecond: required }: Estimate['compute']): string {
  return required === null ? 'more time: the other layers take all of the target' : `${formatFlops(required)}/s`;
}

function gpuLines(estimate: Estimate): string[] {
  const fitting = GPU_CATALOGUE.filter((gpu) => fits(estimate, gpu));
  if (fitting.length === 0) {
    const largest = GPU_CATALOGUE.at(-1);
    return [
      `fits     no single GPU of the catalogue (the largest, ${largest?.product ?? ''}, has ${largest?.usableMiB ?? 0} MiB)`,
    ];
  }
  const rows = fitting.map((gpu) => {
    const free = gpu.usableMiB * 1024 * 1024 - estimate.memory.upperBytes;
    return `  ${gpu.product.padEnd(34)}${formatBytes(gpu.usableMiB * 1024 * 1024).padStart(10)}, ${formatBytes(free)} to spare`;
  });
  return ['fits     on these GPUs, smallest first', ...rows];
}

function assumptionLines({ assumptions, estimate }: Sized): string[] {
  const notes = [...assumptions, ...contextNotes(estimate), HOST_MEMORY].map((text) => `  - ${text}`);
  return ['', `confidence ${estimate.confidence}, taking for granted`, ...notes];
}

function contextNotes({ memory, compute: { gpu } }: Estimate): string[] {
  const { source, measured } = memory.contextSource;
  return measured ? [] : [`CUDA context on ${gpu.family}: ${source}; yours: --context-mib`];
}
