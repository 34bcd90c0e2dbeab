import { describe, expect, test } from '@jest/globals';
import type { NodeDescription, ProgramDescription } from '../../../examples/pt2-writer.js';
import { bound, call, read, written } from './reading.js';

const X = ['s0', 4, 8, 8];
const PART = ['s0', 8, 8];
const y = call('cos.default', { self: '%x' }, { y: X });
const select = (of: string, name = 'part'): NodeDescription =>
  call('select.int', { self: `%${of}`, dim: 1, index: 0 }, { [name]: PART });
const source = call('mean.dim', { self: '%x', dim: [1] }, { source: PART });
const copy = (self: string, name = 'copied'): NodeDescription =>
  call('copy_.default', { self: `%${self}`, src: '%source' }, { [name]: PART });
const sine = (of: string, name: string): NodeDescription =>
  call('sin.default', { self: `%${of}` }, { [name]: of === 'copied' ? PART : X });

/** Only what comes behind `y` and `source`. */
async function readBehind(nodes: readonly NodeDescription[], rest?: Partial<ProgramDescription>): Promise<string[]> {
  const layers = written(await read([y, source, ...nodes], rest));
  return layers.slice(layers.findIndex((layer) => layer.startsWith('source =')) + 1);
}

describe('what is written through a view', () => {
  test('is read of the tensor afterwards, and not before', async () => {
    const layers = await readBehind([sine('y', 'before'), select('y'), copy('part'), sine('y', 'after')]);
    expect(layers).toEqual([
      'before = Sin(y)',
      'part = Gather(y, [0])',
      'copied/replaced = Detach(part)',
      'copied = CopyInto(copied/replaced, source)',
      'copied/rewritten = Rewritten(y, copied)',
      'after = Sin(copied/rewritten)',
    ]);
  });

  test('time after time adds up', async () => {
    const again = [select('y', 'other'), copy('other', 'copied_1')];
    const layers = await readBehind([select('y'), copy('part'), ...again, sine('y', 'after')]);
    expect(layers.filter((layer) => /Rewritten|Gather|Sin/.test(layer))).toEqual([
      'part = Gather(y, [0])',
      'copied/rewritten = Rewritten(y, copied)',
      'other = Gather(copied/rewritten, [0])',
      'copied_1/rewritten = Rewritten(copied/rewritten, copied_1)',
      'after = Sin(copied_1/rewritten)',
    ]);
  });

  test('of a view, or under the name it got when it was written, is too', async () => {
    const inner = call('select.int', { self: '%part', dim: 1, index: 0 }, { inner: ['s0', 8] });
    const scaled = call('mul_.Tensor', { self: '%inner', other: 2 }, { scaled: ['s0', 8] });
    const shifted = call('add_.Tensor', { self: '%scaled', other: 1 }, { shifted: ['s0', 8] });
    const layers = await readBehind([select('y'), inner, scaled, shifted, sine('y', 'after')]);
    expect(layers).toEqual([
      'part = Gather(y, [0])',
      'inner = Gather(part, [0])',
      'scaled = Mul(inner, [2])',
      'scaled/rewritten = Rewritten(y, scaled)',
      'shifted = Add(scaled, [1])',
      'shifted/rewritten = Rewritten(scaled/rewritten, shifted)',
      'after = Sin(shifted/rewritten)',
    ]);
  });

  test('is followed by what is written over the whole', async () => {
    const whole = call('relu_.default', { self: '%y' }, { whole: X });
    const layers = await readBehind([select('y'), copy('part'), whole, select('whole', 'other'), sine('y', 'after')]);
    expect(layers.slice(-4)).toEqual([
      'copied/rewritten = Rewritten(y, copied)',
      'whole = Relu(copied/rewritten)',
      'other = Gather(whole, [0])',
      'after = Sin(whole)',
    ]);
  });

  test('is returned', async () => {
    const { outputs } = await read([y, source, select('y'), copy('part')], { outputs: ['y'] });
    expect(outputs).toEqual(['copied/rewritten']);
  });

  test('is the same memory', async () => {
    const graph = bound(await read([y, source, select('y'), copy('part'), sine('y', 'after')]));
    const storages = ['y', 'part', 'copied', 'copied/rewritten'].map((id) => graph.tensors.get(id)?.storage);
    expect([storages, graph.problems]).toEqual([['y', 'y', 'y', 'y'], []]);
  });
});

describe('nothing else is rewritten:', () => {
  const none = async (...parts: Parameters<typeof readBehind>): Promise<void> => {
    expect((await readBehind(...parts)).filter((layer) => layer.includes('Rewritten'))).toEqual([]);
  };

  test('a tensor that is written as a whole', () => none([call('relu_.default', { self: '%y' }, { z: X })]));

  test('what may be a copy', () =>
    none([
      call('reshape.default', { self: '%y', shape: ['%s0', 256] }, { flat: ['s0', 256] }),
      call('mul_.Tensor', { self: '%flat', other: 2 }, { scaled: ['s0', 256] }),
    ]));

  test('a tensor that nobody reads afterwards', () => none([select('y'), copy('part'), sine('copied', 'z')]));

  test('what is written by many at once, and named no more', () =>
    none([select('y'), call('_foreach_add_.Scalar', { self: ['%part'], scalar: 1 }, {}), sine('y', 'after')]));

  test('what changes its form or its way back, not its elements', () =>
    none([
      select('y'),
      call('unsqueeze_.default', { self: '%part', dim: 1 }, { wide: ['s0', 1, 8, 8] }),
      call('detach_.default', { self: '%wide' }, { cut: ['s0', 1, 8, 8] }),
      sine('y', 'after'),
    ]));

  test('a weight', () =>
    none(
      [
        call('select.int', { self: '%p_w', dim: 0, index: 0 }, { row: [8] }),
        call('mul_.Tensor', { self: '%row', other: 2 }, { scaled: [8] }),
      ],
      { parameters: { w: [4, 8] } },
    ));
});
