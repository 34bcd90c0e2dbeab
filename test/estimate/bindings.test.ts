import { describe, expect, test } from '@jest/globals';
import { resolveSetup } from '../../src/estimate/bindings.js';
import type { SetupRequest } from '../../src/estimate/setup.js';
import { UnboundError } from '../../src/estimate/unbound.js';
import { parseDim } from '../../src/graph/index.js';
import type { Dim, Graph, TrainingHints } from '../../src/graph/index.js';
import { net } from '../helpers/graphs.js';

function graph(inputs: Readonly<Record<string, string>>, hints?: TrainingHints): Graph {
  const dims = (text: string): Dim[] => text.split(' ').map((dim) => parseDim(dim));
  const [first = ''] = Object.keys(inputs);
  return net({
    inputs: Object.fromEntries(Object.entries(inputs).map(([name, text]) => [name, dims(text)])),
    layers: [['Relu', first, 'y']],
    outputs: ['y'],
    ...(hints && { hints }),
  });
}

/** With a weight, whose dtype is all that is asked of it. */
function inFloat16(model: Graph): Graph {
  const weight = { id: 'w', dtype: 'float16', shape: [8], storage: 'w', role: 'parameter' } as const;
  return { ...model, tensors: new Map([...model.tensors, ['w', weight]]) };
}

const option = <T>(value: T): { value: T; from: 'option' } => ({ value, from: 'option' });

describe('the batch size comes from', () => {
  test.each<[string, Graph, SetupRequest, object]>([
    ['the request', graph({ x: 'batch 8' }), { batchSize: option(4) }, { value: 4, from: 'option' }],
    [
      'the shape in the request',
      graph({ x: 'batch 8' }),
      { inputShapes: option({ '': [6, 8] }) },
      { value: 6, from: 'option' },
    ],
    [
      'the request rather than its shape',
      graph({ x: 'batch 8' }),
      { inputShapes: option({ '': [6, 8] }), batchSize: option(4) },
      { value: 4, from: 'option' },
    ],
    ["the file's data layer", graph({ x: 'batch 8' }, { batchSize: 64 }), {}, { value: 64, from: 'file' }],
    ['the number in the file', graph({ x: '2 8' }), {}, { value: 2, from: 'file' }],
    ['the default', graph({ x: 'batch 8' }), {}, { value: 32, from: 'default' }],
  ])('%s', (_, model, request, expected) => {
    expect(resolveSetup(model, request).setup.batchSize).toEqual(expected);
  });
});

describe('a free dimension is bound', () => {
  test.each([
    ['by the name of a batch', 'batch_size 8', { batch_size: 4 }],
    ['by the name of a batch wherever it stands', '8 N', { N: 4 }],
    ['by the name of a sequence', 'batch seq_len', { batch: 4, seq_len: 512 }],
    ['as the batch where it comes first', 's0 8', { s0: 4 }],
    ['as the sequence where it comes second of two or three', 's0 s1', { s0: 4, s1: 512 }],
    ['as channels and pixels in an image', 's0 s1 s2 s3', { s0: 4, s1: 3, s2: 224, s3: 224 }],
    ['inside arithmetic', '2*batch 8', { batch: 4 }],
  ])('%s', (_, shape, expected) => {
    const { bindings } = resolveSetup(graph({ x: shape }), { batchSize: option(4) });
    expect(Object.fromEntries(bindings)).toEqual(expected);
  });
});

describe('what nobody gave is stated', () => {
  test.each<[string, Graph, SetupRequest, string[]]>([
    [
      'a batch size by default',
      graph({ x: 'batch 8' }),
      { loss: option('mse') },
      ['batch size 32: neither the request nor the file states one'],
    ],
    [
      'a batch size of an export',
      graph({ x: '1 8' }),
      { loss: option('mse') },
      ['batch size 1: what the file was exported with'],
    ],
    ["nothing where the file's data layer says it", graph({ x: '1 8' }, { batchSize: 1 }), { loss: option('mse') }, []],
    ['the loss', graph({ x: 'batch 8' }), { batchSize: option(1) }, ["cross-entropy loss on the graph's output"]],
    ['no loss where the graph has its own', graph({ x: 'batch 8' }, { hasLoss: true }), { batchSize: option(1) }, []],
    [
      'the dtype of weights that are not trained in theirs',
      inFloat16(graph({ x: 'batch 8' })),
      { batchSize: option(1), loss: option('mse') },
      ['float32 weights in place of the float16 of the file, which needs a scaled loss: say --precision'],
    ],
    [
      'the autocast of the program',
      graph({ x: 'batch 8' }, { autocast: 'bfloat16' }),
      { batchSize: option(1), loss: option('mse') },
      ['autocast, which the program turns on by itself, is taken to be on throughout'],
    ],
    [
      'no autocast where the precision is given',
      graph({ x: 'batch 8' }, { autocast: 'bfloat16' }),
      { batchSize: option(1), loss: option('mse'), precision: option('fp32') },
      [],
    ],
    [
      'the sequence length',
      graph({ ids: 'batch sequence' }),
      { batchSize: option(1), loss: option('mse') },
      ['sequence length 512: nobody states one'],
    ],
    [
      'the image size',
      graph({ x: 'batch 3 h w' }),
      { batchSize: option(1), loss: option('mse') },
      [
        'input h 224: the file leaves it free; say --input-shape to change it',
        'input w 224: the file leaves it free; say --input-shape to change it',
      ],
    ],
  ])('%s', (_, model, request, expected) => {
    expect(resolveSetup(model, request).assumptions).toEqual(expected);
  });
});

