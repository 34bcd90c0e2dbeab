import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { annotationsOf, controllerOf, readAnnotations, readPod, whyUnreadable } from '../../src/admission/pod.js';

const SPEC = { containers: [{ name: 'main' }] };

describe('a pod can be read', () => {
  test.each([
    ['with nothing but a container', { spec: SPEC }],
    [
      'with null wherever something may be left out',
      {
        metadata: { name: null, annotations: null, ownerReferences: null },
        spec: {
          containers: [
            { name: null, restartPolicy: null, resources: null },
            { resources: { limits: null, requests: null, claims: null } },
          ],
          initContainers: null,
          nodeName: null,
          nodeSelector: null,
          tolerations: null,
          resourceClaims: null,
          affinity: null,
        },
      },
    ],
    [
      'with null in its affinity',
      {
        metadata: null,
        spec: {
          ...SPEC,
          affinity: {
            nodeAffinity: {
              requiredDuringSchedulingIgnoredDuringExecution: null,
              preferredDuringSchedulingIgnoredDuringExecution: null,
            },
          },
        },
      },
    ],
    [
      'with null in a term, a toleration, a selector, an amount and an annotation',
      {
        metadata: { annotations: { a: null } },
        spec: {
          containers: [{ resources: { limits: { 'nvidia.com/gpu': null } } }],
          nodeSelector: { zone: null },
          tolerations: [{ key: null, operator: null, value: null, effect: null }],
          affinity: {
            nodeAffinity: {
              requiredDuringSchedulingIgnoredDuringExecution: {
                nodeSelectorTerms: [{ matchExpressions: null, matchFields: null }],
              },
            },
          },
        },
      },
    ],
    ['with fields that nobody knows yet', { spec: { ...SPEC, future: [1] }, status: {}, kind: 'Pod' }],
  ])('%s', (_, object) => {
    expect(readPod(object)).toBeDefined();
  });
});

describe('an object is no pod', () => {
  test.each([
    ['null', null, 'the object: Invalid input: expected object, received null'],
    ['a list', [], 'the object: Invalid input: expected object, received array'],
    ['without a spec', {}, 'spec: Invalid input: expected object, received undefined'],
    [
      'without a container',
      { spec: { containers: [] } },
      'spec.containers: Too small: expected array to have >=1 items',
    ],
    [
      'with null for a container',
      { spec: { containers: [null] } },
      'spec.containers.0: Invalid input: expected object, received null',
    ],
    [
      'with a number for an annotation',
      { metadata: { annotations: { a: 5 } }, spec: SPEC },
      'metadata.annotations.a: Invalid input: expected string, received number',
    ],
    [
      'with null for a toleration',
      { spec: { ...SPEC, tolerations: [null] } },
      'spec.tolerations.0: Invalid input: expected object, received null',
    ],
    [
      'with null for a term',
      {
        spec: {
          ...SPEC,
          affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [null] } } },
        },
      },
      'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms.0: Invalid input: expected object, received null',
    ],
  ])('%s, and where it is wrong is said', (_, object, why) => {
    expect(readPod(object)).toBeUndefined();
    expect(whyUnreadable(object)).toBe(why);
  });
});

describe('annotations', () => {
  test('are those that have a text', () => {
    const pod = readPod({ metadata: { annotations: { a: 'x', b: null, c: '' } }, spec: SPEC });
    expect(pod && annotationsOf(pod)).toEqual({ a: 'x', c: '' });
  });

  test('are read of what is no pod, too', () => {
    expect(readAnnotations({ metadata: { annotations: { a: 'x', b: 5 } } })).toEqual({ a: 'x' });
  });

  test('with the names of prototypes change no prototype', () => {
    const annotations = readAnnotations(JSON.parse('{"metadata":{"annotations":{"__proto__":"x","constructor":"y"}}}'));
    expect(Object.getPrototypeOf(annotations)).toBe(Object.prototype);
    expect(Object.entries(annotations)).toEqual([
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ]);
  });

  test('of anything at all are texts by name', () => {
    fc.assert(
      fc.property(fc.anything(), (object) => {
        expect(Object.values(readAnnotations(object)).every((text) => typeof text === 'string')).toBe(true);
      }),
    );
  });

  test('are not inherited', () => {
    const metadata = Object.create({ annotations: { a: 'x' } }) as object;
    expect(readAnnotations({ metadata })).toEqual({});
  });
});

test.each([
  ['has none', undefined, undefined],
  ['has null', null, undefined],
  ['has owners that do not control it', [{ uid: 'a' }, { uid: 'b', controller: false }], undefined],
  ['has one among others', [{ uid: 'a' }, { uid: 'b', controller: true }], 'b'],
  ['has one without a UID', [{ controller: true }], undefined],
])('a pod that %s has the controller %s', (_, ownerReferences, uid) => {
  const pod = readPod({ metadata: { ownerReferences }, spec: SPEC });
  expect(pod && controllerOf(pod)).toBe(uid);
});
