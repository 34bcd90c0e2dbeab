import { describe, expect, test } from '@jest/globals';
import { ELEMENTWISE } from '../../src/ops/elementwise.js';
import type { OpSpec } from '../../src/ops/spec.js';
import { runRow } from '../helpers/row.js';

const rows: Readonly<Record<string, OpSpec>> = ELEMENTWISE;
const IMAGE = '2x6x8x8';
const GATE = '2x6x1x1';
/** Bytes of an image in float32. */
const FULL = 2 * 6 * 8 * 8 * 4;

const run = (name: string, ...rest: Parameters<typeof runRow> extends [OpSpec, ...infer R] ? R : never) => {
  const row = rows[name];
  if (!row) throw new Error(`no row ${name}`);
  return runRow(row, ...rest);
};

describe('operands are broadcast', () => {
  // Shapes and strides of the outputs, torch 2.15.
  test.each([
    ['Add', [IMAGE, IMAGE], IMAGE],
    ['Add', [IMAGE, GATE], IMAGE],
    ['Mul', [GATE, IMAGE], IMAGE],
    ['Sub', [IMAGE, '6x1x1'], IMAGE],
    ['Div', [IMAGE, 'scalar'], IMAGE],
    ['Mul', ['6x1', '1x4'], '6x4'],
    ['Add', ['2x6x8x8 /384x1x48x6', IMAGE], '2x6x8x8 /384x1x48x6'],
    ['Add', [IMAGE, '2x6x8x8 /384x1x48x6'], IMAGE],
    ['Mul', [GATE, '2x6x8x8 /384x1x48x6'], '2x6x8x8 /384x1x48x6'],
    ['Max', ['4x3 /6x1', '4x3 /6x1'], '4x3'],
    ['Equal', [IMAGE, GATE], '2x6x8x8 bool'],
    ['And', ['4x1 bool', '3 bool'], '4x3 bool'],
    ['Where', ['8x8 bool', IMAGE, '1'], IMAGE],
    ['Where', ['2x6x8x8 bool', GATE, '2x6x8x8 /384x1x48x6'], IMAGE],
    ['Sum', ['4x3', '3', '4x1'], '4x3'],
    ['Pow', ['4x3', 'scalar'], '4x3'],
  ])('%s of %j gives %s', (name, inputs, output) => {
    expect(run(name, inputs)).toMatchObject({ outputs: [output], flops: 0, view: false });
  });

  test.each([
    ['Add', ['4x3', '2'], 'shapes [4, 3] and [2] do not broadcast'],
    ['Add', ['4x3'], 'Row needs input 1'],
    ['Where', ['3 bool', '3'], 'Row needs input 2'],
    ['Sum', ['4x3', '-', '4x3'], 'Row needs input 1'],
  ])('%s of %j is refused: %s', (name, inputs, message) => {
    expect(() => run(name, inputs)).toThrow(message);
  });
});

// ONNX operator specification: Pow puts out the dtype of its base, comparisons bool.
describe('the dtype of the result', () => {
  test.each([
    ['Add', ['3 float16', '3 float16'], '3 float16'],
    ['Add', ['3 int64', '3 int64'], '3 int64'],
    ['Mul', ['3 int64', '3'], '3'],
    ['Pow', ['3 int64', '3'], '3 int64'],
    ['Pow', ['3', '3 int64'], '3'],
    ['Less', ['3 int64', '3 int64'], '3 bool'],
    ['Where', ['3 bool', '3 int64', '3 int64'], '3 int64'],
    ['BitwiseAnd', ['3 int32', '3 int32'], '3 int32'],
    ['BitwiseNot', ['3 uint8'], '3 uint8'],
    ['BitShift', ['3 uint8', '3 uint8'], '3 uint8'],
  ])('%s of %j is %s', (name, inputs, output) => {
    expect(run(name, inputs).outputs).toEqual([output]);
  });
});

