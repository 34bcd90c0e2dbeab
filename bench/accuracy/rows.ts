/** Measured rows as the tables of `shared/ground-truth` state them; its README says what was measured and how. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SetupRequest } from '../../src/estimate/index.js';
import { readTrainingOptions } from '../../src/estimate/index.js';
import { readCsv } from './csv.js';

const MiB = 1024 * 1024;

export type SetName = 'xMem' | 'timm' | 'MLP';

export interface MeasuredRow {
  readonly set: SetName;
  readonly model: string;
  readonly batch: number;
  /** The structure file. */
  readonly file: string;
  readonly setup: SetupRequest;
  /** A product of the catalogue of the family that was measured on. */
  readonly gpu: string;
  readonly measuredBytes: number;
  /** What other tools answered, in bytes. */
  readonly others: Readonly<Record<string, number>>;
}

type Fields = Readonly<Record<string, string>>;

interface SetSpec {
  readonly table: string;
  /** False for rows that say nothing about an estimate; the reason is in docs/accuracy.md. */
  readonly isUsed: (row: Fields) => boolean;
  readonly row: (row: Fields) => Omit<MeasuredRow, 'set' | 'file' | 'batch' | 'setup'>;
  /** Training options by their names. */
  readonly options: (row: Fields) => Readonly<Record<string, string>>;
}

const A100 = 'NVIDIA-A100-SXM4-40GB';

/** The GeForce cards of xMem by the card of the catalogue that has their family. */
const GPUS: Readonly<Record<string, string>> = { '3060': 'NVIDIA-A10', '4060': 'NVIDIA-L4', 'A100-40': A100 };

const OPTIMIZERS: Readonly<Record<string, string>> = {
  SGD: 'sgd',
  Adam: 'adam',
  AdamW: 'adamw',
  RMSprop: 'rmsprop',
  Adagrad: 'adagrad',
};

const SETS: Readonly<Record<SetName, SetSpec>> = {
  xMem: {
    table: 'xmem.csv',
    isUsed: ({ model = '' }) => !/t5/i.test(model),
    options: ({ optimizer = '' }) => ({ optimizer: OPTIMIZERS[optimizer] ?? optimizer }),
    row: (row) => ({
      model: row['model'] ?? '',
      gpu: GPUS[row['gpu'] ?? ''] ?? A100,
      measuredBytes: Number(row['measured_bytes']),
      others: { xMem: Number(row['xmem_bytes']), DNNMem: Number(row['dnnmem_bytes']) },
    }),
  },
  timm: {
    table: 'timm.csv',
    isUsed: (row) => row['likely_censored_by_python_sim'] === 'no',
    options: () => ({ optimizer: 'sgd-nesterov', 'weight-decay': '1e-4' }),
    row: (row) => ({
      model: row['model'] ?? '',
      gpu: A100,
      measuredBytes: Number(row['measured_mib']) * MiB,
      others: { FakeTensor: Number(row['faketensor_mib']) * MiB },
    }),
  },
  MLP: {
    table: 'mlp.csv',
    isUsed: () => true,
    options: () => ({ optimizer: 'adam' }),
    row: (row) => ({
      model: `mlp ${row['index'] ?? ''}`,
      gpu: A100,
      measuredBytes: Number(row['measured_mib']) * MiB,
      others: {},
    }),
  },
};

export const SET_NAMES = Object.keys(SETS) as SetName[];

/** The rows of a set that are used, and how many are not. */
export function readRows(folder: string, set: SetName): { rows: MeasuredRow[]; unused: number } {
  const { table, isUsed, options, row } = SETS[set];
  const all = readCsv(readFileSync(join(folder, table), 'utf8'));
  const rows = all.filter(isUsed).map((fields) => {
    const batch = Number(fields['batch']);
    const texts = {
      'batch-size': String(batch),
      ...options(fields),
      precision: 'fp32',
      ...(fields['seq'] ? { 'sequence-length': fields['seq'] } : {}),
      ...(fields['input'] && set !== 'MLP' ? { 'input-shape': fields['input'] } : {}),
    };
    const setup = readTrainingOptions(texts, 'option');
    return { set, batch, file: join(folder, fields['file'] ?? ''), setup, ...row(fields) };
  });
  return { rows, unused: all.length - rows.length };
}
