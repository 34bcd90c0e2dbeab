import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { AnnotationError } from '../../src/admission/annotations.js';
import { failed } from '../../src/admission/fail.js';
import { ADMISSION_ERROR_CODES, AdmissionError } from '../../src/admission/failures.js';
import { FormatError } from '../../src/formats/index.js';

const DENY = { 'layergauge.dev/on-failure': 'deny' };

const CAUSES: readonly (readonly [string, unknown, string])[] = [
  [
    'of the admission',
    new AdmissionError('SOURCE_NOT_FOUND', 'no ConfigMap "net"'),
    'SOURCE_NOT_FOUND: no ConfigMap "net"',
  ],
  [
    'of a format',
    new FormatError({ code: 'MALFORMED', format: 'onnx', message: 'cut short' }),
    'MALFORMED: onnx: cut short',
  ],
  ['of an annotation', new AnnotationError('mode "x" is none'), 'ANNOTATION_INVALID: mode "x" is none'],
  ['of ours', new TypeError('secret detail'), 'INTERNAL: a mistake of ours; see the log of layergauge'],
  ['that is no error', { message: 'secret detail' }, 'INTERNAL: a mistake of ours; see the log of layergauge'],
  ['that is nothing', undefined, 'INTERNAL: a mistake of ours; see the log of layergauge'],
];

describe.each(CAUSES)('a failure %s', (_, cause, text) => {
  const [code] = text.split(':');

  test('admits the pod as it is, with a warning', () => {
    expect(failed({}, cause)).toEqual({
      kind: 'skip',
      reason: code,
      warnings: [`layergauge: not sized: ${text}`.slice(0, 120)],
    });
  });

  test('denies a pod that asked for it', () => {
    expect(failed(DENY, cause)).toEqual({ kind: 'deny', code, message: `layergauge: ${text}` });
  });
});

test('a code of ours has a meaning in the list for the documentation', () => {
  for (const meaning of Object.values(ADMISSION_ERROR_CODES)) expect(meaning.length).toBeGreaterThan(10);
});

test('of a long message a denial shows the first 500 characters, a warning the first 120', () => {
  const cause = new AdmissionError('SOURCE_UNAVAILABLE', 'x'.repeat(5000));
  const begins = 'layergauge: SOURCE_UNAVAILABLE: ';
  expect(failed(DENY, cause)).toMatchObject({ message: `${begins}${'x'.repeat(497 - begins.length)}...` });
  const warned = 'layergauge: not sized: SOURCE_UNAVAILABLE: ';
  expect(failed({}, cause)).toMatchObject({ warnings: [`${warned}${'x'.repeat(117 - warned.length)}...`] });
});

test('however long and odd a message, what is said is short and printable', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 2000 }), (message) => {
      const cause = new AdmissionError('SOURCE_UNAVAILABLE', message);
      const [admitted, denied] = [failed({}, cause), failed(DENY, cause)];
      if (admitted.kind !== 'skip' || denied.kind !== 'deny') throw new Error('another decision');
      expect(admitted.warnings).toEqual([expect.stringMatching(/^[\x20-\x7e]{1,120}$/)]);
      expect(denied.message).toMatch(/^layergauge: SOURCE_UNAVAILABLE: [\x20-\x7e]{0,470}$/);
    }),
  );
});
