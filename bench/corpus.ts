/**
 * Holds the readers against a corpus of structure files that others wrote: graphs, shapes, parameters, forward MACs.
 * The corpus is not part of the project; without it this says so and stops.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { sizeModel } from '../src/admission/size.js';
import type { Sized } from '../src/admission/size.js';
import { loadGraph } from '../src/cli/load.js';
import { formatTable } from '../src/cli/table.js';
import type { Graph } from '../src/graph/index.js';
import { publishedMacs, readManifest } from './manifest.js';
import type { ManifestRow } from './manifest.js';

const CORPUS = process.env['LAYERGAUGE_CORPUS'] ?? join('..', 'shared', 'corpus');
/** Formats of the manifest that this project reads. */
const READ = new Set(['onnx', 'pt2', 'caffe.prototxt', 'caffe.solver']);

interface Outcome {
  readonly row: ManifestRow;
  readonly seconds: number;
  readonly graph?: Graph;
  readonly sized?: Sized;
  readonly failure?: string;
}

async function run(row: ManifestRow): Promise<Outcome> {
  const began = performance.now();
  const seconds = (): number => (performance.now() - began) / 1000;
  let graph: Graph | undefined;
  try {
    graph = await loadGraph(join(CORPUS, row.file));
    const batch = batchOf(graph, row);
    const side = /@(\d+)/.exec(row.knownGmacs)?.[1];
    const sized = sizeModel(graph, {
      batchSize: { value: batch, from: 'option' },
      ...(side !== undefined && {
        inputShapes: { value: { '': [batch, 3, Number(side), Number(side)] }, from: 'option' },
      }),
    });
    return { row, seconds: seconds(), graph, sized };
  } catch (error) {
    return {
      row,
      seconds: seconds(),
      ...(graph && { graph }),
      failure: error instanceof Error ? error.message : String(error),
    };
  }
}