// saved_tensors_hooks on torch.add, sub, mul, div, maximum, minimum, remainder, pow and where, torch 2.15.
describe('what is kept where %s', () => {
  test.each([
    ['Add', [], []],
    ['Sub', [], []],
    ['Mul', [], ['input 0', 'input 1']],
    ['Mul', [0], ['input 0']],
    ['Mul', [1], ['input 1']],
    ['Div', [], ['input 0', 'input 1']],
    ['Div', [0], ['input 0', 'input 1']],
    ['Div', [1], ['input 1']],
    ['Max', [], ['input 0', 'input 1']],
    ['Max', [1], ['input 0', 'input 1']],
    ['Min', [0], ['input 0', 'input 1']],
    ['Mod', [], ['input 0', 'input 1']],
    ['Mod', [1], []],
    ['Pow', [], ['input 0', 'input 1', 'output 0']],
    ['Pow', [1], ['input 0', 'input 1', 'output 0']],
  ])('%s keeps, inputs %j being constant, %j', (name, constants, saves) => {
    expect(run(name, [IMAGE, IMAGE], { constants }).saves).toEqual(saves);
  });

  test('a power by a number keeps its base alone', () => {
    expect(run('Pow', [IMAGE, 'scalar'], { constants: [1] }).saves).toEqual(['input 0']);
  });

  test.each([[[]], [[1]], [[2]]])('where keeps its condition (constant: %j)', (constants) => {
    expect(run('Where', ['8x8 bool', IMAGE, GATE], { constants }).saves).toEqual(['input 0']);
  });

  // a * b * c and maximum(maximum(a, b), c).
  test.each([
    ['Mul', [], ['input 0', 'input 1', `copy ${IMAGE}`, 'input 2']],
    ['Mul', [2], ['input 0', 'input 1', 'input 2']],
    ['Mul', [0, 1], [`copy ${IMAGE}`]],
    ['Max', [], ['input 0', 'input 1', `copy ${IMAGE}`, 'input 2']],
    ['Sum', [], []],
    ['Mean', [], []],
  ])('%s of three keeps, inputs %j being constant, %j', (name, constants, saves) => {
    expect(run(name, [IMAGE, IMAGE, IMAGE], { constants }).saves).toEqual(saves);
  });
});

// torch.autograd.grad of the same, torch 2.15: `pass` where the storage is that of the gradient it was given.
describe('gradients', () => {
  test.each([
    ['Add', [IMAGE, IMAGE], ['pass', 'pass']],
    ['Add', [IMAGE, GATE], ['pass', 'new']],
    ['Add', [GATE, IMAGE], ['new', 'pass']],
    ['Sub', [IMAGE, IMAGE], ['pass', 'new']],
    ['Sub', [GATE, IMAGE], ['new', 'new']],
    ['Mod', [IMAGE, IMAGE], ['pass', 'new']],
    ['Sum', [IMAGE, IMAGE, GATE], ['pass', 'pass', 'new']],
    ['Where', [`${IMAGE} bool`, IMAGE, IMAGE], ['none', 'new', 'new']],
    ['Equal', [IMAGE, IMAGE], ['none', 'none']],
    ['Not', ['3 bool'], ['none']],
    ['BitwiseOr', ['3 int32', '3 int32'], ['none', 'none']],
    ['Mul', [IMAGE, IMAGE], undefined],
    ['Div', [IMAGE, IMAGE], undefined],
  ])('of %s of %j: %j', (name, inputs, gradients) => {
    expect(run(name, inputs).gradients).toEqual(gradients);
  });

  // Caffe's Eltwise: only what a factor multiplies has a gradient of its own.
  test('of a weighted Sum are new where the factor is not 1', () => {
    expect(run('Sum', [IMAGE, IMAGE, IMAGE], { attributes: { coeff: [1, -1] } }).gradients).toEqual([
      'pass',
      'new',
      'pass',
    ]);
  });
});

