import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readProvenance } from '../../src/admission/provenance.js';
import type { Provenance } from '../../src/admission/provenance.js';
import { parsed, pod } from '../helpers/pods.js';

const read = (estimate: string | null): Provenance | undefined =>
  readProvenance(parsed(pod({ annotations: { 'layergauge.dev/estimate': estimate } })));

const GOOD: Provenance = {
  container: 'main',
  original: { count: null },
  applied: {
    count: 1,
    product: null,
    prefer: 'Tesla-T4',
    requirements: [
      { key: 'nvidia.com/gpu.memory', operator: 'Gt', values: ['15359'] },
      { key: 'nvidia.com/gpu.sharing-strategy', operator: 'NotIn', values: ['mps', 'time-slicing'] },
      { key: 'nvidia.com/gpu.product', operator: 'NotIn', values: ['NVIDIA-A10'] },
      { key: 'nvidia.com/gpu.replicas', operator: 'NotIn', values: ['4'] },
    ],
    toleration: true,
  },
  inputsHash: 'sha256:00',
};

const changed = (applied: object): string => JSON.stringify({ ...GOOD, applied: { ...GOOD.applied, ...applied } });
const requiring = (...requirements: object[]): string => changed({ requirements });

describe('what an earlier call wrote', () => {
  test('is read from among the rest of the estimate', () => {
    expect(read(JSON.stringify({ version: '1', memory: {}, ...GOOD }))).toEqual(GOOD);
  });

  test.each([
    ['there is no annotation', null],
    ['it is empty', ''],
    ['it is no JSON', '{'],
    ['it is null', 'null'],
    ['it is a list', '[]'],
    ['it is a text', '"x"'],
    ['it is of another shape', '{}'],
    ['its count is no count', changed({ count: -1 })],
    ['its count is a fraction', changed({ count: 1.5 })],
    ['its count is a text', changed({ count: '1' })],
    ['its count is too large to be one', changed({ count: 1e300 })],
    ['a product is no label', changed({ product: 'a b' })],
    ['a product is longer than a label', changed({ prefer: 'a'.repeat(64) })],
    ['a product is missing', JSON.stringify({ ...GOOD, applied: { count: 1 } })],
    ['a requirement has a key that we never write', requiring({ key: 'zone', operator: 'NotIn', values: ['a'] })],
    [
      'a requirement has an operator that we never write',
      requiring({ key: 'nvidia.com/gpu.product', operator: 'In', values: ['a'] }),
    ],
    ['a requirement has no value', requiring({ key: 'nvidia.com/gpu.product', operator: 'NotIn', values: [] })],
    ['a bound is no integer', requiring({ key: 'nvidia.com/gpu.memory', operator: 'Gt', values: ['40Gi'] })],
    [
      'a requirement has more than we write',
      requiring({ key: 'nvidia.com/gpu.memory', operator: 'Gt', values: ['1'], x: 1 }),
    ],
    [
      'it has more requirements than we write',
      requiring(...Array.from({ length: 17 }, () => GOOD.applied.requirements[0] ?? {})),
    ],
    ['it is deeper than anything can be read', `${'['.repeat(4000)}${']'.repeat(4000)}`],
  ])('is nothing where %s', (_, estimate) => {
    expect(read(estimate)).toBeUndefined();
  });

  test('is nothing where it has more than 8 KiB, in bytes', () => {
    const padded = (character: string, count: number): string =>
      JSON.stringify({ ...GOOD, padding: character.repeat(count) });
    const room = 8192 - Buffer.byteLength(padded('', 0));
    expect(read(padded('x', room))).toEqual(GOOD);
    expect(read(padded('x', room + 1))).toBeUndefined();
    // Two bytes each.
    expect(read(padded('é', Math.floor(room / 2) + 1))).toBeUndefined();
  });

  test('changes no prototype', () => {
    expect(read(JSON.stringify(GOOD).replace('{', '{"__proto__":{"polluted":1},'))).toEqual(GOOD);
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });

  test('of any text at all is what we write or nothing', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(read(text)).toBeUndefined();
      }),
    );
  });
});