/** The published figure's batch: stated with its inputs, or one sample. */
function batchOf(graph: Graph, row: ManifestRow): number {
  const stated = /for inputs \[\[(\d+)/.exec(row.knownGmacs)?.[1];
  if (stated !== undefined) return Number(stated);
  return row.knownGmacs === '' ? (graph.hints.batchSize ?? 1) : 1;
}

function knownOutputs({ bound }: Sized): { known: number; all: number } {
  const outputs = bound.layers.flatMap(({ outputs: ids }) => ids.filter((id) => id !== ''));
  const guessed = new Set(bound.layers.filter(({ spec }) => !spec).flatMap(({ outputs: ids }) => ids));
  const known = outputs.filter((id) => bound.tensors.get(id)?.type !== undefined && !guessed.has(id));
  return { known: known.length, all: outputs.length };
}

function isLinked(graph: Graph): boolean {
  return (
    graph.layers.length > 0 &&
    (graph.layers.length === 1 || graph.layers.some(({ id }) => graph.upstream(id).length > 0))
  );
}

function parameterMiss({ row, sized }: Outcome): string | undefined {
  if (row.knownParams === undefined) return undefined;
  const found = sized?.estimate.parameters ?? 0;
  const error = Math.abs(found - row.knownParams) / row.knownParams;
  return error <= row.paramsTolerance ? undefined : `parameters ${found}, published ${row.knownParams}`;
}

function macsMiss({ row, sized }: Outcome): string | undefined {
  const published = publishedMacs(row.knownGmacs);
  if (published.length === 0) return undefined;
  const found = (sized?.estimate.compute.forwardFlops ?? 0) / 2e9;
  const isNear = published.some(
    ({ low, high, rounding }) =>
      found >= low - Math.max(0.01 * low, rounding) && found <= high + Math.max(0.01 * high, rounding),
  );
  return isNear ? undefined : `${found.toFixed(4)} GMACs, published ${row.knownGmacs}`;
}

function share(part: number, whole: number): string {
  return whole === 0 ? 'none' : `${part} of ${whole}, ${((100 * part) / whole).toFixed(1)} %`;
}

function summarize(kind: string, outcomes: readonly Outcome[]): string[] {
  const outputs = outcomes.map(({ sized }) => (sized ? knownOutputs(sized) : { known: 0, all: 0 }));
  const sum = (pick: (count: { known: number; all: number }) => number): number =>
    outputs.reduce((total, count) => total + pick(count), 0);
  const withParams = outcomes.filter(({ row }) => row.knownParams !== undefined);
  const withMacs = outcomes.filter(({ row }) => publishedMacs(row.knownGmacs).length > 0);
  return [
    kind,
    share(outcomes.filter(({ graph }) => graph && isLinked(graph)).length, outcomes.length),
    share(
      sum(({ known }) => known),
      sum(({ all }) => all),
    ),
    share(withParams.filter((outcome) => parameterMiss(outcome) === undefined).length, withParams.length),
    share(withMacs.filter((outcome) => macsMiss(outcome) === undefined).length, withMacs.length),
    `${(1000 * Math.max(0, ...outcomes.map(({ seconds }) => seconds))).toFixed(0)} ms`,
  ];
}

function shapeMiss(sized: Sized | undefined): string | undefined {
  const counts = sized && knownOutputs(sized);
  if (!counts || counts.known === counts.all) return undefined;
  const reason = sized.bound.problems[0]?.message ?? Object.keys(sized.bound.unknownOps).join(', ');
  return `shapes for ${counts.known} of ${counts.all} outputs (${reason})`;
}

/** Shapes that the file states, where they are numbers and the batch is the file's, are the ones inferred. */
function statedMiss(graph: Graph | undefined, sized: Sized | undefined): string | undefined {
  const first = graph?.tensors.get(graph.inputs[0] ?? '')?.shape?.[0];
  if (!graph || !sized || first !== sized.setup.batchSize.value) return undefined;
  const others = sized.bound.layers
    .flatMap(({ outputs }) => outputs)
    .filter((id) => {
      const stated = graph.tensors.get(id)?.shape;
      const inferred = sized.bound.tensors.get(id)?.type?.shape;
      return stated?.every((dim) => typeof dim === 'number') === true && inferred && inferred.join() !== stated.join();
    });
  return others.length === 0 ? undefined : `${others.length} shapes are not those the file states (${others[0] ?? ''})`;
}

function misses(outcome: Outcome): string[] {
  const { row, graph, sized, failure, seconds } = outcome;
  return [
    failure,
    graph && !isLinked(graph) ? 'no layer has an upstream' : undefined,
    shapeMiss(sized),
    statedMiss(graph, sized),
    parameterMiss(outcome),
    macsMiss(outcome),
    seconds > 1 ? `took ${seconds.toFixed(2)} s` : undefined,
  ].flatMap((miss) => (miss === undefined ? [] : [`  ${row.file}: ${miss}`]));
}

const manifest = join(CORPUS, 'MANIFEST.tsv');
if (!existsSync(manifest)) {
  console.error(`SKIPPED: no corpus at ${CORPUS}; set LAYERGAUGE_CORPUS to a folder with a MANIFEST.tsv`);
} else {
  const rows = readManifest(readFileSync(manifest, 'utf8')).filter(({ format }) => READ.has(format));
  const outcomes: Outcome[] = [];
  for (const row of rows) outcomes.push(await run(row));
  const kinds = [...new Set(rows.map(({ file }) => file.split('/')[0] ?? ''))];
  const table = kinds.map((kind) =>
    summarize(
      kind,
      outcomes.filter(({ row }) => row.file.startsWith(`${kind}/`)),
    ),
  );
  table.push(summarize('all', outcomes));
  const headings = [
    'format',
    'graphs',
    'outputs with a shape',
    'parameters as published',
    'MACs as published',
    'slowest',
  ];
  for (const line of formatTable(
    headings.map((heading) => ({ heading, align: 'left' })),
    table,
  ))
    console.log(line);
  console.log('\nmisses');
  for (const line of outcomes.flatMap(misses)) console.log(line);
}
