import { ALLOCATORS } from './allocators.js';
import { FRAMEWORKS } from './frameworks.js';
import { LOSSES } from './losses.js';
import { IMPLEMENTATIONS } from './optimizer-parts.js';
import { OPTIMIZERS } from './optimizers.js';
import { PRECISIONS } from './precisions.js';
import { CHECKPOINTING } from './segments.js';
import type { From, SetupRequest, TrainingSetup } from './setup.js';

/** A training option by its one name: the annotation's and the command line's. */
export interface TrainingOption {
  readonly name: string;
  readonly key: keyof SetupRequest;
  readonly placeholder: string;
  readonly description: string;
  /** The value, or undefined where the text is not one. */
  readonly parse: (text: string) => unknown;
  /** What is allowed, for the error message. */
  readonly allowed: string;
  /** Spellings to suggest from. */
  readonly choices: readonly string[];
}

/** More than a warning on a pod has room for; the documentation lists them. */
const MAX_LISTED = 8;

function choice(
  name: string,
  key: keyof SetupRequest,
  table: Readonly<Record<string, unknown>>,
  description: string,
): TrainingOption {
  const choices = Object.keys(table);
  return {
    name,
    key,
    placeholder: choices.join('|'),
    description,
    parse: (text) => (choices.includes(text) ? text : undefined),
    allowed: choices.length > MAX_LISTED ? `a known ${name}` : `one of ${choices.join(', ')}`,
    choices,
  };
}

function count(name: string, key: keyof SetupRequest, description: string): TrainingOption {
  return {
    name,
    key,
    placeholder: 'N',
    description,
    parse: (text) => (/^[1-9]\d{0,8}$/.test(text) ? Number(text) : undefined),
    allowed: 'a whole number from 1 to 999999999',
    choices: [],
  };
}

/** `3x224x224`, `32,3,224,224`, and with several inputs `NAME=8x512;NAME=8x512`. */
export function parseInputShapes(text: string): Readonly<Record<string, readonly number[]>> | undefined {
  const shapes: Record<string, readonly number[]> = {};
  for (const part of text.split(';')) {
    const at = part.lastIndexOf('=');
    const dims = part.slice(at + 1).trim();
    const name = part.slice(0, Math.max(0, at)).trim();
    if (!/^[1-9]\d{0,8}([x,][1-9]\d{0,8}){0,15}$/.test(dims) || Object.hasOwn(shapes, name)) return undefined;
    shapes[name] = dims.split(/[x,]/).map(Number);
  }
  return shapes;
}

export const TRAINING_OPTIONS: readonly TrainingOption[] = [
  count('batch-size', 'batchSize', 'samples per step on one GPU'),
  count('sequence-length', 'sequenceLength', 'tokens per sample, where the model takes sequences'),
  {
    name: 'input-shape',
    key: 'inputShapes',
    placeholder: 'SHAPE',
    description: 'input dims, with or without the batch: 3x224x224, or NAME=SHAPE;NAME=SHAPE',
    parse: parseInputShapes,
    allowed: 'dims separated by x, e.g. 3x224x224, or NAME=3x224x224;NAME=…',
    choices: [],
  },
  choice('optimizer', 'optimizer', OPTIMIZERS, 'optimizer'),
  choice(
    'optimizer-implementation',
    'optimizerImplementation',
    IMPLEMENTATIONS,
    'how a step runs, where the optimizer has the choice; without it the class decides',
  ),
  {
    name: 'weight-decay',
    key: 'weightDecay',
    placeholder: 'X',
    description: "the optimizer's weight_decay: above 0 some need a list of gradients for it",
    parse: (text) => (/^\d{1,9}(\.\d{1,15})?(e-?\d{1,2})?$/i.test(text) ? Number(text) : undefined),
    allowed: 'a number of 0 or more, e.g. 1e-4',
    choices: [],
  },
  count('gradient-accumulation', 'gradientAccumulation', 'batches whose gradients are added up before each step'),
  choice('gradient-checkpointing', 'gradientCheckpointing', CHECKPOINTING, 'what is computed again in backward'),
  choice('precision', 'precision', PRECISIONS, 'number format of training'),
  choice('loss', 'loss', LOSSES, 'loss added where the graph has none; a causal language model has next-token'),
  choice('framework', 'framework', FRAMEWORKS, 'what trains the model; the report says which variables it needs'),
  choice('allocator', 'allocator', ALLOCATORS, 'how memory is taken from the device; without it the framework decides'),
];

/** A value that is not one; its message names the option, the value and what is allowed. */
export class OptionError extends Error {
  override readonly name = 'OptionError';
}

/** Reads what is given; `from` is who gave it. */
export function readTrainingOptions(given: Readonly<Record<string, string | undefined>>, from: From): SetupRequest {
  const request: Record<string, unknown> = {};
  for (const option of TRAINING_OPTIONS) {
    const text = given[option.name];
    if (text === undefined) continue;
    const value = option.parse(text.trim());
    if (value === undefined) throw new OptionError(invalidValue(option, text));
    request[option.key] = { value, from };
  }
  return request;
}

/** What every report says, whoever chose it. */
export const ALWAYS_SAID: readonly (keyof SetupRequest)[] = ['batchSize', 'optimizer', 'precision', 'loss'];

/** The other options, where somebody stated them. */
export function statedBesides(setup: TrainingSetup): TrainingOption[] {
  return TRAINING_OPTIONS.filter(({ key }) => !ALWAYS_SAID.includes(key) && setup[key].from !== 'default');
}

function invalidValue(option: TrainingOption, text: string): string {
  const nearest = nearestOf(text, option.choices);
  const hint = nearest === undefined ? '' : `; did you mean "${nearest}"?`;
  return `${option.name} "${text.slice(0, 64)}" is not ${option.allowed}${hint}`;
}

/** The one choice that contains the text, else the one within two edits of it. */
export function nearestOf(text: string, choices: readonly string[]): string | undefined {
  const containing = choices.filter((name) => text.length > 2 && name.includes(text.toLowerCase()));
  if (containing.length === 1) return containing[0];
  const scored = choices.map((name) => ({ name, distance: editDistance(text.toLowerCase().slice(0, 64), name) }));
  const best = scored.sort((a, b) => a.distance - b.distance)[0];
  return best && best.distance <= 2 ? best.name : undefined;
}

/** Optimal string alignment, one row at a time: Levenshtein's distance, where two letters in the wrong order are one slip. */
function editDistance(a: string, b: string): number {
  const at = (row: readonly number[], index: number): number => row[index] ?? 0;
  const swapped = (i: number, j: number): boolean => i > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substituted = at(row, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const turned = swapped(i, j) ? at(before, j - 2) + 1 : Infinity;
      next[j] = Math.min(at(row, j) + 1, at(next, j - 1) + 1, substituted, turned);
    }
    [before, row] = [row, next];
  }
  return at(row, b.length);
}
