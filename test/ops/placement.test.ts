import { expect, test } from '@jest/globals';
import { PLACEMENT } from '../../src/ops/placement.js';
import { runRow } from '../helpers/row.js';

const { ChannelShuffle, IndexCopy, IndexFill, Take } = PLACEMENT;
const TURNED = '4x6 /1x4';

test('what is overwritten in part is copied in its layout', () => {
  expect(runRow(IndexFill, [TURNED, '3 int64'])).toMatchObject({ outputs: [TURNED], saves: ['input 1'] });
  expect(runRow(IndexCopy, [TURNED, '3x6', '3 int64'])).toMatchObject({
    outputs: [TURNED],
    saves: ['input 1', 'input 2'],
    gradients: ['new', 'new', 'none'],
  });
  expect(runRow(IndexCopy, [TURNED, '3x6', '3 int64'], { constants: [1] }).saves).toEqual(['input 2']);
});

test('what is taken has the shape of its positions', () => {
  expect(runRow(Take, ['4x6', '2x3 int64'])).toMatchObject({ outputs: ['2x3'], saves: ['input 0', 'input 1'] });
});

test.each([
  ['6', {}, 'shape [6] has no axis 1'],
  ['2x6x3x4', { group: 4 }, '6 channels do not divide into 4 groups'],
  ['2x6x3x4', { group: 0 }, '6 channels do not divide into 0 groups'],
])('channels of %s are not shuffled with %j: %s', (shape, attributes, message) => {
  expect(() => runRow(ChannelShuffle, [shape], { attributes })).toThrow(message);
});

test.each([
  [2, false, 'new'],
  [1, true, 'pass'],
  [6, true, 'pass'],
])('channels shuffled in %d groups are a view: %s', (group, view, gradient) => {
  const shuffled = runRow(ChannelShuffle, ['2x6x3x4'], { attributes: { group } });
  expect(shuffled).toMatchObject({ outputs: ['2x6x3x4'], saves: [], view, gradients: [gradient] });
});
