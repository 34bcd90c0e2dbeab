/**
 * Writes the generated tables of the documentation: `make docs` rewrites them, a test fails where one has drifted. Each
 * stands between `<!-- generated: NAME -->` and `<!-- end -->`.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { SETUP_DEFAULTS, TRAINING_OPTIONS } from '../src/estimate/index.js';
import { FORMAT_ERROR_CODES, FORMATS } from '../src/formats/index.js';
import { GPU_CATALOGUE } from '../src/placement/catalogue.js';

export const DOCUMENTS = ['README.md', 'docs/gpus.md'] as const;

const TABLES: Readonly<Record<string, () => string[]>> = {
  options: () =>
    table(
      ['option', 'values', 'meaning', 'default'],
      TRAINING_OPTIONS.map(({ name, key, placeholder, description }) => [
        `\`--${name}\``,
        placeholder.split('|').map(code).join(', '),
        description,
        key in SETUP_DEFAULTS ? code(String(SETUP_DEFAULTS[key as keyof typeof SETUP_DEFAULTS])) : 'from the file',
      ]),
    ),
  formats: () =>
    table(
      ['format', 'files', 'what is read'],
      FORMATS.map(({ name, extensions, description }) => [name, extensions.map(code).join(', '), description]),
    ),
  errors: () =>
    table(
      ['code', 'meaning'],
      Object.entries(FORMAT_ERROR_CODES).map(([name, meaning]) => [code(name), meaning]),
    ),
  gpus: () =>
    table(
      ['product', 'family', 'label MiB', 'usable MiB', 'SMs', 'GB/s', 'float32', 'tf32', '16 bit'],
      GPU_CATALOGUE.map(({ product, family, peakFlops, ...gpu }) => [
        code(product),
        family,
        String(gpu.labelMiB),
        String(gpu.usableMiB),
        String(gpu.multiprocessors),
        String(gpu.bandwidthBytesPerSecond / 1e9),
        teraflops(peakFlops.float32),
        teraflops(peakFlops.tf32),
        teraflops(peakFlops.float16),
      ]),
    ),
  sources: () =>
    GPU_CATALOGUE.map(
      ({ product, sources }) =>
        `- ${code(product)}: label ${sources.memory}; usable ${sources.usable}; compute ${sources.compute}.`,
    ),
};

function code(text: string): string {
  return `\`${text}\``;
}

function teraflops(flops: number | undefined): string {
  return flops === undefined ? '' : String(flops / 1e12);
}

/** A Markdown table whose columns are as wide as prettier makes them. */
function table(headings: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = headings.map((heading, index) =>
    Math.max(3, heading.length, ...rows.map((row) => (row[index] ?? '').length)),
  );
  const line = (cells: readonly string[]): string =>
    `| ${widths.map((width, index) => (cells[index] ?? '').padEnd(width)).join(' | ')} |`;
  return [line(headings), `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...rows.map(line)];
}

const BLOCK = /(<!-- generated: ([a-z-]+) -->\n)[\s\S]*?(\n<!-- end -->)/g;

/** A document with its generated blocks as they are now. */
export function regenerated(text: string): string {
  return text.replace(BLOCK, (_, open: string, name: string, close: string) => {
    const lines = TABLES[name]?.();
    if (!lines) throw new Error(`no generated table is named "${name}"`);
    return `${open}\n${lines.join('\n')}\n${close}`;
  });
}

if (process.argv[2] === '--write') {
  for (const document of DOCUMENTS) writeFileSync(document, regenerated(readFileSync(document, 'utf8')));
}
