import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { sizeModel } from '../../src/admission/size.js';
import type { Sized, SizingOptions } from '../../src/admission/size.js';
import type { OptimizerName, PrecisionName, SetupRequest } from '../../src/estimate/index.js';
import { bytesSource, FormatError, parseStructure } from '../../src/formats/index.js';
import { buildGraph } from '../../src/graph/index.js';
import type { Graph } from '../../src/graph/index.js';
import { net } from '../helpers/graphs.js';

const FOLDER = join('test', 'fixtures', 'onnx');
const graphs = new Map<string, Graph>();

beforeAll(async () => {
  const names = ['training', 'folded', 'folded-dynamo', 'folded-unnamed'].map((style) => `resnet50-${style}`);
  for (const name of [...names, 'transformer-native', 'transformer-decomposed']) {
    const bytes = new Uint8Array(readFileSync(join(FOLDER, `${name}.onnx`)));
    graphs.set(name, await parseStructure(bytesSource(bytes, name)));
  }
});

interface Setup {
  readonly batch: number;
  readonly precision?: PrecisionName;
  readonly optimizer?: OptimizerName;
  readonly sequence?: number;
}

function request({ batch, precision = 'fp32', optimizer = 'adamw', sequence }: Setup): SetupRequest {
  const option = <T>(value: T): { value: T; from: 'option' } => ({ value, from: 'option' });
  return {
    batchSize: option(batch),
    precision: option(precision),
    optimizer: option(optimizer),
    ...(sequence !== undefined && { sequenceLength: option(sequence) }),
  };
}

function size(name: string, setup: Setup, options: SizingOptions = {}): Sized {
  const graph = graphs.get(name);
  if (!graph) throw new Error(`no fixture ${name}`);
  return sizeModel(graph, request(setup), options);
}

const known = new Map<string, number>();

/** The expected bytes, worked out once for each setup. */
function bytes(name: string, setup: Setup, options: SizingOptions = {}): number {
  const key = JSON.stringify([name, setup, options]);
  const value = known.get(key) ?? size(name, setup, options).estimate.memory.expectedBytes;
  known.set(key, value);
  return value;
}

/** How far one estimate is from another, as a share of the other. */
const distance = (value: number, from: number): number => Math.abs(value - from) / from;

const PRECISIONS: readonly PrecisionName[] = ['fp32', 'amp-fp16'];
const OPTIMIZERS: readonly OptimizerName[] = ['sgd', 'adamw'];
const FOLDED = ['resnet50-folded', 'resnet50-folded-dynamo', 'resnet50-folded-unnamed'];

describe('ResNet-50 as an inference export folds it', () => {
  const setups = PRECISIONS.flatMap((precision) =>
    OPTIMIZERS.flatMap((optimizer) => [1, 8, 32].map((batch) => ({ precision, optimizer, batch }))),
  );

  test.each(FOLDED)('%s takes what its training export takes, to 3 %%, whatever the setup', (name) => {
    const far = setups.filter((setup) => distance(bytes(name, setup), bytes('resnet50-training', setup)) > 0.03);
    expect(far).toEqual([]);
  });

  // He et al., 2015: 25.56 million parameters, of which 53,120 are the scale and shift of batch-norms.
  test.each(['resnet50-training', ...FOLDED])('%s has the 25,557,032 parameters of the published net', (name) => {
    expect(size(name, { batch: 8 }).estimate.parameters).toBe(25_557_032);
  });

  // Activations are most of it at this batch, and as exported half of them are missing.
  test.each(FOLDED)('%s as it is takes a third less at least', (name) => {
    const setup = { batch: 32 };
    expect(bytes(name, setup, { asIs: true })).toBeLessThan((2 / 3) * bytes('resnet50-training', setup));
  });

  test('and as it is nothing is assumed of batch-norm', () => {
    expect(size('resnet50-folded', { batch: 8 }, { asIs: true }).assumptions).toEqual([
      "cross-entropy loss on the graph's output",
    ]);
  });

  const TRACED = 'batch-norm unfolded behind the layers that the export folded it into (53x)';
  const ASSUMED =
    'batch-norm assumed behind biased convolutions (53x): a residual net this deep without any normalisation was ' +
    'probably exported with it folded in';
  test.each([
    ['resnet50-training', undefined],
    ['resnet50-folded', TRACED],
    ['resnet50-folded-dynamo', TRACED],
    ['resnet50-folded-unnamed', ASSUMED],
  ])('%s: the report says what was taken for granted of its 53 convolutions', (name, sentence) => {
    const stated = size(name, { batch: 8 }).assumptions.filter((assumption) => assumption.startsWith('batch-norm'));
    expect(stated).toEqual(sentence === undefined ? [] : [sentence]);
  });

  test('with a static batch says that another took its place, as it is too', () => {
    const sentence = 'batch 8 in place of the 1 the file was exported with';
    expect(size('resnet50-folded-dynamo', { batch: 8 }).assumptions).toContain(sentence);
    expect(size('resnet50-folded-dynamo', { batch: 8 }, { asIs: true }).assumptions).toContain(sentence);
    expect(size('resnet50-folded-dynamo', { batch: 1 }).assumptions.join()).not.toContain('in place of');
  });
});

