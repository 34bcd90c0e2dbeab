import { expect, test } from '@jest/globals';
import { Gradients, LiveTensors } from '../../src/estimate/memory-state.js';
import type { PlannedTensor } from '../../src/estimate/plan.js';
import { Tape } from '../../src/estimate/tape.js';
import { eventsOf } from '../helpers/trace.js';

const tensor: PlannedTensor = {
  id: 't',
  index: 0,
  type: { dtype: 'float32', shape: [4] },
  storage: 'storage',
  requiresGrad: true,
  isWeight: true,
  isLeaf: true,
  bytes: 16,
};
const kinds = (tape: Tape): string[] => eventsOf(tape).map(({ kind, block }) => `${kind} ${block.owner}`);

test('two gradients are summed in place where nobody else holds the first', () => {
  const tape = new Tape();
  const gradients = new Gradients(tape);
  gradients.add(tensor, tape.allocate(16, 'first', 'temporaries'));
  gradients.add(tensor, tape.allocate(16, 'second', 'temporaries'));
  expect(kinds(tape)).toEqual(['allocate first', 'allocate second', 'free second']);
});

test('and into a new tensor where somebody does', () => {
  const tape = new Tape();
  const gradients = new Gradients(tape);
  const first = tape.allocate(16, 'first', 'temporaries');
  gradients.add(tensor, tape.retain(first));
  gradients.add(tensor, tape.allocate(16, 'second', 'temporaries'));
  expect(kinds(tape)).toEqual(['allocate first', 'allocate second', 'allocate first', 'free second']);
  tape.release(first);
  expect(kinds(tape).at(-1)).toBe('free first');
});

test('and where the first went through a view, which holds its base', () => {
  // As torch 2.15's profiler shows a language model whose head is tied to its embedding.
  const tape = new Tape();
  const gradients = new Gradients(tape);
  const first = tape.allocate(16, 'head', 'temporaries');
  first.viewed = true;
  gradients.accumulate(tensor, first, 'embedding');
  gradients.accumulate(tensor, tape.allocate(16, 'lookup', 'temporaries'), 'embedding');
  expect(kinds(tape)).toEqual(['allocate head', 'allocate lookup', 'allocate embedding', 'free head', 'free lookup']);
});

test('a gradient of the parameter becomes its .grad without a copy; a later one is added in place', () => {
  const tape = new Tape();
  const gradients = new Gradients(tape);
  const gradient = tape.allocate(16, 'layer', 'temporaries');
  gradients.accumulate(tensor, gradient, 'layer');
  expect(gradient.tag).toBe('gradients');
  gradients.accumulate(tensor, tape.allocate(16, 'again', 'temporaries'), 'layer');
  expect(kinds(tape)).toEqual(['allocate layer', 'allocate again', 'free again']);
  gradients.clear();
  expect(kinds(tape).at(-1)).toBe('free layer');
});

test('a gradient that somebody else holds is copied into .grad', () => {
  const tape = new Tape();
  const gradients = new Gradients(tape);
  const shared = tape.allocate(16, 'shared', 'temporaries');
  gradients.accumulate(tensor, tape.retain(shared), 'layer');
  expect(kinds(tape)).toEqual(['allocate shared', 'allocate layer']);
  expect(gradients.ofParameters.get('storage')?.tag).toBe('gradients');
});

test('a name holds its block until its last reader is done; one that nobody reads holds nothing', () => {
  const tape = new Tape();
  const live = new LiveTensors(tape, new Map([['t', 2]]));
  live.bind(tensor, tape.allocate(16, 'layer', 'activations'));
  live.read(tensor);
  expect(live.get(tensor)).toBeDefined();
  live.read(tensor);
  expect(live.get(tensor)).toBeUndefined();
  live.bind({ ...tensor, id: 'unread', index: 1 }, tape.allocate(8, 'other', 'activations'));
  expect(kinds(tape)).toEqual(['allocate layer', 'free layer', 'allocate other', 'free other']);
});

test('releasing a block twice is a mistake of the program, and says whose', () => {
  const tape = new Tape();
  const block = tape.allocate(16, 'layer', 'activations');
  tape.release(block);
  expect(() => tape.release(block)).toThrow('block of layer released twice');
});
