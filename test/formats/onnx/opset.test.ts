import { expect, test } from '@jest/globals';
import { writeModel } from '../../../examples/onnx-writer.js';
import { opsetAssumptions } from '../../../src/formats/onnx/opset.js';
import { described, readBytes } from './reading.js';

test.each([
  ['7, the oldest', [{ domain: '', version: 7 }], []],
  ['28, the newest', [{ domain: '', version: 28 }], []],
  ['6', [{ domain: '', version: 6 }], ['opset 6 is read as opset 7']],
  ['6 of the domain by name', [{ domain: 'ai.onnx', version: 6 }], ['opset 6 is read as opset 7']],
  ['-1', [{ domain: '', version: -1 }], ['opset -1 is read as opset 7']],
  ['99', [{ domain: '', version: 99 }], ['opset 99 is read as opset 28, the newest known here']],
  ['nothing, as before IR version 3', [], ['opset 1 is read as opset 7']],
  ['another domain alone', [{ domain: 'com.microsoft', version: 1 }], []],
  [
    'two versions, of which the last counts',
    [
      { domain: '', version: 6 },
      { domain: '', version: 17 },
    ],
    [],
  ],
])('a model of opset %s', (_, opsetImport, assumptions) => {
  expect(opsetAssumptions({ opsetImport })).toEqual(assumptions);
});

test('what is taken for granted of the opset is a hint of the graph', async () => {
  const graph = await readBytes(writeModel(described(['y = Relu(x)']), 6));
  expect(graph.hints).toEqual({ assumptions: ['opset 6 is read as opset 7'] });
});
