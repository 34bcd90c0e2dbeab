import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { TRAINING_OPTIONS } from '../../src/estimate/index.js';
import { commandLine } from '../helpers/command-line.js';

const FIXTURES = join(import.meta.dirname, '../fixtures');
const RESNET = join(FIXTURES, 'onnx/resnet50-training.onnx');
const FOLDED = join(FIXTURES, 'onnx/resnet50-folded.onnx');
const TRANSFORMER = join(FIXTURES, 'onnx/transformer-native.onnx');
const CAFFE = join(FIXTURES, 'caffe/train_v2.prototxt');
const folder = mkdtempSync(join(tmpdir(), 'layergauge-'));

interface Report {
  readonly file?: string;
  readonly error?: { readonly code: string; readonly message: string };
  readonly model: { readonly name: string; readonly format: string; readonly parameters: number };
  readonly setup: Readonly<Record<string, { readonly value: unknown; readonly from: string }>>;
  readonly memory: {
    readonly expectedBytes: number;
    readonly upperBytes: number;
    readonly headroom: Readonly<Record<string, number>>;
    readonly breakdown: Readonly<Record<string, number>>;
  };
  readonly compute: Readonly<Record<string, unknown>> & { readonly stepSeconds: number };
  readonly layers: readonly { readonly id: string; readonly memoryBytes: number; readonly dominant: boolean }[];
  readonly assumptions: readonly string[];
}

