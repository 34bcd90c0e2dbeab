import { expect, test } from '@jest/globals';
import type { InitializerDescription } from '../../../examples/onnx-writer.js';
import { read } from './reading.js';

const tensor = (name: string, ...dims: number[]): InitializerDescription => ({ name, dims });
const assumptionsOf = async (
  table: InitializerDescription,
  scores: InitializerDescription,
): Promise<readonly string[] | undefined> => {
  const nodes = [`e = Gather(${table.name},i)`, `y = MatMul(e,${scores.name})`];
  const inputs = [{ name: 'i', dims: ['batch', 4], integer: true }];
  return (await read(nodes, [table, scores], { inputs })).hints.assumptions;
};

test('an embedding and a nameless weight of its transposed shape may be tied, which is said', async () => {
  expect(await assumptionsOf(tensor('wte.weight', 100, 8), tensor('onnx::MatMul_9', 8, 100))).toEqual([
    '"wte.weight" and its transpose "onnx::MatMul_9" are counted as two parameters: they may be tied',
  ]);
});

test.each([
  ['where the weight has a name of its own', tensor('wte.weight', 100, 8), tensor('lm_head.weight', 8, 100)],
  ['where the shapes differ', tensor('wte.weight', 100, 8), tensor('onnx::MatMul_9', 8, 101)],
  ['where they are one', tensor('onnx::Gather_1', 8, 8), tensor('onnx::Gather_1', 8, 8)],
])('nothing is said %s', async (_, table, scores) => {
  expect(await assumptionsOf(table, scores)).toEqual([]);
});