// What the backward of torch 2.15 holds beside the gradients it returns, and its forward beside what it keeps.
describe('scratch', () => {
  test.each([
    ['Add', [IMAGE, GATE], [], 0],
    ['Sub', [IMAGE, IMAGE], [], 0],
    ['Sub', [IMAGE, GATE], [], FULL],
    ['Sub', [GATE, IMAGE], [], 0],
    ['Mul', [IMAGE, IMAGE], [], 0],
    ['Mul', [IMAGE, GATE], [], FULL],
    ['Mul', [GATE, IMAGE], [], FULL],
    ['Mul', [IMAGE, GATE], [1], 0],
    ['Mul', ['2x1x8x8', '1x6x1x1'], [], 2 * FULL],
    ['Mul', [IMAGE, IMAGE, IMAGE], [], FULL],
    ['Div', [IMAGE, IMAGE], [], 2 * FULL],
    ['Div', [IMAGE, IMAGE], [0], 3 * FULL],
    ['Div', [IMAGE, IMAGE], [1], 0],
    ['Mod', [IMAGE, IMAGE], [], 2 * FULL],
    ['Mod', [IMAGE, IMAGE], [1], 0],
    ['Mod', [GATE, IMAGE], [], 2 * FULL],
    ['Max', [IMAGE, IMAGE], [], 1.5 * FULL],
    ['Min', [IMAGE, GATE], [], 2.5 * FULL],
    ['Pow', [IMAGE, 'scalar'], [1], 2 * FULL],
    ['Where', [`${IMAGE} bool`, IMAGE, 'scalar'], [], FULL],
    ['Where', [`${IMAGE} bool`, IMAGE, 'scalar'], [2], 0],
  ])('%s of %j, inputs %j being constant, takes %d bytes in backward', (name, inputs, constants, backward) => {
    expect(run(name, inputs, { constants }).bytes).toEqual({ forward: 0, backward });
  });

  test.each([
    ['Sum', [IMAGE, IMAGE], 0],
    ['Sum', [IMAGE, IMAGE, IMAGE], FULL],
    ['Mean', [IMAGE, IMAGE, IMAGE], FULL],
  ])('%s of %j takes %d bytes in forward: the sum so far', (name, inputs, forward) => {
    expect(run(name, inputs).bytes).toEqual({ forward, backward: 0 });
  });
});

