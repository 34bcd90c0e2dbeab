import { describe, expect, test } from '@jest/globals';
import { writeProgram } from '../../../examples/pt2-writer.js';
import { call, described, readBytes } from './reading.js';

const LOSS = 'File "net.py", line 9, in forward\n    loss = self.loss_function(logits, labels)';
const ITSELF = 'File "net.py", line 8, in forward\n    logits = logits.float()';

/** Logits, a loss of their cast to float32, and both returned under the names that torch.export gives them. */
async function outputsOf(line: string | undefined, dtype = 'float32'): Promise<readonly string[]> {
  const nodes = [
    call('linear.default', { input: '%x', weight: '%p_w' }, { linear: ['s0', 16] }, { dtype }),
    call(
      'to.dtype',
      { self: '%linear', dtype: { dtype: 'float32' } },
      { to: ['s0', 16] },
      line === undefined ? {} : { stackTrace: line },
    ),
    call('cross_entropy_loss.default', { self: '%to', target: '%labels' }, { loss: [] }, { stackTrace: LOSS }),
  ];
  const program = described(nodes, {
    inputs: { x: ['s0', 8], labels: ['s0'] },
    integers: ['labels'],
    parameters: { w: [16, 8] },
    outputs: ['loss', 'to'],
  });
  return (await readBytes(writeProgram(program))).outputs;
}

describe('of a cast that is none in float32 the program returns', () => {
  test('what the loss casts, where the loss does', async () => {
    expect(await outputsOf(LOSS)).toEqual(['loss', 'linear']);
  });

  test.each([
    ['the program casts it itself', ITSELF, 'float32'],
    ['nobody says where it is cast', undefined, 'float32'],
    ['it is a cast in the file', LOSS, 'bfloat16'],
  ])('the cast, where %s', async (_, line, dtype) => {
    expect(await outputsOf(line, dtype)).toEqual(['loss', 'to']);
  });
});
