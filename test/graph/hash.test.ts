import { describe, expect, test } from '@jest/globals';
import { buildGraph, structureHash } from '../../src/graph/index.js';
import type { Graph, GraphParts, Layer, Tensor } from '../../src/graph/index.js';

const tensor = (id: string, rest: Partial<Tensor> = {}): [string, Tensor] => [
  id,
  { id, dtype: 'float32', shape: [2, 4], storage: id, role: 'activation', ...rest },
];

const layer: Layer = { id: 'fc', type: 'Gemm', inputs: ['x', 'w'], outputs: ['y'], attributes: { transB: 1 } };

const PARTS: GraphParts = {
  name: 'net',
  format: 'onnx',
  layers: [layer],
  tensors: new Map([
    tensor('x', { role: 'input' }),
    tensor('w', { shape: [4, 4], role: 'parameter', trainable: true }),
    tensor('y'),
  ]),
  inputs: ['x'],
  outputs: ['y'],
  hints: { batchSize: 2, hasLoss: false, assumptions: ['one'] },
};

const hashOf = (changes: Partial<GraphParts> = {}): string => structureHash(buildGraph({ ...PARTS, ...changes }));
const withLayer = (changes: Partial<Layer>): Partial<GraphParts> => ({ layers: [{ ...layer, ...changes }] });
const withTensor = (id: string, changes: Partial<Tensor>): Partial<GraphParts> => ({
  tensors: new Map([...PARTS.tensors, tensor(id, { ...PARTS.tensors.get(id), ...changes })]),
});
const body = (type: string): ReadonlyMap<string, Graph> =>
  new Map([['fc/body', buildGraph({ ...PARTS, layers: [{ ...layer, type }] })]]);

test('a hash is SHA-256, in hexadecimal', () => {
  expect(hashOf()).toMatch(/^sha256:[0-9a-f]{64}$/);
});

describe('two structures hash alike', () => {
  test.each<[string, Partial<GraphParts>]>([
    ['where they are the same', {}],
    ['under another name', { name: 'other' }],
    ['where a module is called otherwise', withLayer({ scope: 'head.fc' })],
    ['where an assumption is worded otherwise', { hints: { ...PARTS.hints, assumptions: ['two', 'three'] } }],
  ])('%s', (_, changes) => {
    expect(hashOf(changes)).toBe(hashOf());
  });
});

describe('two structures hash differently', () => {
  test.each<[string, Partial<GraphParts>]>([
    ['where a layer is called otherwise', withLayer({ id: 'fc2' })],
    ['where a layer is of another type', withLayer({ type: 'MatMul' })],
    ['where a layer reads something else', withLayer({ inputs: ['x', 'x'] })],
    ['where an attribute differs', withLayer({ attributes: { transB: 0 } })],
    ['where the exporter did something to a layer', withLayer({ provenance: 'FuseBatchNormIntoConv' })],
    ['where a layer works in place', withLayer({ overwrites: 0 })],
    ['where a shape differs', withTensor('w', { shape: [4, 5] })],
    ['where a tensor lies otherwise in memory', withTensor('w', { strides: [1, 4] })],
    ['where a tensor is a buffer', withTensor('w', { role: 'buffer' })],
    ['where a dtype differs', withTensor('w', { dtype: 'float16' })],
    ['where a parameter is frozen', withTensor('w', { trainable: false })],
    ['where a parameter is shared', withTensor('w', { storage: 'v' })],
    ['where a constant has another value', withTensor('w', { value: [1] })],
    ['where an input is missing', { inputs: [] }],
    ['where an output is missing', { outputs: [] }],
    ['where the batch size differs', { hints: { ...PARTS.hints, batchSize: 3 } }],
    ['where one ends in its own loss', { hints: { ...PARTS.hints, hasLoss: true } }],
    ['where one turns autocast on', { hints: { ...PARTS.hints, autocast: 'bfloat16' } }],
    ['where one is what the training runs', { hints: { ...PARTS.hints, isVerbatim: true } }],
    ['where one has a sub-graph', { subgraphs: body('Gemm') }],
  ])('%s', (_, changes) => {
    expect(hashOf(changes)).not.toBe(hashOf());
  });

  test('where their sub-graphs do', () => {
    expect(hashOf({ subgraphs: body('Gemm') })).not.toBe(hashOf({ subgraphs: body('MatMul') }));
  });
});