describe('input shapes', () => {
  test.each([
    ['with the batch', { '': [6, 3, 64, 64] }, undefined, [6, 3, 64, 64]],
    ['without it', { '': [3, 64, 64] }, undefined, [32, 3, 64, 64]],
    ['with a batch that the request overrules', { x: [6, 3, 64, 64] }, 4, [4, 3, 64, 64]],
  ])('%s', (_, inputShapes, batchSize, expected) => {
    const request = {
      inputShapes: option(inputShapes),
      ...(batchSize !== undefined && { batchSize: option(batchSize) }),
    };
    expect(resolveSetup(graph({ x: 'batch 3 h w' }), request).shapes.get('x')).toEqual(expected);
  });
});

test.each([
  ['pytorch', undefined, { value: 'native', from: 'default' }],
  ['tensorflow', undefined, { value: 'bfc', from: 'default' }],
  ['jax', undefined, { value: 'bfc', from: 'default' }],
  ['jax', 'native', { value: 'native', from: 'option' }],
] as const)('%s with the allocator %s takes memory as %j says', (framework, allocator, expected) => {
  const request = { framework: option(framework), ...(allocator && { allocator: option(allocator) }) };
  expect(resolveSetup(graph({ x: '8 8' }), request).setup.allocator).toEqual(expected);
});

describe('what contradicts the file', () => {
  test.each<[string, string, readonly number[], string | undefined]>([
    ['another channel count', '4 3 8 8', [5, 8, 8], 'input-shape gives input "x" 4x5x8x8, but the file says 4x3x8x8'],
    ['another batch does not', '4 3 8 8', [6, 3, 8, 8], undefined],
    ['what the file leaves free does not', 'batch 3 h w', [3, 9, 9], undefined],
  ])('%s', (_, dims, shape, expected) => {
    const resolved = resolveSetup(graph({ x: dims }), { inputShapes: option({ x: shape }) });
    expect(resolved.contradiction?.sentence).toBe(expected);
  });
});

test('what is stated of one input decides about the symbols of another', () => {
  const resolved = resolveSetup(graph({ x: 'batch t 8', mask: 'batch t', half: 'batch 2*h', rest: 'batch h' }), {
    inputShapes: option({ x: [4, 6, 8], half: [4, 10] }),
  });
  expect(Object.fromEntries(resolved.bindings)).toEqual({ batch: 4, t: 6, h: 5 });
  expect(resolved.assumptions.filter((each) => each.includes('nobody states'))).toEqual([]);
});

test('an input with another dim in front than the batch keeps it', () => {
  const model = graph({ x: '4 8', table: '10 8' });
  const { shapes } = resolveSetup(model, { inputShapes: option({ table: [12, 8] }), batchSize: option(6) });
  expect(shapes.get('table')).toEqual([12, 8]);
});

test('a batch size that is stated by itself goes before that of a shape, and the report says so', () => {
  const { setup, assumptions } = resolveSetup(graph({ x: 'batch 8' }), {
    inputShapes: option({ x: [6, 8] }),
    batchSize: option(4),
  });
  expect(setup.batchSize.value).toBe(4);
  expect(assumptions).toContain('batch size 4, as stated by itself, not the 6 of the input shape');
});

test('a default keeps inside of what the file was exported for', () => {
  const ranges = new Map([['h', { least: 8, most: 32 }]]);
  const { bindings, assumptions } = resolveSetup(graph({ x: 'batch 3 h 16' }, { ranges }), {});
  expect(bindings.get('h')).toBe(32);
  expect(assumptions).toContain('input h 32: the file leaves it free; say --input-shape to change it');
});

test.each([
  ['native', 0],
  ['bfc', 1],
] as const)('the allocator %s says what it takes: %d sentences', (allocator, count) => {
  const { assumptions } = resolveSetup(graph({ x: '8 8' }), { allocator: option(allocator) });
  expect(assumptions.filter((each) => each.includes('regions of doubled size'))).toHaveLength(count);
});

