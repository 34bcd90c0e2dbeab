import { describe, expect, test } from '@jest/globals';
import { reasonToSkip, warningsOf } from '../../src/admission/opt-in.js';
import { readAnnotations } from '../../src/admission/pod.js';

const MODEL = { 'layergauge.dev/model': 'configmap://net' };

function reason(annotations: unknown, operation = 'CREATE'): string | undefined {
  const object = { metadata: { annotations } };
  return reasonToSkip(readAnnotations(object), { uid: 'u', operation, namespace: 'team', object });
}

describe('a pod that did not opt in', () => {
  const warned = (annotations: Record<string, string>): string[] => warningsOf('not-annotated', annotations);

  test.each([
    [{ 'layergauge.dev/modle': 'configmap://net' }, 'layergauge.dev/modle is unknown; did you mean "model"?'],
    [
      { 'layergauge.dev/mode': 'enforce', 'layergauge.dev/batch-size': '8' },
      'layergauge.dev/mode, layergauge.dev/batch-size: not read without layergauge.dev/model',
    ],
    [
      { 'layergauge.dev/structure': 'configmap://net' },
      'layergauge.dev/structure is unknown; the model is named in layergauge.dev/model',
    ],
    [
      { 'layerguage.dev/model': 'configmap://net' },
      'layerguage.dev/model is unknown; did you mean "layergauge.dev/model"?',
    ],
    [{ 'layergauge/mode': 'off' }, 'layergauge/mode is unknown; did you mean "layergauge.dev/mode"?'],
    [{ 'layergauge.dev/model': '' }, 'layergauge.dev/model: not read without layergauge.dev/model'],
  ])('with %j hears of it', (annotations, message) => {
    expect(warned(annotations)).toEqual([`layergauge: ${message}`]);
  });

  test.each([
    {},
    { 'example.com/modle': 'net' },
    { 'example.com/model': 'net', model: 'net', 'layergauge.dev': 'net' },
    { 'layerguage.dev/owner': 'ml' },
    { 'layergauge.dev/modle': 'configmap://net', 'layergauge.dev/mode': 'off' },
    { 'layergauge.dev/status': 'estimated', 'layergauge.dev/estimate': '{}' },
  ])('with %j has nothing to hear', (annotations) => {
    expect(warned(annotations)).toEqual([]);
  });

  test('for another reason has nothing to hear', () => {
    expect(warningsOf('not-created', { 'layergauge.dev/modle': 'configmap://net' })).toEqual([]);
  });
});

describe('a pod', () => {
  test('that names its model opted in', () => {
    expect(reason(MODEL)).toBeUndefined();
  });

  test('is ours even where the model is no reference: the user must hear of it', () => {
    expect(reason({ 'layergauge.dev/model': ' ' })).toBeUndefined();
  });

  test.each([
    ['has no annotations', undefined],
    ['has null for its annotations', null],
    ['has a list for its annotations', [MODEL]],
    ['has other annotations', { 'layergauge.dev/mode': 'enforce' }],
    ['has an empty model', { 'layergauge.dev/model': '' }],
    ['has null for its model', { 'layergauge.dev/model': null }],
    ['has a number for its model', { 'layergauge.dev/model': 5 }],
    ['has the model as a label of another prefix', { 'example.com/model': 'configmap://net' }],
  ])('that %s did not', (_, annotations) => {
    expect(reason(annotations)).toBe('not-annotated');
  });

  test.each(['off', ' off '])('with mode %j is left alone', (mode) => {
    expect(reason({ ...MODEL, 'layergauge.dev/mode': mode })).toBe('mode-off');
  });

  test.each(['UPDATE', 'DELETE', 'CONNECT', '', 'create'])('is sized when it is created, not on %j', (operation) => {
    expect(reason(MODEL, operation)).toBe('not-created');
  });

  test('that mirrors a static one is left alone, even where the mark is empty', () => {
    expect(reason({ ...MODEL, 'kubernetes.io/config.mirror': '' })).toBe('mirror-pod');
  });
});