// The node tests of ONNX for each operator, in part.
describe('known elements', () => {
  test.each([
    [
      'Add',
      ['2 int64', '2 int64'],
      [
        [1, 2],
        [3, 4],
      ],
      [4, 6],
    ],
    [
      'Sub',
      ['2', '2'],
      [
        [1, 2],
        [3, 2],
      ],
      [-2, 0],
    ],
    [
      'Mul',
      ['2x1', '2'],
      [
        [1, 2],
        [3, 4],
      ],
      [3, 4, 6, 8],
    ],
    [
      'Div',
      ['2', '2'],
      [
        [3, 1],
        [2, 4],
      ],
      [1.5, 0.25],
    ],
    [
      'Div',
      ['2 int64', '2 int64'],
      [
        [7, -7],
        [2, 2],
      ],
      [3, -3],
    ],
    ['Pow', ['3', 'scalar'], [[1, 2, 3], [2]], [1, 4, 9]],
    [
      'Mod',
      ['3 int64', '3 int64'],
      [
        [-4, 7, 5],
        [3, -3, 8],
      ],
      [2, -2, 5],
    ],
    [
      'Max',
      ['2', '2', '2'],
      [
        [3, 2],
        [1, 4],
        [2, 9],
      ],
      [3, 9],
    ],
    [
      'Min',
      ['2', '2'],
      [
        [3, 2],
        [1, 4],
      ],
      [1, 2],
    ],
    ['Sum', ['1', '1', '1'], [[3], [1], [2]], [6]],
    ['Mean', ['1', '1', '1'], [[3], [1], [2]], [2]],
    [
      'And',
      ['4 bool', '4 bool'],
      [
        [0, 0, 1, 1],
        [0, 1, 0, 1],
      ],
      [0, 0, 0, 1],
    ],
    [
      'Or',
      ['4 bool', '4 bool'],
      [
        [0, 0, 1, 1],
        [0, 1, 0, 1],
      ],
      [0, 1, 1, 1],
    ],
    [
      'Xor',
      ['4 bool', '4 bool'],
      [
        [0, 0, 1, 1],
        [0, 1, 0, 1],
      ],
      [0, 1, 1, 0],
    ],
    ['Not', ['2 bool'], [[0, 1]], [1, 0]],
    [
      'Equal',
      ['2', '2'],
      [
        [1, 2],
        [1, 3],
      ],
      [1, 0],
    ],
    [
      'Greater',
      ['3', '3'],
      [
        [1, 2, 3],
        [2, 2, 2],
      ],
      [0, 0, 1],
    ],
    [
      'Less',
      ['3', '3'],
      [
        [1, 2, 3],
        [2, 2, 2],
      ],
      [1, 0, 0],
    ],
    [
      'GreaterOrEqual',
      ['3', '3'],
      [
        [1, 2, 3],
        [2, 2, 2],
      ],
      [0, 1, 1],
    ],
    [
      'LessOrEqual',
      ['3', '3'],
      [
        [1, 2, 3],
        [2, 2, 2],
      ],
      [1, 1, 0],
    ],
    ['IsNaN', ['3'], [[1, NaN, Infinity]], [0, 1, 0]],
    ['IsInf', ['3'], [[-Infinity, NaN, Infinity]], [1, 0, 1]],
    ['IsFinite', ['3'], [[-Infinity, NaN, 1]], [0, 0, 1]],
    [
      'Where',
      ['2 bool', '2', '2'],
      [
        [1, 0],
        [5, 6],
        [7, 8],
      ],
      [5, 8],
    ],
  ])('%s of %j: %j', (name, inputs, values, expected) => {
    expect(run(name, inputs, { values: { ...values } }).values).toEqual([expected]);
  });

  test.each([
    [
      'Mod',
      ['2', '2'],
      { fmod: 1 },
      [
        [-4.3, 7.2],
        [2.1, -3.4],
      ],
      [-4.3 % 2.1, 7.2 % -3.4],
    ],
    [
      'Mod',
      ['3 int64', '3 int64'],
      { fmod: 1 },
      [
        [-4, 7, 5],
        [3, -3, 8],
      ],
      [-1, 1, 5],
    ],
    ['IsInf', ['2'], { detect_negative: 0 }, [[-Infinity, Infinity]], [0, 1]],
    ['IsInf', ['2'], { detect_positive: 0 }, [[-Infinity, Infinity]], [1, 0]],
  ])('%s of %j with %j: %j', (...[name, inputs, attributes, values, expected]) => {
    expect(run(name, inputs, { attributes, values: { ...values } }).values).toEqual([expected]);
  });

  test('are not known where an operand’s are not', () => {
    expect(run('Add', ['2', '2'], { values: { 0: [1, 2] } }).values).toEqual([undefined]);
    expect(run('Equal', ['2', '2'], { values: { 1: [1, 2] } }).values).toEqual([undefined]);
  });
});

// Arithmetic promotes by itself; pow is on autocast's list of float32 (ATen/autocast_mode.h, torch 2.15).
test('autocast', () => {
  const named = (autocast: unknown): string[] => Object.keys(rows).filter((name) => rows[name]?.autocast === autocast);
  expect(named('fp32')).toEqual(['Pow']);
  expect(named('widest')).toEqual(['Add', 'Sub', 'Mul', 'Div', 'Mod', 'Max', 'Min', 'Sum', 'Mean', 'Where']);
});

test('a tensor that is added, subtracted, multiplied or divided by may be a weight', () => {
  const weighted = Object.keys(rows).filter((name) => rows[name]?.roles?.[0] === 'parameter');
  expect(weighted).toEqual(['Add', 'Sub', 'Mul', 'Div']);
});
