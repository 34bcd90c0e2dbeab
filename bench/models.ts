/**
 * Holds what is live between forward and loss against PyTorch, of whole models that bench/reference/models.py exported.
 * They are not part of the project; without them this says so and stops. Writes docs/accuracy.md.
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

const FOLDER = process.env['LAYERGAUGE_MODELS'] ?? join('.cache', 'models');
const INDEX = join(FOLDER, 'index.jsonl');
/** The most models that are named. */
const NAMED = 12;
/** The share that attention's seeds may be of: two of 8 bytes each time, on the host unless a graph is captured. */
const SEEDS = 0.0001;

interface Measured {
  readonly name: string;
  readonly weightsBytes: number;
  readonly liveBytes: number;
}

interface Compared extends Measured {
  /** Ours / PyTorch's - 1. */
  readonly weights: number;
  readonly live: number;
}

/** Bytes of the weights, and of all else but labels that is live when the loss of the first step begins. */
function beforeLoss(recording: Recording): Pick<Measured, 'weightsBytes' | 'liveBytes'> {
  const loss = recording.moments.find(({ phase }) => phase === 'loss');
  const live = liveAfter(recording, (loss?.firstStep ?? 0) - 1);
  const sum = (blocks: readonly TracedBlock[]): number => blocks.reduce((bytes, block) => bytes + block.bytes, 0);
  return {
    weightsBytes: sum(live.filter(({ tag }) => tag === 'parameters')),
    liveBytes: sum(live.filter(({ tag, owner }) => tag !== 'parameters' && owner !== ROWS.loss)),
  };
}

async function compare(row: Measured): Promise<Compared> {
  const graph = await loadGraph(join(FOLDER, `${row.name}.pt2`));
  const { bound, setup } = prepare(graph, {});
  const plan = planStep(bound, 'fp32');
  const ours = beforeLoss(traceTraining(plan, { ...traceSetupOf(setup), blasWorkspaceBytes: 0 }));
  return { ...row, weights: ours.weightsBytes / row.weightsBytes - 1, live: ours.liveBytes / row.liveBytes - 1 };
}

const percent = (share: number): string => `${share < 0 ? '' : '+'}${(100 * share).toFixed(3)} %`;

async function main(): Promise<void> {
  if (!existsSync(INDEX)) {
    console.error(`models: SKIPPED, there is no ${INDEX}: python bench/reference/models.py ${FOLDER} writes it`);
    return;
  }
  const [versions = '', ...lines] = readFileSync(INDEX, 'utf8').trim().split('\n');
  const rows: Compared[] = [];
  for (const line of lines) rows.push(await compare(JSON.parse(line) as Measured));
  const { torch, timm } = JSON.parse(versions) as Record<string, string>;
  const worst = [...rows].sort((a, b) => Math.abs(b.live) - Math.abs(a.live));
  const equal = rows.filter(({ live }) => live === 0).length;
  const unequal = worst.filter(({ live }) => Math.abs(live) > SEEDS);
  const table = formatTable(
    [
      { heading: 'model', align: 'left' },
      { heading: 'PyTorch, bytes', align: 'right' },
      { heading: 'live, ours', align: 'right' },
      { heading: 'weights, ours', align: 'right' },
    ],
    unequal.slice(0, NAMED).map((row) => [row.name, String(row.liveBytes), percent(row.live), percent(row.weights)]),
  );
  publish('accuracy', 'models', [
    `torch ${torch ?? ''}, timm ${timm ?? ''}: ${rows.length} models, of which ${equal} are equal to the byte,`,
    `${rows.length - equal - unequal.length} more within ${100 * SEEDS} %, and ${unequal.length} are not`,
    ...(unequal.length > 0 ? ['', ...table] : []),
  ]);
}

await main();
