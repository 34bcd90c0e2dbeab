import type { MemoryEstimate } from '../estimate/index.js';
import { formatBytes } from './units.js';

const COLUMNS = 64;
const ROWS = 8;
const EIGHTHS = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;

/** Live memory over the last traced step: a column for each stretch of it, the phases written below. */
export function plotMemory({ timeline }: MemoryEstimate): string[] {
  const last = timeline.at(-1)?.moment.iteration ?? 0;
  const step = timeline.filter(({ moment }) => moment.iteration === last);
  const columns = stretch(step.map(({ allocatedBytes }) => allocatedBytes));
  const top = Math.max(1, ...columns);
  const lines = Array.from({ length: ROWS }, (_, row) => {
    const floor = ROWS - 1 - row;
    const cells = columns.map((bytes) => cell((bytes / top) * ROWS - floor)).join('');
    const label = row === 0 ? formatBytes(top) : row === ROWS - 1 ? '0' : '';
    return `${label.padStart(10)} │${cells}`;
  });
  return [...lines, `${' '.repeat(10)} └${axis(step.map(({ moment }) => moment.phase))}`];
}

function cell(filled: number): string {
  return EIGHTHS[Math.max(0, Math.min(8, Math.round(filled * 8)))] ?? ' ';
}

/** The highest value of each of `COLUMNS` equal stretches. */
function stretch(values: readonly number[]): number[] {
  return Array.from({ length: COLUMNS }, (_, column) => {
    const from = Math.floor((column * values.length) / COLUMNS);
    const to = Math.max(from + 1, Math.floor(((column + 1) * values.length) / COLUMNS));
    return Math.max(0, ...values.slice(from, to));
  });
}

/** Each phase's name where it begins, as far as it fits. */
function axis(phases: readonly string[]): string {
  const line = new Array<string>(COLUMNS).fill('─');
  let at = 0;
  for (const phase of ['forward', 'backward', 'optimizer']) {
    const begin = phases.indexOf(phase);
    if (begin === -1) continue;
    at = Math.max(at, Math.min(COLUMNS - phase.length, Math.floor((begin * COLUMNS) / phases.length)));
    [...` ${phase} `].forEach((character, index) => {
      if (at + index < COLUMNS) line[at + index] = character;
    });
    at += phase.length + 2;
  }
  return line.join('');
}
