/** What PyTorch does, as bench/reference wrote it down. */
import { readdirSync, readFileSync } from 'node:fs';
import { bytesSource, parseStructure } from '../../src/formats/index.js';
import type { Graph } from '../../src/graph/index.js';

const GOLDEN = new URL('../golden/', import.meta.url);

/** One storage that autograd keeps: `input 0`, `parameter p1`, `output 0`, `new`; the tensor it is kept as; its bytes. */
export interface KeptStorage {
  readonly from: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly bytes: number;
}

export interface OperatorCase {
  readonly target: string;
  /** The operator that CUDA runs in its place. */
  readonly runs?: string;
  /** The call's inputs that want a gradient, by name in the program. */
  readonly tracked: readonly string[];
  readonly saved: readonly KeptStorage[];
  /** Where autocast to bfloat16 is on and the tracked inputs are in it; absent where the case itself is of 16 bits. */
  readonly autocast?: AutocastCall;
  readonly program: unknown;
}

export interface AutocastCall {
  readonly saved: readonly KeptStorage[];
  /** Dtypes of the outputs. */
  readonly outputs: readonly string[];
}

/** Cases by name, of every file in a folder. */
export function goldenCases<T>(folder: string): ReadonlyMap<string, T> {
  const files = readdirSync(new URL(`${folder}/`, GOLDEN)).sort();
  return new Map(files.flatMap((file) => Object.entries(goldenFile<T>(`${folder}/${file}`))));
}

export function goldenFile<T>(path: string): Readonly<Record<string, T>> {
  const { cases } = JSON.parse(readFileSync(new URL(path, GOLDEN), 'utf8')) as { cases: Record<string, T> };
  return cases;
}

/** The graph of a program. */
export function graphOf(program: unknown): Promise<Graph> {
  return parseStructure(bytesSource(new TextEncoder().encode(JSON.stringify(program)), 'case.json'));
}
