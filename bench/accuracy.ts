/**
 * Holds the estimate against memory that other people measured, and writes docs/accuracy.md. The rows are not part of the
 * project; without them this says so and stops.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { REQUEST_MARGIN } from '../src/estimate/index.js';
import { formatTable } from '../src/cli/table.js';
import { estimateRow } from './accuracy/measure.js';
import type { Estimated } from './accuracy/measure.js';
import { readRows, SET_NAMES } from './accuracy/rows.js';
import type { SetName } from './accuracy/rows.js';
import { explain, fitContext, MARGIN_QUANTILE, meanOf, scoreOf, shortfalls } from './accuracy/score.js';
import { publish, quantile } from './publish.js';

const DATA = process.env['LAYERGAUGE_GROUND_TRUTH'] ?? join(import.meta.dirname, '../../shared/ground-truth');
const MiB = 1024 * 1024;
const WORST = 10;

interface SetResult {
  readonly set: SetName;
  readonly contextBytes: number;
  readonly estimated: readonly Estimated[];
  readonly unused: number;
}

if (!existsSync(DATA)) {
  console.warn(`SKIPPED: nothing was compared, for ${DATA} is not there`);
  process.exit(0);
}

/** xMem measured without the context; the other testbeds have one each, fitted. */
async function run(set: SetName): Promise<SetResult> {
  const { rows, unused } = readRows(DATA, set);
  const bare: Estimated[] = [];
  for (const row of rows) bare.push(await estimateRow(row, 0));
  const pairs = bare.map(({ expectedBytes, row }) => [expectedBytes, row.measuredBytes] as const);
  const contextBytes = set === 'xMem' ? 0 : fitContext(pairs);
  const estimated: Estimated[] = [];
  for (const row of rows) estimated.push(await estimateRow(row, contextBytes));
  return { set, contextBytes, estimated, unused };
}

const percent = (share: number, digits = 1): string => `${(100 * share).toFixed(digits)} %`;
const signed = (share: number): string => `${share > 0 ? '+' : ''}${percent(share)}`;
const errorOf = ({ expectedBytes, row }: Estimated, context: number): number =>
  (expectedBytes + context) / row.measuredBytes - 1;
const overOf = ({ upperBytes, row }: Estimated, context: number): number =>
  (upperBytes + context) / row.measuredBytes - 1;

function table(headings: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const columns = headings.map((heading, index) => ({
    heading,
    align: index === 0 ? ('left' as const) : ('right' as const),
  }));
  return formatTable(columns, rows);
}

function accuracyRow(name: string, estimated: readonly Estimated[], context: number): string[] {
  const { rows, median, mean, p90, within10 } = scoreOf(estimated.map((one) => errorOf(one, context)));
  const overs = estimated.map((one) => overOf(one, context));
  const milliseconds = quantile(
    estimated.map((one) => one.milliseconds),
    0.5,
  );
  return [
    name,
    String(rows),
    percent(median, 2),
    percent(mean, 2),
    percent(p90),
    percent(within10, 0),
    percent(overs.filter((over) => over < 0).length / rows),
    percent(meanOf(overs)),
    milliseconds.toFixed(0),
  ];
}

function comparisonRows({ set, estimated, contextBytes }: SetResult): string[][] {
  const names = [...new Set(estimated.flatMap(({ others }) => Object.keys(others)))];
  const ours = scoreOf(estimated.map((one) => errorOf(one, contextBytes)));
  const theirs = names.map((name) => {
    const pairs = estimated.flatMap(({ others, row }) => {
      const bytes = others[name];
      return bytes ? [[bytes, row.measuredBytes] as const] : [];
    });
    const context = set === 'xMem' ? 0 : fitContext(pairs);
    return { name, score: scoreOf(pairs.map(([bytes, measured]) => (bytes + context) / measured - 1)) };
  });
  return [{ name: 'layergauge', score: ours }, ...theirs].map(({ name, score }) => [
    `${set}: ${name}`,
    String(score.rows),
    percent(score.median, 2),
    percent(score.p90),
    percent(score.within10, 0),
  ]);
}

const results: SetResult[] = [];
for (const set of SET_NAMES) {
  console.error(`${set} …`);
  results.push(await run(set));
}
const all = results.flatMap(({ estimated, contextBytes }) => estimated.map((one) => ({ one, contextBytes })));
const contexts = new Map(all.map(({ one, contextBytes }) => [one, contextBytes]));
const contextOf = (one: Estimated): number => contexts.get(one) ?? 0;

publish(
  'accuracy',
  'accuracy',
  table(
    ['rows', 'n', 'median', 'mean', 'p90', 'within 10 %', 'under upper', 'over-request', 'ms'],
    results.flatMap(({ set, estimated, contextBytes }) => {
      const classes = [...new Set(estimated.map(({ modelClass }) => modelClass))];
      const parts = classes.map((modelClass) =>
        accuracyRow(
          `  ${modelClass}`,
          estimated.filter((one) => one.modelClass === modelClass),
          contextBytes,
        ),
      );
      return [accuracyRow(set, estimated, contextBytes), ...(classes.length > 1 ? parts : [])];
    }),
  ),
);
publish('accuracy', 'comparison', table(['who', 'n', 'median', 'p90', 'within 10 %'], results.flatMap(comparisonRows)));
publish(
  'accuracy',
  'constants',
  table(
    ['testbed', 'rows used', 'rows left out', 'CUDA context, MiB'],
    results.map(({ set, estimated, unused, contextBytes }) => [
      set,
      String(estimated.length),
      String(unused),
      set === 'xMem' ? 'not measured' : String(contextBytes / MiB),
    ]),
  ),
);

const margins = shortfalls(
  all.map(({ one }) => one),
  contextOf,
);
const shares = margins.map(({ share }) => share);
const leftOut = shares.map((_, out) =>
  quantile(
    shares.filter((_, index) => index !== out),
    MARGIN_QUANTILE,
  ),
);
publish(
  'accuracy',
  'margin',
  table(
    ['what', 'share of expected'],
    [
      ...[0.9, 0.95, MARGIN_QUANTILE, 0.98].map((share) => [
        `${share} quantile over ${shares.length} models`,
        quantile(shares, share).toFixed(4),
      ]),
      [
        `${MARGIN_QUANTILE} quantile, each model left out in turn`,
        `${Math.min(...leftOut).toFixed(4)} to ${Math.max(...leftOut).toFixed(4)}`,
      ],
      ['in use (REQUEST_MARGIN)', String(REQUEST_MARGIN)],
      ...margins.slice(0, 8).map(({ model, share }) => [`  ${model}`, share.toFixed(4)]),
    ],
  ),
);

const described = ({ row: { model, batch } }: Estimated): string => `${model}, batch ${batch}`;
const worst = [...all].sort(
  (a, b) => Math.abs(errorOf(b.one, b.contextBytes)) - Math.abs(errorOf(a.one, a.contextBytes)),
);
const rowOf = ({ one, contextBytes }: (typeof all)[number]): string[] => [
  described(one),
  (one.row.measuredBytes / MiB).toFixed(0),
  signed(errorOf(one, contextBytes)),
  signed(overOf(one, contextBytes)),
  explain(one, contextBytes),
];
const headings = ['row', 'measured, MiB', 'expected', 'upper', 'component'];
publish('accuracy', 'worst', table(headings, worst.slice(0, WORST).map(rowOf)));
publish(
  'accuracy',
  'under',
  table(headings, worst.filter(({ one, contextBytes }) => overOf(one, contextBytes) < 0).map(rowOf)),
);
