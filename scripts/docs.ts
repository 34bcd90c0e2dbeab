/**
 * Writes the generated tables of the documentation: `make docs` rewrites them, a test fails where one has drifted. Each
 * stands between `<!-- generated: NAME -->` and `<!-- end -->`.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ANNOTATIONS, PREFIX, WRITTEN } from '../src/admission/annotations.js';
import { ADMISSION_ERROR_CODES } from '../src/admission/failures.js';
import { SETUP_DEFAULTS, TRAINING_OPTIONS } from '../src/estimate/index.js';
import { FORMAT_ERROR_CODES, FORMATS } from '../src/formats/index.js';
import { GPU_CATALOGUE } from '../src/placement/catalogue.js';
import { createMetrics } from '../src/server/metrics.js';
import { valueRows } from './chart-values.mjs';

export const DOCUMENTS = [
  'README.md',
  'charts/layergauge/README.md',
  'docs/annotations.md',
  'docs/gpus.md',
  'docs/metrics.md',
] as const;

const VALUES = join(import.meta.dirname, '../charts/layergauge/values.yaml');

const TABLES: Readonly<Record<string, () => string[]>> = {
  options: () =>
    table(
      ['option', 'values', 'meaning', 'default'],
      TRAINING_OPTIONS.map(({ name, key, placeholder, description }) => [
        `\`--${name}\``,
        placeholder.split('|').map(code).join(', '),
        description,
        defaultOf({ name, key }),
      ]),
    ),
  formats: () =>
    table(
      ['format', 'files', 'what is read'],
      FORMATS.map(({ name, extensions, description }) => [name, extensions.map(code).join(', '), description]),
    ),
  errors: () => codes(FORMAT_ERROR_CODES),
  'admission-errors': () => codes(ADMISSION_ERROR_CODES),
  annotations: () =>
    table(
      ['annotation', 'values', 'meaning', 'default'],
      [...Object.values(ANNOTATIONS), ...TRAINING_OPTIONS].map((annotation) => [
        code(PREFIX + annotation.name),
        annotation.allowed,
        annotation.description,
        defaultOf(annotation),
      ]),
    ),
  written: () => Object.values(WRITTEN).map((name) => `- ${code(name)}`),
  metrics: () =>
    table(
      ['metric', 'kind', 'meaning'],
      createMetrics('')
        .registry.getMetricsAsArray()
        .filter(({ name }) => name.startsWith('layergauge_'))
        .map((metric) => [code(metric.name), String(metric.type), metric.help]),
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
  values: () =>
    table(
      ['value', 'default', 'meaning'],
      valueRows(readFileSync(VALUES, 'utf8')).map(([key, fallback, meaning]) => [code(key), code(fallback), meaning]),
    ),
  sources: () =>
    GPU_CATALOGUE.map(
      ({ product, sources }) =>
        `- ${code(product)}: label ${sources.memory}; usable ${sources.usable}; compute ${sources.compute}.`,
    ),
};

function defaultOf(option: { readonly name: string; readonly key?: string; readonly fallback?: string }): string {
  const defaults: Readonly<Record<string, string | number>> = SETUP_DEFAULTS;
  const value = option.fallback ?? defaults[option.key ?? ''];
  return value === undefined ? '' : code(String(value));
}

function codes(meanings: Readonly<Record<string, string>>): string[] {
  return table(
    ['code', 'meaning'],
    Object.entries(meanings).map(([name, meaning]) => [code(name), meaning]),
  );
}

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
