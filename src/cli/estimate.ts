import { basename } from 'node:path';
import { sizeModel } from '../admission/size.js';
import type { Sized, SizingOptions } from '../admission/size.js';
import { onEveryFamily, OptionError, readTrainingOptions, TRAINING_OPTIONS } from '../estimate/index.js';
import type { SetupRequest } from '../estimate/index.js';
import { findGpu, suggestGpus } from '../placement/find.js';
import { readOptions } from './arguments.js';
import { complain, EXIT, InputError, UsageError } from './errors.js';
import { asInputError, loadGraph } from './load.js';
import { Progress } from './progress.js';
import { jsonReport } from './report-json.js';
import { tableReport } from './report-table.js';

const MiB = 1024 * 1024;

interface Request {
  readonly files: readonly string[];
  readonly json: boolean;
  readonly setup: SetupRequest;
  readonly sizing: SizingOptions;
}

/** `layergauge estimate FILE…`: a file that cannot be read does not keep the others from being estimated. */
export async function estimateCommand(argv: readonly string[], print: (line: string) => void): Promise<number> {
  const request = readArguments(argv);
  const progress = new Progress();
  let code: number = EXIT.ok;
  for (const file of request.files) {
    progress.start(`estimating ${file}`);
    try {
      const sized = sizeModel(await loadGraph(file), request.setup, request.sizing);
      progress.stop();
      printSized(sized, { file, request, print });
    } catch (cause) {
      progress.stop();
      const error = asInputError(file, cause);
      if (!(error instanceof InputError)) throw error;
      code = EXIT.input;
      if (request.json) print(JSON.stringify({ file, error: { code: error.code, message: error.message } }));
      else complain(error);
    }
  }
  return code;
}

function printSized(
  sized: Sized,
  { file, request, print }: { file: string; request: Request; print: (line: string) => void },
): void {
  const name = basename(file);
  if (!request.json) {
    for (const line of tableReport(sized, name)) print(line);
    if (request.files.length > 1) print('');
    return;
  }
  const report = jsonReport(sized, name);
  print(request.files.length > 1 ? JSON.stringify({ file, ...report }) : JSON.stringify(report, null, 2));
}

function readArguments(argv: readonly string[]): Request {
  const { values, positionals } = parse(argv);
  if (positionals.length === 0) throw new UsageError('estimate needs a file: layergauge estimate model.onnx');
  try {
    return {
      files: positionals,
      json: values['json'] === true,
      setup: readTrainingOptions(texts(values), 'option'),
      sizing: sizingOptions(values),
    };
  } catch (error) {
    throw error instanceof OptionError ? new UsageError(`--${error.message}`) : error;
  }
}

type Values = Readonly<Record<string, string | boolean | undefined>>;

function parse(argv: readonly string[]): { values: Values; positionals: string[] } {
  const training = Object.fromEntries(TRAINING_OPTIONS.map(({ name }) => [name, { type: 'string' } as const]));
  return readOptions(argv, {
    ...training,
    json: { type: 'boolean' },
    'as-is': { type: 'boolean' },
    gpu: { type: 'string' },
    'context-mib': { type: 'string' },
    threshold: { type: 'string' },
    'target-step-time': { type: 'string' },
  });
}

function texts(values: Values): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, typeof value === 'string' ? value : undefined]),
  );
}

function sizingOptions(values: Values): SizingOptions {
  const given = texts(values);
  const gpu = given['gpu'] === undefined ? undefined : gpuNamed(given['gpu']);
  const contextMiB = amount(given, 'context-mib', { units: { MiB: 1 }, min: 0, max: 1e6 });
  const threshold = amount(given, 'threshold', { units: {}, min: 0, max: 1 });
  const seconds = amount(given, 'target-step-time', { units: { s: 1, ms: 1e-3 }, min: 1e-6, max: 1e6 });
  return {
    asIs: values['as-is'] === true,
    ...(gpu && { gpu }),
    ...(contextMiB !== undefined && { contexts: onEveryFamily(Math.round(contextMiB * MiB)) }),
    ...(threshold !== undefined && { threshold }),
    ...(seconds !== undefined && { targetStepSeconds: seconds }),
  };
}

interface Range {
  /** What each suffix multiplies by; a bare number is in the option's own unit. */
  readonly units: Readonly<Record<string, number>>;
  readonly min: number;
  readonly max: number;
}

/** A number, with its unit or without: `120ms`, `0.12s` and `0.12` are one target step time. */
function amount(given: Readonly<Record<string, string | undefined>>, name: string, range: Range): number | undefined {
  const text = given[name];
  if (text === undefined) return undefined;
  const [, digits, unit = ''] = /^(\d+(?:\.\d+)?)\s*([A-Za-z]*)$/.exec(text.trim()) ?? [];
  const value = Number(digits ?? NaN) * (unit === '' ? 1 : (range.units[unit] ?? NaN));
  if (value >= range.min && value <= range.max) return value;
  const units = Object.keys(range.units).join(' or ');
  const inUnits = units === '' ? '' : ` (in ${units})`;
  throw new UsageError(`--${name} "${text.slice(0, 32)}" is not a number from ${range.min} to ${range.max}${inUnits}`);
}

function gpuNamed(name: string): NonNullable<SizingOptions['gpu']> {
  const gpu = findGpu(name);
  if (gpu) return gpu;
  throw new UsageError(
    `--gpu "${name.slice(0, 64)}" is not in the catalogue; near it: ${suggestGpus(name).join(', ')}`,
  );
}
