import { describe, expect, test } from '@jest/globals';
import { symbol } from '../../../src/graph/index.js';
import { CHAIN, parseText } from './fixtures.js';

describe('the size of the input', () => {
  const [c, h, w, n] = ['channels', 'height', 'width', 'batch'].map(symbol);
  test.each([
    ['input: "data"', [n, c, h, w]],
    ['input: "data" input_shape { dim: 2 dim: 3 dim: 4 }', [2, 3, 4]],
    ['input: "data" input_dim: 1 input_dim: 3 input_dim: 5 input_dim: 6', [1, 3, 5, 6]],
    ['layer { type: "Data" top: "data" data_param { batch_size: 7 } }', [7, c, h, w]],
    ['layer { type: "Data" top: "data" transform_param { crop_size: 9 force_gray: true } }', [n, 1, 9, 9]],
    ['layer { type: "ImageData" top: "data" image_data_param { batch_size: 2 is_color: false } }', [2, 1, h, w]],
    [
      'layer { type: "MemoryData" top: "data" memory_data_param { batch_size: 2 channels: 1 height: 8 width: 9 } }',
      [2, 1, 8, 9],
    ],
    [
      'layer { type: "ImageData" top: "data" transform_param { crop_size: 0 } image_data_param { new_height: 0 new_width: 0 } }',
      [n, 3, h, w],
    ],
    [
      'layer { type: "ImageData" top: "data" transform_param { crop_size: 0 } image_data_param { new_height: 8 new_width: 9 } }',
      [n, 3, 8, 9],
    ],
    ['layer { type: "HDF5Data" top: "data" hdf5_data_param { batch_size: 3 } }', [3, c, h, w]],
    [
      'layer { type: "DummyData" top: "data" dummy_data_param { num: 2 channels: 3 height: 4 width: 5 } }',
      [2, 3, 4, 5],
    ],
    ['layers { type: DATA top: "data" data_param { batch_size: 4 crop_size: 6 } }', [4, c, 6, 6]],
    ['layer { type: "Python" top: "data" python_param { layer: "L" param_str: "{\'batch_size\': 5}" } }', [5, c, h, w]],
    ['layer { type: "Python" top: "data" python_param { layer: "RoIDataLayer" } }', [1, 3, 600, 1000]],
  ])('%s', async (source, shape) => {
    const graph = await parseText(`${source} ${CHAIN}`);
    expect(graph.tensors.get('data')?.shape).toEqual(shape);
    expect(graph.inputs).toEqual(['data']);
  });
});