describe('a transformer as an exporter without its operators writes it', () => {
  const setups = PRECISIONS.flatMap((precision) =>
    OPTIMIZERS.flatMap((optimizer) =>
      [128, 512].flatMap((sequence) => [4, 16].map((batch) => ({ precision, optimizer, sequence, batch }))),
    ),
  );

  test('takes what one with them takes, to 3 %, whatever the setup', () => {
    const far = setups.filter(
      (setup) => distance(bytes('transformer-decomposed', setup), bytes('transformer-native', setup)) > 0.03,
    );
    expect(far).toEqual([]);
  });

  test('and the report says what was restored, how often', () => {
    expect(size('transformer-decomposed', { batch: 4, sequence: 128 }).assumptions).toEqual([
      "cross-entropy loss on the graph's output",
      'GELU restored from its Erf decomposition (4x)',
      'LayerNormalization restored from its decomposition (9x)',
      'attention restored from MatMul, Softmax and MatMul (4x): scaled_dot_product_attention keeps no score matrix',
      'Linear restored from MatMul (24x)',
    ]);
  });

  // Each of 4 heads keeps its scores and probabilities, a square of the sequence: the more the longer it is.
  test('takes more as it is, and the more the longer the sequence', () => {
    const excess = (sequence: number): number => {
      const setup = { batch: 16, sequence };
      return bytes('transformer-decomposed', setup, { asIs: true }) / bytes('transformer-native', setup);
    };
    expect(excess(128)).toBeGreaterThan(1.1);
    expect(excess(512)).toBeGreaterThan(1.4);
  });
});

describe('what makes the estimate a lower bound', () => {
  const LOWER = "taken to keep its input's shape; the estimate is a lower bound";
  const assumptions = (types: readonly string[]): readonly string[] => {
    const layers = types.map((type, index) => [type, index === 0 ? 'x' : `t${index - 1}`, `t${index}`] as const);
    const graph = net({ inputs: { x: [8, 4] }, layers, outputs: [`t${types.length - 1}`] });
    return sizeModel(graph, request({ batch: 8 })).assumptions;
  };

  test('comes first: the most frequent unknown operators by name, then how many there are besides', () => {
    const types = Array.from({ length: 300 }, (_, index) => `Odd${index}`);
    expect(assumptions([...types, 'Odd7', 'Odd7', 'Odd290'])).toEqual([
      `unknown operator Odd7 (3x): ${LOWER}`,
      `unknown operator Odd290 (2x): ${LOWER}`,
      ...[0, 1, 2, 3, 4, 5, 6, 8].map((index) => `unknown operator Odd${index} (1x): ${LOWER}`),
      'and 290 more unknown operators (290x), taken likewise',
      "cross-entropy loss on the graph's output",
    ]);
  });

  test('is one line however long and wherever from a name is', () => {
    expect(assumptions([`a\nb${'c'.repeat(5000)}`])[0]).toBe(
      `unknown operator a\uFFFDb${'c'.repeat(61)} (1x): ${LOWER}`,
    );
  });

  test('names the layer, the channels and the groups of a convolution that cannot be', () => {
    const convolution = net({
      inputs: { x: [8, 6, 9, 9] },
      parameters: { w: [8, 2, 3, 3] },
      layers: [
        ['Conv', 'x w', 'conv1', { group: 4 }],
        ['Relu', 'conv1', 'y'],
      ],
      outputs: ['y'],
    });
    expect(sizeModel(convolution, request({ batch: 8 })).assumptions[0]).toBe(
      'no shape for layer "conv1" (6 channels do not divide into 4 groups): the estimate is a lower bound',
    );
  });
});

test('a report has a hundred sentences at most, none of them long', () => {
  const hints = { assumptions: Array.from({ length: 1000 }, (_, index) => `${index} ${'w'.repeat(4096)}`) };
  const graph = net({ inputs: { x: [8, 4] }, layers: [['Relu', 'x', 'y']], outputs: ['y'], hints });
  const { assumptions } = sizeModel(graph, request({ batch: 8 }));
  expect(assumptions).toHaveLength(101);
  expect(Math.max(...assumptions.map(({ length }) => length))).toBeLessThanOrEqual(400);
  expect(assumptions.at(-1)).toBe('and 901 more');
});

