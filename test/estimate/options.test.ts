import { describe, expect, test } from '@jest/globals';
import { nearestOf, OptionError, parseInputShapes, readTrainingOptions } from '../../src/estimate/options.js';

describe('readTrainingOptions', () => {
  test('reads every option and says who gave it', () => {
    const given = {
      'batch-size': '64',
      'sequence-length': ' 128 ',
      'input-shape': '3x224x224',
      optimizer: 'sgd-momentum',
      'optimizer-implementation': 'for-loop',
      'weight-decay': '1e-4',
      'gradient-accumulation': '8',
      'gradient-checkpointing': 'full',
      precision: 'amp-bf16',
      loss: 'mse',
      framework: 'jax',
      allocator: 'expandable-segments',
      unrelated: 'x',
    };
    expect(readTrainingOptions(given, 'annotation')).toEqual({
      batchSize: { value: 64, from: 'annotation' },
      sequenceLength: { value: 128, from: 'annotation' },
      inputShapes: { value: { '': [3, 224, 224] }, from: 'annotation' },
      optimizer: { value: 'sgd-momentum', from: 'annotation' },
      optimizerImplementation: { value: 'for-loop', from: 'annotation' },
      weightDecay: { value: 1e-4, from: 'annotation' },
      gradientAccumulation: { value: 8, from: 'annotation' },
      gradientCheckpointing: { value: 'full', from: 'annotation' },
      precision: { value: 'amp-bf16', from: 'annotation' },
      loss: { value: 'mse', from: 'annotation' },
      framework: { value: 'jax', from: 'annotation' },
      allocator: { value: 'expandable-segments', from: 'annotation' },
    });
  });

  test.each([
    ['batch-size', '0', 'batch-size "0" is not a whole number from 1 to 999999999'],
    ['batch-size', '1e3', 'batch-size "1e3" is not a whole number from 1 to 999999999'],
    ['optimizer', 'adamW', 'optimizer "adamW" is not a known optimizer; did you mean "adamw"?'],
    ['weight-decay', '-1', 'weight-decay "-1" is not a number of 0 or more, e.g. 1e-4'],
    ['precision', 'fp16', 'precision "fp16" is not one of fp32, bf16, amp-fp16, amp-bf16; did you mean "amp-fp16"?'],
    ['loss', 'hinge', 'loss "hinge" is not one of cross-entropy, next-token, mse, none'],
    ['input-shape', '3*4', 'input-shape "3*4" is not dims separated by x, e.g. 3x224x224, or NAME=3x224x224;NAME=…'],
  ])('%s "%s" is refused', (name, text, message) => {
    expect(() => readTrainingOptions({ [name]: text }, 'option')).toThrow(new OptionError(message));
  });
});

test.each([
  ['3x224x224', { '': [3, 224, 224] }],
  ['8,3,32,32', { '': [8, 3, 32, 32] }],
  ['ids=8x512;mask=8x512', { ids: [8, 512], mask: [8, 512] }],
  ['a=b=4', { 'a=b': [4] }],
  ['', undefined],
  ['0x3', undefined],
  ['3x', undefined],
  ['ids=', undefined],
])('input shapes "%s"', (text, shapes) => {
  expect(parseInputShapes(text)).toEqual(shapes);
});

test('a nearest spelling is at most two edits away', () => {
  expect(nearestOf('sgd-momentm', ['sgd', 'sgd-momentum'])).toBe('sgd-momentum');
  expect(nearestOf('modle', ['model', 'mode'])).toBe('model');
  expect(nearestOf('oswnr', ['owner'])).toBe('owner');
  expect(nearestOf('lamb', ['adamw', 'sgd'])).toBeUndefined();
});
