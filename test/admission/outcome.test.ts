import { describe, expect, test } from '@jest/globals';
import type { Intent } from '../../src/admission/annotations.js';
import { countToWrite, outcomeOf } from '../../src/admission/outcome.js';
import type { GpuCount } from '../../src/admission/ownership.js';
import type { PlacementResult } from '../../src/placement/place.js';

const NOBODY: GpuCount = { by: 'nobody', count: null, standing: null, isOurs: false };
const user = (count: number): GpuCount => ({ by: 'user', count, standing: count, isOurs: false });
const limitRange = (standing: number): GpuCount => ({ ...NOBODY, standing });
const ours = (standing: number, original: number | null): GpuCount => ({
  by: original === null ? 'nobody' : 'user',
  count: original,
  standing,
  isOurs: true,
});

describe('where one GPU is needed', () => {
  // Null leaves what stands.
  test.each<[string, GpuCount, Record<Intent['overwrite'], number | null>]>([
    ['nobody set a count', NOBODY, { 'raise-only': 1, always: 1, never: 1 }],
    ['a LimitRange wrote 4', limitRange(4), { 'raise-only': 1, always: 1, never: 1 }],
    ['the user set 0', user(0), { 'raise-only': 1, always: 1, never: null }],
    ['the user set 1', user(1), { 'raise-only': null, always: 1, never: null }],
    ['the user set 8', user(8), { 'raise-only': null, always: 1, never: null }],
    ['we wrote 1 where nobody had', ours(1, null), { 'raise-only': null, always: 1, never: null }],
    ["we raised the user's 0 to 1", ours(1, 0), { 'raise-only': null, always: 1, never: null }],
    ["we lowered the user's 8 to 1", ours(1, 8), { 'raise-only': null, always: 1, never: null }],
    ['an annotation says that 8 are ours', ours(8, null), { 'raise-only': null, always: 1, never: null }],
    ['an annotation says that 0 are ours', ours(0, null), { 'raise-only': 1, always: 1, never: 1 }],
  ])('and %s', (_, count, expected) => {
    for (const overwrite of ['raise-only', 'always', 'never'] as const) {
      expect([overwrite, countToWrite(1, overwrite, count)]).toEqual([overwrite, expected[overwrite]]);
    }
  });
});

describe('an outcome', () => {
  const intent = (mode: Intent['mode']): Intent => ({
    model: { kind: 'configmap', name: 'net' },
    setup: {},
    mode,
    overwrite: 'raise-only',
  });
  const gpu = { product: 'Tesla-T4', labelMiB: 15360, fits: true, stepSeconds: 1 };
  const placed: PlacementResult = { kind: 'place', placement: { count: 1, gpu, requirements: [], warnings: ['w'] } };

  test('of a placement writes it, and says the amount where it changes the count', () => {
    expect(outcomeOf(placed, intent('enforce'), NOBODY)).toMatchObject({
      write: { count: 1 },
      gpu,
      sentence: '1 GPU like Tesla-T4',
      warnings: ['w'],
      saysAmount: true,
    });
    expect(outcomeOf(placed, intent('enforce'), user(8))).toMatchObject({
      write: { count: null },
      sentence: '8 GPUs like Tesla-T4',
      saysAmount: false,
    });
  });

  test('without a GPU names none', () => {
    const { sentence } = outcomeOf(
      { kind: 'place', placement: { count: 1, requirements: [], warnings: [] } },
      intent('enforce'),
      NOBODY,
    );
    expect(sentence).toBe('1 GPU');
  });

  test('in mode advise writes nothing', () => {
    expect(outcomeOf(placed, intent('advise'), NOBODY)).toEqual({
      gpu,
      sentence: 'advice only, 1 GPU like Tesla-T4',
      warnings: ['advice: 1 GPU like Tesla-T4', 'w'],
      saysAmount: true,
    });
  });

  test('of advice writes nothing', () => {
    expect(outcomeOf({ kind: 'advise', code: 'X', reason: 'so' }, intent('enforce'), NOBODY)).toEqual({
      gpu: undefined,
      sentence: 'not placed, so',
      warnings: ['not placed: so'],
      saysAmount: true,
    });
  });
});
