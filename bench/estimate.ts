/**
 * Times the path from a cold file to an answer, in one warm process: CPU time of a ResNet-50 file, and time and memory of
 * a file with a gigabyte of weights inside. Prints milliseconds and ratios, and writes docs/benchmarks.md.
 */
import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { graphFields, modelHead, writeModel } from '../examples/onnx-writer.js';
import { writeArchive } from '../examples/pt2-writer.js';
import { resnet50 } from '../examples/resnet.js';
import { transformerProgram } from '../examples/transformer-program.js';
import { transformer } from '../examples/transformer.js';
import type * as sizing from '../src/admission/size.js';
import type * as loading from '../src/cli/load.js';
import { formatTable } from '../src/cli/table.js';
import { bundled } from './bundled.js';
import { median, publish } from './publish.js';

const FOLDER = join('.cache', 'bench');
/** Runs before the counted ones, so that the process is warm. */
const WARM_UP = 30;
const RUNS = 20;
const MiB = 1024 * 1024;
const GIANT_BYTES = 1024 * MiB;
const GIANT_TENSORS = 64;
const EMPTY = { name: '', nodes: [], inputs: [], outputs: [] };

interface Measured {
  readonly wallMs: number;
  readonly cpuMs: number;
}

async function measure(action: () => Promise<unknown>): Promise<Measured> {
  const wall = performance.now();
  const cpu = process.cpuUsage();
  await action();
  const { user, system } = process.cpuUsage(cpu);
  return { wallMs: performance.now() - wall, cpuMs: (user + system) / 1000 };
}

async function repeat(action: () => Promise<unknown>): Promise<Measured> {
  const runs: Measured[] = [];
  for (let run = 0; run < WARM_UP; run++) await action();
  for (let run = 0; run < RUNS; run++) runs.push(await measure(action));
  return { wallMs: median(runs.map(({ wallMs }) => wallMs)), cpuMs: median(runs.map(({ cpuMs }) => cpuMs)) };
}

/** A chain of square products whose weights lie in the file, written tensor by tensor. */
async function writeGiant(path: string): Promise<void> {
  const side = Math.sqrt(GIANT_BYTES / GIANT_TENSORS / 4);
  const names = Array.from({ length: GIANT_TENSORS }, (_, index) => `w${index}`);
  const structure = {
    name: 'giant',
    nodes: names.map((name, index) => ({
      type: 'MatMul',
      inputs: [index === 0 ? 'x' : `t${index - 1}`, name],
      outputs: [`t${index}`],
    })),
    initializers: [],
    inputs: [{ name: 'x', dims: ['batch', side] }],
    outputs: [{ name: `t${GIANT_TENSORS - 1}`, dims: ['batch', side] }],
  };
  const part = (name: string): Uint8Array =>
    graphFields({ ...EMPTY, initializers: [{ name, dims: [side, side], inlineBytes: side * side * 4 }] });
  const fields = graphFields(structure);
  const bytes = names.reduce((sum, name) => sum + part(name).byteLength, fields.byteLength);
  const file = await open(path, 'w');
  await file.write(modelHead(bytes));
  await file.write(fields);
  for (const name of names) await file.write(part(name));
  await file.close();
}

mkdirSync(FOLDER, { recursive: true });
const { sizeModel } = await bundled<typeof sizing>('src/admission/size.ts');
const { loadGraph } = await bundled<typeof loading>('src/cli/load.ts');
const small = join(FOLDER, 'resnet50.onnx');
writeFileSync(small, writeModel(resnet50({ norm: 'folded' })));
const cold = await measure(async () => sizeModel(await loadGraph(small), {}));
const warm = await repeat(async () => sizeModel(await loadGraph(small), {}));
const parse = await repeat(() => loadGraph(small));

const sizedWarm = async (name: string, bytes: Uint8Array): Promise<Measured> => {
  const path = join(FOLDER, name);
  writeFileSync(path, bytes);
  return repeat(async () => sizeModel(await loadGraph(path), {}));
};
const deep = await sizedWarm('resnet152.onnx', writeModel(resnet50({ norm: 'training', stages: [3, 8, 36, 3] })));
const layers48 = await sizedWarm('transformer48.onnx', writeModel(transformer('native', 48)));
const program48 = await sizedWarm('transformer48.pt2', writeArchive(transformerProgram(48)));
const atOnce = process.memoryUsage().rss;

const giant = join(FOLDER, 'giant.onnx');
await writeGiant(giant);
globalThis.gc?.();
const before = process.memoryUsage().rss;
const first = await measure(async () => sizeModel(await loadGraph(giant), {}));
const grown = process.memoryUsage().rss - before;
const skipped = await repeat(async () => sizeModel(await loadGraph(giant), {}));

const row = (name: string, { wallMs, cpuMs }: Measured, note: string): string[] => [
  name,
  wallMs.toFixed(1),
  cpuMs.toFixed(1),
  note,
];
const columns = [
  { heading: 'what', align: 'left' },
  { heading: 'wall ms', align: 'right' },
  { heading: 'CPU ms', align: 'right' },
  { heading: 'ratio', align: 'left' },
] as const;
const giantMiB = statSync(giant).size / MiB;
const smallMiB = statSync(small).size / MiB;
const lines = formatTable(columns, [
  row('ResNet-50, first in the process', cold, `${(cold.cpuMs / warm.cpuMs).toFixed(1)} x the warm answer`),
  row('ResNet-50, file to answer, warm', warm, `${(warm.cpuMs / parse.cpuMs).toFixed(1)} x reading its graph`),
  row('ResNet-50, file to graph, warm', parse, '1'),
  row('ResNet-152, file to answer, warm', deep, `${(deep.cpuMs / warm.cpuMs).toFixed(1)} x ResNet-50's answer`),
  row(
    'a transformer of 48 layers, ONNX to answer, warm',
    layers48,
    `${(layers48.cpuMs / warm.cpuMs).toFixed(1)} x ResNet-50's answer`,
  ),
  row(
    'a transformer of 48 layers, torch.export to answer, warm',
    program48,
    `${(program48.cpuMs / warm.cpuMs).toFixed(1)} x ResNet-50's answer; the process holds ${(atOnce / MiB).toFixed(0)} MiB`,
  ),
  row(
    `${giantMiB.toFixed(0)} MiB of weights, file to answer, first`,
    first,
    `${(first.cpuMs / warm.cpuMs).toFixed(1)} x ResNet-50's answer, at ${(giantMiB / smallMiB).toFixed(0)} x its size; ` +
      `${(grown / MiB).toFixed(0)} MiB more memory`,
  ),
  row('the same again, warm', skipped, `${(skipped.cpuMs / warm.cpuMs).toFixed(1)} x`),
]);
publish('benchmarks', 'estimate', lines);
rmSync(giant);