describe('what cannot be sized is a FormatError', () => {
  const failure = (graph: Graph, setup: Setup): { code: string; message: string } | undefined => {
    try {
      sizeModel(graph, request(setup));
      return undefined;
    } catch (error) {
      if (error instanceof FormatError) return { code: error.code, message: error.message };
      throw error;
    }
  };

  test('BATCH_FIXED, with the export that would help, where the batch is baked in', () => {
    const graph = net({
      inputs: { image: [2, 4] },
      constants: { parts: { shape: [2], value: [1, 1], dtype: 'int64' } },
      layers: [
        ['Split', 'image parts', 'first', { axis: 0 }],
        ['Relu', 'first', 'y'],
      ],
      outputs: ['y'],
    });
    expect(failure(buildGraph({ ...graph, format: 'onnx' }), { batch: 8 })).toEqual({
      code: 'BATCH_FIXED',
      message:
        'onnx: the batch of 2 is baked in and cannot become 8 (layer "first": parts of [1, 1] do not make 8); ' +
        "export again with a dynamic batch: torch.onnx.export(model, args, path, dynamic_shapes={'image': {0: 'batch'}})",
    });
    expect(failure(buildGraph({ ...graph, format: 'onnx' }), { batch: 2 })).toBeUndefined();
  });

  test('SHAPE_UNBOUND, where the request has another shape than the layers can take', () => {
    const graph = net({
      inputs: { x: [2, 4] },
      parameters: { w: [4, 3] },
      layers: [['MatMul', 'x w', 'y']],
      outputs: ['y'],
    });
    const shaped = (shape: readonly number[]) => () =>
      sizeModel(graph, { ...request({ batch: 2 }), inputShapes: { value: { '': shape }, from: 'option' } });
    expect(shaped([5])).toThrow(
      'test: input-shape gives input "x" 2x5, but the file says 2x4; no shape for layer "y" (MatMul of [2, 5] and [4, 3])',
    );
    expect(shaped([4])().shortcomings).toEqual([]);
  });

  test('and no error where the layer has no shape in the sizes of the file either', () => {
    const graph = net({
      inputs: { x: [2, 4], z: [2, 3] },
      layers: [
        ['Add', 'x z', 'y'],
        ['Relu', 'x', 'r'],
      ],
      outputs: ['r'],
    });
    const sized = sizeModel(graph, { ...request({ batch: 2 }), inputShapes: { value: { x: [5] }, from: 'option' } });
    expect(sized.shortcomings).toHaveLength(1);
  });

  // A weight of 2^50 float32 elements takes 2^52 bytes, and its gradient and AdamW's states as much each.
  test('LIMIT_EXCEEDED, where the bytes are more than can be counted exactly', () => {
    const rows = (count: number): Graph =>
      net({ inputs: { x: [8, 1] }, parameters: { w: [1, count] }, layers: [['MatMul', 'x w', 'y']], outputs: ['y'] });
    expect(failure(rows(2 ** 50), { batch: 8 })).toEqual({
      code: 'LIMIT_EXCEEDED',
      message: 'test: the model is larger than can be counted',
    });
  });

  // 2 x 2^13 x 2^13 x 2^13 x 2^16 FLOPs are 2^56, of tensors that take 2^43 bytes at most.
  test('and no error where only the FLOPs are: a giant batch has them', () => {
    const graph = net({
      inputs: { x: [2 ** 16, 2 ** 13, 2 ** 13] },
      parameters: { w: [2 ** 13, 2 ** 13] },
      layers: [['MatMul', 'x w', 'y']],
      outputs: ['y'],
    });
    const { estimate } = sizeModel(graph, request({ batch: 2 ** 16 }));
    expect(estimate.compute.forwardFlops).toBe(2 ** 56);
    expect(failure(graph, { batch: 2 ** 16 })).toBeUndefined();
  });

  test('SHAPE_UNBOUND, with the option that would help, where an input has no shape', () => {
    const graph = net({ inputs: { x: [4] }, layers: [['Relu', 'x', 'y']], outputs: ['y'] });
    const tensors = new Map(graph.tensors).set('x', {
      id: 'x',
      dtype: 'float32',
      shape: undefined,
      storage: 'x',
      role: 'input',
    });
    expect(failure(buildGraph({ ...graph, tensors }), { batch: 8 })).toEqual({
      code: 'SHAPE_UNBOUND',
      message: 'test: input "x" has no shape in the file: give --input-shape x=…',
    });
  });
});
