import { describe, expect, test } from '@jest/globals';
import { checkPatched } from '../../src/admission/check.js';
import { AdmissionError } from '../../src/admission/failures.js';
import { applyPatch } from '../../src/admission/json-patch.js';
import type { Operation } from '../../src/admission/types.js';
import { asking, GPU, pod } from '../helpers/pods.js';

const RESOURCES = '/spec/containers/0/resources';
const add = (path: string, value: unknown): Operation => ({ op: 'add', path, value });
const check = (object: unknown, operations: readonly Operation[], container?: number) => (): void =>
  checkPatched(applyPatch(object, operations), container);
const count = (value: unknown): Operation[] => [
  add(RESOURCES, { limits: { [GPU]: value }, requests: { [GPU]: value } }),
];

describe('a patch is dropped', () => {
  test.each<[string, readonly Operation[], string]>([
    ['leaves no pod', [add('/spec/containers', [])], 'the patched object is no pod'],
    ['takes the spec away', [{ op: 'remove', path: '/spec' }], 'the patched object is no pod'],
    ['leaves 1.5 GPUs', count('1500m'), 'nvidia.com/gpu would not be one whole number'],
    [
      'leaves another limit than request',
      [add(RESOURCES, { limits: { [GPU]: '2' }, requests: { [GPU]: '1' } })],
      'nvidia.com/gpu would not be one whole number',
    ],
    [
      'leaves a limit alone',
      [add(RESOURCES, { limits: { [GPU]: '1' } })],
      'nvidia.com/gpu would not be one whole number',
    ],
    [
      'leaves a request alone',
      [add(RESOURCES, { requests: { [GPU]: '1' } })],
      'nvidia.com/gpu would not be one whole number',
    ],
    ['leaves no count', [], 'nvidia.com/gpu would not be one whole number'],
    [
      'makes annotations of more than 256 KiB',
      [...count('1'), add('/metadata/annotations/a', 'x'.repeat(256 * 1024))],
      'the annotations would be larger than the API allows',
    ],
  ])('that %s', (_, operations, message) => {
    expect(check(pod(), operations, 0)).toThrow(new AdmissionError('PATCH_INVALID', message));
  });

  test('with the code for it', () => {
    expect(check(pod(), [add('/spec/containers', [])])).toThrow(expect.objectContaining({ code: 'PATCH_INVALID' }));
  });
});

describe('a patch passes', () => {
  test.each([['1'], ['8'], [1], ['0']])('that leaves %j GPUs as limit and request', (value) => {
    expect(check(pod(), count(value), 0)).not.toThrow();
  });

  test('that is empty, where no count was to be written', () => {
    expect(check(pod(), [])).not.toThrow();
    expect(check(pod({ spec: { containers: [asking('1500m')] } }), [])).not.toThrow();
  });

  test('that fills the annotations to 256 KiB, keys and values, in bytes', () => {
    const object = pod();
    const taken = Object.entries(object.metadata?.['annotations'] as object)
      .flat()
      .join('').length;
    const room = 256 * 1024 - taken - 1;
    expect(check(object, [add('/metadata/annotations/a', 'x'.repeat(room))])).not.toThrow();
    expect(check(object, [add('/metadata/annotations/a', 'x'.repeat(room + 1))])).toThrow('larger than the API allows');
    expect(check(object, [add('/metadata/annotations/a', 'é'.repeat(room / 2 + 1))])).toThrow(
      'larger than the API allows',
    );
  });
});
