/** What the benches share: quantiles, and the place of their tables in the documentation. */
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';

const DOCS = join(import.meta.dirname, '../docs');

export type Document = 'accuracy' | 'benchmarks';

/** The value below which that share of them lies (nearest rank). */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** Prints a table and puts it between `<!-- bench: SECTION -->` and `<!-- end -->`, with when and on what it was made. */
export function publish(document: Document, section: string, lines: readonly string[]): void {
  const path = join(DOCS, `${document}.md`);
  for (const line of lines) console.log(line);
  const text = readFileSync(path, 'utf8');
  const start = `<!-- bench: ${section} -->`;
  const [from, to] = [text.indexOf(start), text.indexOf('<!-- end -->', text.indexOf(start))];
  if (from === -1 || to === -1) throw new Error(`${path} has no section ${section}`);
  const block = `${start}\n\n${provenance()}\n\n\`\`\`text\n${lines.join('\n')}\n\`\`\`\n\n`;
  writeFileSync(path, text.slice(0, from) + block + text.slice(to));
}

function provenance(): string {
  const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../package.json'), 'utf8')) as {
    version: string;
  };
  const [first] = cpus();
  const machine = `${cpus().length} x ${first?.model.trim() ?? 'unknown'}`;
  return `${new Date().toISOString().slice(0, 10)}: layergauge ${version}, Node ${process.version}, ${machine}.`;
}
