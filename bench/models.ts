/**
 * Holds what is live between forward and loss against PyTorch, of whole models that bench/reference exported: those of
 * models.py and of language.py. They are not part of the project; without them this says so. Writes docs/accuracy.md.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { prepare } from '../src/admission/size.js';
import { loadGraph } from '../src/cli/load.js';
import { formatTable } from '../src/cli/table.js';
import { planStep } from '../src/estimate/plan.js';
import { liveAfter } from '../src/estimate/replay.js';
import { ROWS } from '../src/estimate/step-state.js';
import type { Recording, TracedBlock } from '../src/estimate/tape.js';
import { traceSetupOf, traceTraining } from '../src/estimate/trace.js';
import { publish } from './publish.js';

/** The folder of each script's models, and what the block of the documentation is called. */
const SETS = [
  { script: 'models.py', folder: process.env['LAYERGAUGE_MODELS'] ?? join('.cache', 'models'), block: 'models' },
  {
    script: 'language.py',
    folder: process.env['LAYERGAUGE_LANGUAGE'] ?? join('.cache', 'language'),
    block: 'language',
  },
] as const;
/** The most models that are named. */
const NAMED = 12;
/** The share that attention's seeds may be of: two of 8 bytes each time, on the host unless a graph is captured. */
const SEEDS = 0.0001;

interface Measured {
  readonly name: string;
  /** Absent where a program was measured, which has tied weights twice. */
  readonly weightsBytes?: number;
  readonly liveBytes: number;
}

interface Compared extends Measured {
  /** Ours / PyTorch's - 1. */
  readonly weights: number | undefined;
  readonly live: number;
}

/** Bytes of the weights, and of all else but labels that is live when the loss of the first step begins. */
function beforeLoss(recording: Recording): { weightsBytes: number; liveBytes: number } {
  const loss = recording.moments.find(({ phase }) => phase === 'loss');
  const live = liveAfter(recording, (loss?.firstStep ?? 0) - 1);
  const sum = (blocks: readonly TracedBlock[]): number => blocks.reduce((bytes, block) => bytes + block.bytes, 0);
  return {
    weightsBytes: sum(live.filter(({ tag }) => tag === 'parameters')),
    liveBytes: sum(live.filter(({ tag, owner }) => tag !== 'parameters' && owner !== ROWS.loss)),
  };
}

async function compare(folder: string, row: Measured): Promise<Compared> {
  const graph = await loadGraph(join(folder, `${row.name}.pt2`));
  const { bound, setup } = prepare(graph, {});
  const plan = planStep(bound, 'fp32');
  const ours = beforeLoss(traceTraining(plan, { ...traceSetupOf(setup), blasWorkspaceBytes: 0 }));
  const weights = row.weightsBytes === undefined ? undefined : ours.weightsBytes / row.weightsBytes - 1;
  return { ...row, weights, live: ours.liveBytes / row.liveBytes - 1 };
}

const COLUMNS = [
  { heading: 'model', align: 'left' },
  { heading: 'PyTorch, bytes', align: 'right' },
  { heading: 'live, ours', align: 'right' },
  { heading: 'weights, ours', align: 'right' },
] as const;

function percent(share: number | undefined): string {
  return share === undefined ? '' : `${share < 0 ? '' : '+'}${(100 * share).toFixed(3)} %`;
}

async function compareAll({ script, folder, block }: (typeof SETS)[number]): Promise<void> {
  const file = join(folder, 'index.jsonl');
  if (!existsSync(file)) {
    console.error(`models: SKIPPED, there is no ${file}: python bench/reference/${script} ${folder} writes it`);
    return;
  }
  const [versions = '', ...lines] = readFileSync(file, 'utf8').trim().split('\n');
  const rows: Compared[] = [];
  for (const line of lines) rows.push(await compare(folder, JSON.parse(line) as Measured));
  const made = Object.entries(JSON.parse(versions) as Record<string, string>).map((entry) => entry.join(' '));
  const worst = [...rows].sort((a, b) => Math.abs(b.live) - Math.abs(a.live));
  const equal = rows.filter(({ live }) => live === 0).length;
  const unequal = worst.filter(({ live }) => Math.abs(live) > SEEDS);
  const width = rows.some(({ weights }) => weights !== undefined) ? 4 : 3;
  const cells = (row: Compared): string[] => [row.name, String(row.liveBytes), percent(row.live), percent(row.weights)];
  const table = formatTable(
    COLUMNS.slice(0, width),
    unequal.slice(0, NAMED).map((row) => cells(row).slice(0, width)),
  );
  publish('accuracy', block, [
    `${made.join(', ')}: ${rows.length} models, of which ${equal} are equal to the byte,`,
    `${rows.length - equal - unequal.length} more within ${100 * SEEDS} %, and ${unequal.length} are not`,
    ...(unequal.length > 0 ? ['', ...table] : []),
  ]);
}

for (const set of SETS) await compareAll(set);
