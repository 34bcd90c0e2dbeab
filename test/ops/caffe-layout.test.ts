import { describe, expect, test } from '@jest/globals';
import { CAFFE_LAYOUT } from '../../src/ops/caffe-layout.js';
import { runRow } from '../helpers/row.js';

const { CaffeReshape, CaffeSlice, Crop, CaffeTile, Interp, Im2col, SPP, Filter, BatchReindex, ShuffleChannel } =
  CAFFE_LAYOUT;
const IMAGE = '2x6x8x8';

describe('CaffeReshape', () => {
  // caffe.proto, ReshapeParameter: the examples for a 2 x 8 blob; flatten_layer.cpp.
  test.each([
    [{ dims: [0, 4, -1] }, '2x8', '2x4x2'],
    [{ dims: [0, -1, 4] }, '2x8', '2x2x4'],
    [{ dims: [2, 2, 4], axis: 0, num_axes: -1 }, '2x8', '2x2x4'],
    [{ dims: [2, 4], axis: 1, num_axes: -1 }, '2x8', '2x2x4'],
    [{ dims: [2, 4], axis: 1, num_axes: 1 }, '2x8', '2x2x4'],
    [{ dims: [1], axis: 1, num_axes: 0 }, '2x8', '2x1x8'],
    [{ dims: [1, 1], axis: 2, num_axes: 0 }, '2x8', '2x8x1x1'],
    [{ dims: [1], axis: -1, num_axes: 0 }, '2x8', '2x8x1'],
    [{ dims: [-1], axis: 1, end_axis: 2 }, IMAGE, '2x48x8'],
    [{ dims: [-1], axis: 0, end_axis: -2 }, IMAGE, '96x8'],
  ])('with %j makes %s into %s', (attributes, input, output) => {
    expect(runRow(CaffeReshape, [input], { attributes })).toMatchObject({
      outputs: [output],
      view: true,
      gradients: ['pass'],
      saves: [],
    });
  });

  test('is a copy where the strides do not allow a view', () => {
    expect(runRow(CaffeReshape, ['6x4 /1x6'], { attributes: { dims: [-1] } })).toMatchObject({
      outputs: ['24'],
      view: false,
    });
  });

  test.each([
    [{ dims: [5, -1] }, '[2, 6, 8, 8] does not reshape by [5, -1]'],
    [{ dims: [7], axis: 1, num_axes: 1 }, '[2, 6, 8, 8] does not reshape by [7]'],
    [{ dims: [1], axis: 5 }, 'axis 5 is outside rank 5'],
    [{ dims: [-1], axis: 4, end_axis: -1 }, 'axis 4 is outside rank 4'],
  ])('with %j is refused: %s', (attributes, message) => {
    expect(() => runRow(CaffeReshape, [IMAGE], { attributes })).toThrow(message);
  });
});

describe('views of a part', () => {
  // torch: x[:, 1:4] and x[:, :, :5, :4].
  test('CaffeSlice cuts at its points', () => {
    expect(runRow(CaffeSlice, [IMAGE], { attributes: { slice_point: [1, 4] }, outputCount: 3 })).toMatchObject({
      outputs: ['2x1x8x8 /384x64x8x1', '2x3x8x8 /384x64x8x1', '2x2x8x8 /384x64x8x1'],
      view: true,
      gradients: ['new'],
    });
  });

  test('CaffeSlice without points is the whole', () => {
    expect(runRow(CaffeSlice, [IMAGE]).outputs).toEqual([IMAGE]);
  });

  test('Crop takes the size of the other, from its axis on', () => {
    expect(runRow(Crop, [IMAGE, '1x9x5x4'], { attributes: { axis: 2 } })).toMatchObject({
      outputs: ['2x6x5x4 /384x64x8x1'],
      view: true,
      gradients: ['new', 'none'],
    });
    expect(runRow(Crop, [IMAGE, '1x3x5x4'], { attributes: { axis: 1 } }).outputs).toEqual(['2x3x5x4 /384x64x8x1']);
  });

  test.each([
    [() => runRow(CaffeSlice, [IMAGE], { attributes: { slice_point: [6] } }), 'slice points [6] do not divide 6'],
    [() => runRow(CaffeSlice, [IMAGE], { attributes: { slice_point: [4, 2] } }), 'slice points [4, 2] do not divide 6'],
    [() => runRow(Crop, [IMAGE, '2x3x9x9']), '[2, 6, 8, 8] cannot be cropped to [2, 6, 9, 9]'],
    [() => runRow(Crop, [IMAGE]), 'Row needs input 1'],
  ])('%# is refused: %s', (run, message) => {
    expect(run).toThrow(message);
  });
});

describe('Interp', () => {
  // interp_layer.cpp: (size - 1) / shrink + 1, then size + (size - 1) * (zoom - 1).
  test.each([
    [{ height: 33, width: 65 }, [IMAGE], '2x6x33x65'],
    [{ shrink_factor: 2 }, [IMAGE], '2x6x4x4'],
    [{ zoom_factor: 8 }, [IMAGE], '2x6x57x57'],
    [{ shrink_factor: 2, zoom_factor: 2 }, [IMAGE], '2x6x7x7'],
    [{ zoom_factor: 2, pad_beg: -1, pad_end: -1 }, [IMAGE], '2x6x11x11'],
    [{ scale: 2 }, [IMAGE], '2x6x16x16'],
    [{}, [IMAGE, '2x1x9x7'], '2x6x9x7'],
    [{ zoom_factor: 2 }, [IMAGE, '2x1x9x7'], '2x6x15x15'],
  ])('with %j resizes %j to %s', (attributes, inputs, output) => {
    expect(runRow(Interp, inputs, { attributes })).toMatchObject({
      outputs: [output],
      saves: [],
      gradients: ['new', 'none'],
    });
  });

  test('runs in float32, as upsample_bilinear2d does', () => {
    expect(Interp.autocast).toBe('fp32');
  });
});

describe('copies in another order', () => {
  test.each([
    ['CaffeTile', CaffeTile, [IMAGE], { axis: 1, tiles: 2 }, '2x12x8x8', []],
    ['CaffeTile, of nothing more', CaffeTile, [IMAGE], {}, IMAGE, []],
    ['Im2col', Im2col, [IMAGE], { kernel_shape: [3, 3], pads: [1, 1, 1, 1] }, '2x54x8x8', []],
    ['ShuffleChannel', ShuffleChannel, [IMAGE], { group: 3 }, IMAGE, []],
    ['BatchReindex', BatchReindex, [IMAGE, '9'], {}, '9x6x8x8', ['input 1']],
    // spp_layer.cpp: 1 + 4 + 16 bins of each channel, joined.
    ['SPP', SPP, [IMAGE], { pyramid_height: 3 }, '2x126', ['input 0', 'indices 2x126 int64']],
  ])('%s', (...[, row, inputs, attributes, output, saves]) => {
    expect(runRow(row, inputs, { attributes })).toMatchObject({ outputs: [output], saves, view: false });
  });

  test('Filter takes every sample to pass', () => {
    expect(runRow(Filter, [IMAGE, '2x5', '2'], { outputCount: 2 }).outputs).toEqual([IMAGE, '2x5']);
  });
});
