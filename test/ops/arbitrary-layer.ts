import fc from 'fast-check';
import { buildGraph } from '../../src/graph/index.js';
import type { Attributes, AttributeValue, DType, Graph, Tensor } from '../../src/graph/index.js';

const WORDS = [
  'SAME_UPPER',
  'VALID',
  'bidirectional',
  'none',
  'add',
  'edge',
  'float16',
  'int64',
  'not_larger',
  'ij,jk->ik',
];

const number = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: -3, max: 9 }) },
  fc.constantFrom(-(2 ** 63), 2 ** 31, 2 ** 53, 1e300, 0.5, -0.5, NaN, Infinity, -Infinity),
);

const attributeValue: fc.Arbitrary<AttributeValue> = fc.oneof(
  number,
  fc.array(number, { maxLength: 6 }),
  fc.constantFrom(...WORDS),
  fc.string({ maxLength: 8 }),
  fc.boolean(),
  fc.array(fc.string({ maxLength: 4 }), { maxLength: 3 }),
);

/** Whatever attributes a row reads, some of which are stated; those become own properties, and are printed. */
const attributes: fc.Arbitrary<Attributes> = fc.func(fc.option(attributeValue, { freq: 2 })).map((answer) => {
  const state = (target: Record<string | symbol, unknown>, name: string | symbol): void => {
    const value = typeof name === 'symbol' || name in target ? null : answer(name);
    if (value !== null) target[name] = value;
  };
  return new Proxy<Record<string, AttributeValue>>(
    {},
    {
      get: (target, name) => (state(target, name), Reflect.get(target, name) as unknown),
      has: (target, name) => (state(target, name), Reflect.has(target, name)),
    },
  );
});

interface Operand {
  readonly role: Tensor['role'];
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly value: readonly number[];
}

const shape = fc.oneof(
  fc.constantFrom([2, 6, 8, 8], [6, 6, 3, 3], [6], [4, 6], [2, 4, 6], [2, 4, 6, 3], [], [1]),
  fc.array(fc.integer({ min: 0, max: 6 }), { maxLength: 5 }),
);

const operand: fc.Arbitrary<Operand | undefined> = fc.option(
  fc.record({
    role: fc.constantFrom<Tensor['role']>('input', 'parameter', 'constant'),
    dtype: fc.constantFrom<DType>('float32', 'float16', 'int64', 'bool'),
    shape,
    value: fc.array(number, { minLength: 1, maxLength: 8 }),
  }),
  { nil: undefined, freq: 9 },
);

/** A graph of one layer of a type, with any operands and attributes. */
export function layerOf(type: string): fc.Arbitrary<Graph> {
  return fc
    .record({
      operands: fc.array(operand, { maxLength: 6 }),
      attributes,
      outputs: fc.integer({ min: 0, max: 4 }),
    })
    .map(({ operands, attributes: stated, outputs }) => graphOf(type, operands, { attributes: stated, outputs }));
}

function graphOf(
  type: string,
  operands: readonly (Operand | undefined)[],
  layer: { attributes: Attributes; outputs: number },
): Graph {
  const tensors = new Map<string, Tensor>();
  const add = (id: string, tensor: Omit<Tensor, 'id' | 'storage'>): unknown =>
    tensors.set(id, { id, storage: id, ...tensor });
  const inputs = operands.map((each, index) => {
    if (!each) return '';
    const { value, ...rest } = each;
    const count = rest.shape.reduce((product, dim) => product * dim, 1);
    const elements = Array.from({ length: count }, (_, at) => value[at % value.length] ?? 0);
    add(`x${index}`, { ...rest, ...(rest.role === 'constant' && { value: elements }) });
    return `x${index}`;
  });
  const outputs = Array.from({ length: layer.outputs }, (_, index) => `y${index}`);
  for (const id of outputs) add(id, { dtype: 'float32', shape: undefined, role: 'activation' });
  const layers = [{ id: 'layer', type, inputs, outputs, attributes: layer.attributes }];
  return buildGraph({ name: 'net', format: 'test', layers, tensors, inputs: [], outputs });
}