async function report(...argv: string[]): Promise<Report> {
  const { code, stdout } = await commandLine('estimate', '--json', ...argv);
  expect(code).toBe(0);
  return JSON.parse(stdout.join('\n')) as Report;
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

describe('--json', () => {
  test('has the fields that scripts read, and no others', async () => {
    const found = await report(RESNET);
    expect(Object.keys(found)).toEqual([
      'model',
      'setup',
      'memory',
      'compute',
      'layers',
      'unknownOps',
      'assumptions',
      'confidence',
      'version',
    ]);
    expect(Object.keys(found.model)).toEqual(['name', 'format', 'parameters', 'trainableParameters', 'structureHash']);
    expect(Object.keys(found.memory)).toEqual([
      'expectedBytes',
      'upperBytes',
      'peakAt',
      'breakdown',
      'headroom',
      'contextSource',
    ]);
    expect(Object.keys(found.compute)).toEqual([
      'forwardFlops',
      'trainingFlops',
      'gpu',
      'stepSeconds',
      'smShare',
      'threshold',
      'requiredFlopsPerSecond',
    ]);
    expect(Object.keys(found.layers[0] ?? {})).toEqual([
      'id',
      'type',
      'scope',
      'upstream',
      'downstream',
      'attributes',
      'memoryBytes',
      'forwardFlops',
      'stepShare',
      'dominant',
    ]);
  });

  test('ResNet-50 has the 25,557,032 parameters torchvision publishes', async () => {
    const { model } = await report(RESNET);
    expect(model).toMatchObject({ name: 'resnet50', format: 'onnx', parameters: 25_557_032 });
  });

  test.each([
    ['a convolutional net', [RESNET, '--batch-size', '8']],
    ['with the training graph restored', [FOLDED, '--batch-size', '8', '--precision', 'amp-fp16']],
    ['a transformer', [TRANSFORMER, '--optimizer', 'adamw', '--precision', 'bf16']],
    ['a net with its own loss', [CAFFE]],
  ])('the breakdown and the layers each sum to the expected bytes: %s', async (_, argv) => {
    const { memory, layers } = await report(...argv);
    expect(sum(Object.values(memory.breakdown))).toBe(memory.expectedBytes);
    expect(sum(layers.map(({ memoryBytes }) => memoryBytes))).toBe(memory.expectedBytes);
    expect(memory.expectedBytes + sum(Object.values(memory.headroom))).toBe(memory.upperBytes);
  });

  test('several files give a line each, an unreadable one among them', async () => {
    const missing = join(folder, 'missing.onnx');
    const text = join(folder, 'notes.txt');
    writeFileSync(text, 'not a model\n');
    const { code, stdout, stderr } = await commandLine('estimate', '--json', RESNET, missing, text, CAFFE);
    expect(code).toBe(1);
    expect(stderr).toBe('');
    const lines = stdout.map((line) => JSON.parse(line) as Report);
    expect(lines.map(({ file }) => file)).toEqual([RESNET, missing, text, CAFFE]);
    expect(lines.map(({ error }) => error?.code)).toEqual([undefined, 'ENOENT', 'UNKNOWN_FORMAT', undefined]);
    expect(lines[1]?.error?.message).toBe(`${missing}: no such file or directory`);
  });
});

describe('training options', () => {
  test('every option of the annotations is an option here', async () => {
    const help = (await commandLine('--help')).stdout.join('\n');
    expect(TRAINING_OPTIONS.map(({ name }) => name)).toEqual([
      'batch-size',
      'sequence-length',
      'input-shape',
      'optimizer',
      'optimizer-implementation',
      'weight-decay',
      'gradient-accumulation',
      'gradient-checkpointing',
      'precision',
      'loss',
      'framework',
      'allocator',
    ]);
    for (const { name } of TRAINING_OPTIONS) expect(help).toContain(`--${name} `);
  });

  test('each value says where it came from', async () => {
    const { setup } = await report(RESNET, '--batch-size', '4', '--optimizer', 'sgd');
    expect(setup).toMatchObject({
      batchSize: { value: 4, from: 'option' },
      optimizer: { value: 'sgd', from: 'option' },
      precision: { value: 'fp32', from: 'default' },
      loss: { value: 'cross-entropy', from: 'default' },
    });
    expect((await report(CAFFE)).setup['batchSize']).toEqual({ value: 16, from: 'file' });
  });

  test.each([
    ['--batch-size', '0', '--batch-size "0" is not a whole number from 1 to 999999999'],
    ['--batch-size', '1e3', '--batch-size "1e3" is not a whole number from 1 to 999999999'],
    ['--optimizer', 'adamW', '--optimizer "adamW" is not a known optimizer; did you mean "adamw"?'],
    [
      '--precision',
      'fp16',
      '--precision "fp16" is not one of fp32, bf16, amp-fp16, amp-bf16; did you mean "amp-fp16"?',
    ],
    ['--loss', 'huber', '--loss "huber" is not one of cross-entropy, next-token, mse, none'],
    [
      '--input-shape',
      '3x224x',
      '--input-shape "3x224x" is not dims separated by x, e.g. 3x224x224, or NAME=3x224x224;NAME=…',
    ],
    ['--threshold', '2', '--threshold "2" is not a number from 0 to 1'],
    ['--context-mib', 'much', '--context-mib "much" is not a number from 0 to 1000000 (in MiB)'],
    ['--target-step-time', '5min', '--target-step-time "5min" is not a number from 0.000001 to 1000000 (in s or ms)'],
  ])('%s %s is refused', async (option, value, message) => {
    const { code, stderr, stdout } = await commandLine('estimate', RESNET, option, value);
    expect({ code, stderr, stdout }).toEqual({ code: 2, stderr: `layergauge: ${message}\n`, stdout: [] });
  });

  test('a GPU that is not in the catalogue is refused with those that sound like it', async () => {
    const { code, stderr } = await commandLine('estimate', RESNET, '--gpu', 'A100-80');
    expect(code).toBe(2);
    expect(stderr).toMatch(/^layergauge: --gpu "A100-80" is not in the catalogue; near it: NVIDIA-A100/);
  });
});

describe('options of the estimate', () => {
  test('--context-mib replaces the context, and nothing is added to it in the request', async () => {
    const own = await report(RESNET, '--context-mib', '300', '--gpu', 'a100-80gb');
    const table = await report(RESNET, '--gpu', 'a100-80gb');
    const { breakdown, expectedBytes } = own.memory;
    expect(breakdown['contextBytes']).toBe(300 * 1024 * 1024);
    expect(expectedBytes - 300 * 1024 * 1024).toBe(
      table.memory.expectedBytes - (table.memory.breakdown['contextBytes'] ?? 0),
    );
  });

  test('--as-is takes a folded export for what it says', async () => {
    const restored = await report(FOLDED, '--batch-size', '32');
    const asIs = await report(FOLDED, '--batch-size', '32', '--as-is');
    expect(asIs.memory.expectedBytes).toBeLessThan(0.75 * restored.memory.expectedBytes);
    expect(restored.assumptions.join('\n')).toContain('batch-norm unfolded');
    expect(asIs.assumptions.join('\n')).not.toContain('batch-norm');
  });

  test('a lower threshold selects more layers', async () => {
    const dominant = async (threshold: string): Promise<number> =>
      (await report(RESNET, '--threshold', threshold)).layers.filter((layer) => layer.dominant).length;
    // The 3x3 convolutions of all 16 blocks do the same work, and the most.
    expect(await dominant('1')).toBe(16);
    expect(await dominant('0.1')).toBeGreaterThan(await dominant('0.5'));
  });

  test('a target below what the other layers take has no compute amount that meets it', async () => {
    const argv = [RESNET, '--gpu', 'h100-80gb-hbm3', '--threshold', '0.5'];
    const free = await report(...argv);
    const fast = await report(...argv, '--target-step-time', String(free.compute.stepSeconds * 0.9));
    const impossible = await report(...argv, '--target-step-time', '1ms');
    expect(fast.compute['requiredFlopsPerSecond']).toBeGreaterThan(Number(free.compute['requiredFlopsPerSecond']));
    expect(impossible.compute['requiredFlopsPerSecond']).toBeNull();
    const { stdout } = await commandLine('estimate', ...argv, '--target-step-time', '1ms');
    expect(stdout.join('\n')).toContain('need more time: the other layers take all of the target');
  });
});

describe('the table', () => {
  test('shows layers by module, the bracketed rows, the breakdown, the plot and the GPUs that fit', async () => {
    const argv = ['--batch-size', '64', '--optimizer', 'sgd', '--precision', 'fp32', '--input-shape', '3x224x224'];
    const { code, stdout } = await commandLine('estimate', RESNET, ...argv, '--allocator', 'native');
    const text = stdout.join('\n');
    expect(code).toBe(0);
    expect(stdout[0]).toBe('resnet50: onnx, 25.6 M parameters, 25.6 M trainable');
    expect(stdout[1]).toBe('batch 64 (option), sgd (option), fp32 (option), loss cross-entropy (default)');
    expect(stdout[2]).toBe('input-shape 3x224x224 (option), allocator native (option)');
    for (const row of ['layer3.5', '(loss)', '(optimizer)', '(allocator)', '(workspace)', '(context)']) {
      expect(stdout.some((line) => line.startsWith(`${row} `))).toBe(true);
    }
    for (const part of [
      'memory   expected',
      'fragmentation',
      '└ forward',
      'NVIDIA-H200',
      'confidence high',
      'eager modules',
    ]) {
      expect(text).toContain(part);
    }
  });

  test('no line is wider than a terminal of 120 columns', async () => {
    for (const file of [RESNET, TRANSFORMER, CAFFE]) {
      const { stdout } = await commandLine('estimate', file);
      expect(Math.max(...stdout.filter((line) => !line.startsWith('  - ')).map(({ length }) => length))).toBeLessThan(
        121,
      );
    }
  });

  test('a model larger than every GPU says so', async () => {
    const { stdout } = await commandLine('estimate', RESNET, '--batch-size', '100000');
    expect(stdout.join('\n')).toContain('fits     no single GPU of the catalogue (the largest, NVIDIA-B200, has');
  });

  test('a file that cannot be read is one line, and the others are still estimated', async () => {
    const missing = join(folder, 'missing.onnx');
    const { code, stdout, stderr } = await commandLine('estimate', missing, CAFFE);
    expect(code).toBe(1);
    expect(stderr).toBe(`layergauge: ${missing}: no such file or directory\n`);
    expect(stdout.join('\n')).toContain('memory   expected');
  });
});
