import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  AnnotationError,
  ANNOTATIONS,
  deniesOnFailure,
  parseSeconds,
  readIntent,
} from '../../src/admission/annotations.js';
import type { Intent } from '../../src/admission/annotations.js';
import { readPod } from '../../src/admission/pod.js';

function intentOf(annotations: Readonly<Record<string, string | null>>): Intent {
  const pod = readPod({ metadata: { annotations }, spec: { containers: [{ name: 'main' }] } });
  if (!pod) throw new Error('no pod');
  return readIntent(pod);
}

const intent = (annotations: Readonly<Record<string, string>> = {}): Intent =>
  intentOf({
    'layergauge.dev/model': 'configmap://net',
    ...Object.fromEntries(Object.entries(annotations).map(([name, text]) => [`layergauge.dev/${name}`, text])),
  });

describe('the annotations of a pod', () => {
  test('say the model alone at least; the rest has defaults', () => {
    expect(intent()).toEqual({
      model: { kind: 'configmap', name: 'net' },
      setup: {},
      mode: 'enforce',
      overwrite: 'raise-only',
    });
  });

  test('are read with the blanks around them taken off', () => {
    expect(
      intent({
        container: ' trainer ',
        mode: 'advise\n',
        overwrite: ' never',
        'on-failure': 'deny ',
        'target-step-time': ' 250ms',
        'batch-size': ' 64 ',
        optimizer: 'sgd',
        precision: 'bf16',
      }),
    ).toEqual({
      model: { kind: 'configmap', name: 'net' },
      container: 'trainer',
      mode: 'advise',
      overwrite: 'never',
      targetStepSeconds: 0.25,
      setup: {
        batchSize: { value: 64, from: 'annotation' },
        optimizer: { value: 'sgd', from: 'annotation' },
        precision: { value: 'bf16', from: 'annotation' },
      },
    });
  });

  test('of others are not ours to read', () => {
    const others = { 'example.com/mode': 'odd', mode: 'odd', 'layergauge.dev.example/mode': 'odd' };
    expect(intentOf({ 'layergauge.dev/model': 'configmap://net', ...others })).toEqual(intent());
  });

  test('that we write are not read as wishes', () => {
    expect(intent({ estimate: '{}', status: 'odd' })).toEqual(intent());
  });

  test('that are null are not there', () => {
    expect(intentOf({ 'layergauge.dev/model': 'configmap://net', 'layergauge.dev/mode': null })).toEqual(intent());
  });
});

describe('a value that is none is refused with what is allowed and the nearest spelling', () => {
  test.each([
    ['model', 'resnet50', 'layergauge.dev/model "resnet50" is not configmap://NAME or configmap://NAME/KEY'],
    ['container', 'Main', 'layergauge.dev/container "Main" is not the name of one of the pod\'s containers'],
    ['mode', 'enforced', 'layergauge.dev/mode "enforced" is not one of enforce, advise, off; did you mean "enforce"?'],
    ['mode', 'On', 'layergauge.dev/mode "On" is not one of enforce, advise, off; did you mean "off"?'],
    ['mode', '', 'layergauge.dev/mode "" is not one of enforce, advise, off'],
    [
      'overwrite',
      'raise_only',
      'layergauge.dev/overwrite "raise_only" is not one of raise-only, always, never; did you mean "raise-only"?',
    ],
    ['overwrite', 'true', 'layergauge.dev/overwrite "true" is not one of raise-only, always, never'],
    ['on-failure', 'dney', 'layergauge.dev/on-failure "dney" is not one of admit, deny; did you mean "deny"?'],
    ['target-step-time', '250', 'layergauge.dev/target-step-time "250" is not a time in s or ms, such as 250ms'],
    ['target-step-time', '-1s', 'layergauge.dev/target-step-time "-1s" is not a time in s or ms, such as 250ms'],
    ['batch-size', '0', 'layergauge.dev/batch-size "0" is not a whole number from 1 to 999999999'],
    ['batch-size', '3.5', 'layergauge.dev/batch-size "3.5" is not a whole number from 1 to 999999999'],
    ['sequence-length', 'long', 'layergauge.dev/sequence-length "long" is not a whole number from 1 to 999999999'],
    [
      'input-shape',
      '3*224',
      'layergauge.dev/input-shape "3*224" is not dims separated by x, e.g. 3x224x224, or NAME=3x224x224;NAME=…',
    ],
  ])('%s: %j', (name, text, message) => {
    expect(() => intent({ [name]: text })).toThrow(new AnnotationError(message));
  });

  test.each([
    ['optimizer', 'adamW2', '"adamw"'],
    ['precision', 'fp23', '"fp32"'],
    ['loss', 'cross-entropi', '"cross-entropy"'],
  ])('%s: %j is near %s', (name, text, nearest) => {
    expect(() => intent({ [name]: text })).toThrow(`; did you mean ${nearest}?`);
  });

  test.each([
    ['batchsize', 'layergauge.dev/batchsize is unknown; did you mean "batch-size"?'],
    ['optimiser', 'layergauge.dev/optimiser is unknown; did you mean "optimizer"?'],
    ['gpu-count', 'layergauge.dev/gpu-count is unknown'],
    ['Mode', 'layergauge.dev/Mode is unknown; did you mean "mode"?'],
    ['constructor', 'layergauge.dev/constructor is unknown'],
    ['__proto__', 'layergauge.dev/__proto__ is unknown'],
    ['', 'layergauge.dev/ is unknown'],
  ])('an annotation %j that nobody knows', (name, message) => {
    expect(() => intent({ [name]: 'x' })).toThrow(new AnnotationError(message));
  });

  test('a model that is missing', () => {
    expect(() => intentOf({})).toThrow(new AnnotationError('layergauge.dev/model is missing'));
  });

  test('of a long value only the beginning is quoted', () => {
    expect(() => intent({ mode: 'x'.repeat(1000) })).toThrow(
      new AnnotationError(`layergauge.dev/mode "${'x'.repeat(64)}" is not one of enforce, advise, off`),
    );
    expect(() => intent({ ['x'.repeat(1000)]: '' })).toThrow(/^.{0,120}$/);
  });

  test('whatever the values, the outcome is an intent or an AnnotationError', () => {
    const name = fc.oneof(fc.constantFrom(...Object.keys(ANNOTATIONS), 'optimizer', 'input-shape'), fc.string());
    fc.assert(
      fc.property(fc.dictionary(name, fc.string()), (annotations) => {
        try {
          expect(['enforce', 'advise', 'off']).toContain(intent(annotations).mode);
        } catch (error) {
          expect(error).toBeInstanceOf(AnnotationError);
        }
      }),
    );
  });
});

describe('a time', () => {
  test.each([
    ['250ms', 0.25],
    ['0.12s', 0.12],
    ['2s', 2],
    ['1000000s', 1e6],
  ])('%s is %d s', (text, seconds) => {
    expect(parseSeconds(text)).toBeCloseTo(seconds, 12);
  });

  test.each(['0s', '0ms', '1', 's', '1m', '1h', '.5s', '1e3s', '1000001s', '∞', `${'9'.repeat(400)}s`])(
    '%j is none',
    (text) => {
      expect(parseSeconds(text)).toBeUndefined();
    },
  );
});

test.each([
  ['deny', true],
  [' deny\n', true],
  ['admit', false],
  ['Deny', false],
  [undefined, false],
])('on-failure %j denies: %s', (text, expected) => {
  const annotations = text === undefined ? {} : { 'layergauge.dev/on-failure': text };
  expect(deniesOnFailure(annotations as Record<string, string>)).toBe(expected);
});
