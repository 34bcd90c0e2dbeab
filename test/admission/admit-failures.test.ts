import { describe, expect, test } from '@jest/globals';
import { AdmissionError } from '../../src/admission/failures.js';
import { FormatError } from '../../src/formats/index.js';
import type { SizedModel } from '../../src/admission/sized-model.js';
import { decisionOn, patchOf, ports } from '../helpers/admission.js';
import { pod } from '../helpers/pods.js';
import { sizedModel } from '../helpers/sized.js';

test('mistakes of ours are heard of where there is a log, others are not', async () => {
  const heard: unknown[] = [];
  const mistake = (cause: unknown): unknown => heard.push(cause);
  const ours = new TypeError('x is not a function');
  await decisionOn(pod(), ports({ mistake, size: () => Promise.reject(ours) }));
  await decisionOn(pod(), ports({ mistake, size: () => Promise.reject(new AdmissionError('TIMEOUT', 'late')) }));
  await decisionOn(pod({ annotations: { 'layergauge.dev/mode': 'x' } }), ports({ mistake }));
  expect(heard).toEqual([ours]);
});

describe('what goes wrong becomes a decision', () => {
  test.each([
    [
      'a rejection',
      () => Promise.reject(new FormatError({ code: 'MALFORMED', format: 'onnx', message: 'short' })),
      'MALFORMED',
    ],
    [
      'a throw',
      () => {
        throw new AdmissionError('SOURCE_NOT_FOUND', 'none');
      },
      'SOURCE_NOT_FOUND',
    ],
    [
      'a mistake',
      () => {
        throw new TypeError('x is not a function');
      },
      'INTERNAL',
    ],
    ['an answer that is none', () => Promise.resolve(undefined as never), 'INTERNAL'],
  ])('where sizing ends in %s', async (_, size, code) => {
    expect(await decisionOn(pod(), ports({ size }))).toMatchObject({ kind: 'skip', reason: code });
    const denying = pod({ annotations: { 'layergauge.dev/on-failure': 'deny' } });
    expect(await decisionOn(denying, ports({ size }))).toMatchObject({ kind: 'deny', code });
  });

  test('where a part of the model is not known: a lower bound with a warning, or a denial', async () => {
    const shortcomings = ['unknown operator Odd (1x)', 'no shape for layer "b"'];
    const size = (): Promise<SizedModel> => Promise.resolve(sizedModel({ shortcomings }));
    const { warnings, operations } = await patchOf(pod(), ports({ size }));
    expect(warnings).toContain('layergauge: a lower bound for 2 reasons: unknown operator Odd (1x)');
    expect(operations.map(({ path }) => path)).toContain('/spec/containers/0/resources');
    const denying = pod({ annotations: { 'layergauge.dev/on-failure': 'deny' } });
    expect(await decisionOn(denying, ports({ size }))).toEqual({
      kind: 'deny',
      code: 'ESTIMATE_INCOMPLETE',
      message: 'layergauge: ESTIMATE_INCOMPLETE: unknown operator Odd (1x)',
    });
  });

  test.each([
    [
      'nodes',
      {
        nodes: () => {
          throw new Error('x');
        },
      },
    ],
    [
      'pins',
      {
        pinned: () => {
          throw new Error('x');
        },
      },
    ],
  ])('where the %s cannot be had', async (_, broken) => {
    const object = pod();
    const controlled = {
      ...object,
      metadata: { ...object.metadata, ownerReferences: [{ uid: 'job', controller: true }] },
    };
    expect(await decisionOn(controlled, ports(broken))).toMatchObject({ kind: 'skip', reason: 'INTERNAL' });
  });

  test('where the pod cannot be read though it opted in, and says where', async () => {
    const object = pod({ annotations: { 'layergauge.dev/batch-size': 32, 'layergauge.dev/on-failure': 'deny' } });
    expect(await decisionOn(object)).toEqual({
      kind: 'deny',
      code: 'POD_UNREADABLE',
      message:
        'layergauge: POD_UNREADABLE: metadata.annotations.layergauge.dev/batch-size: Invalid input: expected string, received number',
    });
  });

  test('where an annotation is wrong, and denies only where exactly that was asked', async () => {
    const wrong = { 'layergauge.dev/mode': 'on', 'layergauge.dev/on-failure': 'dney' };
    expect(await decisionOn(pod({ annotations: wrong }))).toMatchObject({ kind: 'skip', reason: 'ANNOTATION_INVALID' });
    expect(await decisionOn(pod({ annotations: { ...wrong, 'layergauge.dev/on-failure': 'deny' } }))).toMatchObject({
      kind: 'deny',
      code: 'ANNOTATION_INVALID',
    });
  });

  test('where the patch would not be a pod the API takes', async () => {
    const huge = pod({ annotations: { 'example.com/notes': 'x'.repeat(256 * 1024) } });
    expect(await decisionOn(huge)).toMatchObject({ kind: 'skip', reason: 'PATCH_INVALID' });
  });
});