describe('is refused', () => {
  test.each<[string, Graph, SetupRequest, string]>([
    [
      'a name that is no input',
      graph({ x: 'batch 8', mask: 'batch 8' }),
      { inputShapes: option({ y: [8] }) },
      'input-shape names "y", but the inputs are "x", "mask"',
    ],
    [
      'shapes of one symbol and two sizes',
      graph({ x: 'batch t 8', z: 'batch t 8' }),
      { inputShapes: option({ x: [4, 6, 8], z: [4, 7, 8] }) },
      'input-shape gives input "z" 4x7x8: dimension 1 must be 6',
    ],
    [
      'two batches',
      graph({ x: 'batch 8', z: 'batch 8' }),
      { inputShapes: option({ x: [4, 8], z: [6, 8] }) },
      'input-shape gives two batches, 4 and 6',
    ],
    [
      'an input named twice',
      graph({ x: 'batch 8' }),
      { inputShapes: option({ '': [4, 8], x: [4, 8] }) },
      'input-shape names input "x" twice',
    ],
    [
      'a size that the arithmetic of the file cannot make',
      graph({ x: 'batch 2*h' }),
      { inputShapes: option({ x: [4, 7] }) },
      'input-shape gives input "x" 4x7: dimension 1 is (2 * h) in the file, which it cannot be',
    ],
    [
      'two lengths of a sequence',
      graph({ x: 'batch t 8' }),
      { inputShapes: option({ x: [4, 6, 8] }), sequenceLength: option(9) },
      'input-shape gives input "x" 6 positions, but sequence-length says 9',
    ],
    [
      'a shape of another rank',
      graph({ x: 'batch 3 8 8' }),
      { inputShapes: option({ '': [8, 8] }) },
      'input-shape gives input "x" 8x8, but the file says batchx3x8x8',
    ],
    [
      'a dimension nothing binds',
      graph({ x: 'batch 8 8 8 depth' }),
      {},
      'input "x" has a free dimension "depth": give --input-shape x=Nx8x8x8xN',
    ],
    [
      'a dimension of nothing',
      graph({ x: 'batch 0' }),
      {},
      'input "x" has the dimension 0, which is 0: it has to be 1 or more',
    ],
    [
      'arithmetic that comes to no size',
      graph({ x: 'batch-64 8' }),
      {},
      'input "x" has the dimension (batch - 64), which is -32: it has to be 1 or more',
    ],
  ])('%s', (_, model, request, message) => {
    expect(() => resolveSetup(model, request)).toThrow(new UnboundError(message));
  });

  test('an input without a shape', () => {
    const model = graph({ x: '8' });
    const tensors = new Map([...model.tensors].map(([id, tensor]) => [id, { ...tensor, shape: undefined }]));
    expect(() => resolveSetup({ ...model, tensors }, {})).toThrow(
      new UnboundError('input "x" has no shape in the file: give --input-shape x=…'),
    );
  });
});

test.each([
  ['tensorflow', 'TF_FORCE_GPU_ALLOW_GROWTH=true'],
  ['jax', 'XLA_PYTHON_CLIENT_PREALLOCATE=false'],
] as const)('%s needs %s for a request to mean anything, and the report says so', (framework, variable) => {
  const { assumptions } = resolveSetup(graph({ x: '8 8' }), { framework: option(framework), batchSize: option(8) });
  expect(assumptions.filter((assumption) => assumption.startsWith(variable))).toHaveLength(1);
});

describe('the optimizer runs', () => {
  test.each<[string, SetupRequest, string, string[]]>([
    ['as its class does', { optimizer: option('adafactor') }, 'for-loop', []],
    ['as asked', { optimizer: option('adam'), optimizerImplementation: option('fused') }, 'fused', []],
    [
      'on matrices alone, where it takes no others',
      { optimizer: option('muon') },
      'for-loop',
      ['optimizer muon for matrices, adamw for all other parameters'],
    ],
    [
      'as its class does where it cannot run as asked',
      { optimizer: option('rmsprop'), optimizerImplementation: option('fused') },
      'foreach',
      ['optimizer rmsprop as foreach: it has no fused implementation'],
    ],
  ])('%s', (_, request, implementation, assumptions) => {
    const stated: SetupRequest = { batchSize: option(1), loss: option('mse') };
    const resolved = resolveSetup(graph({ x: 'batch 8' }), { ...stated, ...request });
    expect(resolved.setup.optimizerImplementation.value).toBe(implementation);
    expect(resolved.assumptions).toEqual(assumptions);
  });
});

test('a file whose weights are bfloat16 is trained in bfloat16', () => {
  const model = net({
    inputs: { x: [8, 16] },
    parameters: { w: [16, 16] },
    layers: [['Gemm', 'x w', 'y']],
    outputs: ['y'],
  });
  const halves = new Map([...model.tensors].map(([id, tensor]) => [id, { ...tensor, dtype: 'bfloat16' as const }]));
  expect(resolveSetup(model, {}).setup.precision).toEqual({ value: 'fp32', from: 'default' });
  expect(resolveSetup({ ...model, tensors: halves }, {}).setup.precision).toEqual({ value: 'bf16', from: 'file' });
});
