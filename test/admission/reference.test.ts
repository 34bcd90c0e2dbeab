import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { formatReference, parseReference } from '../../src/admission/reference.js';

describe('a reference to a model', () => {
  test.each([
    ['configmap://net', { kind: 'configmap', name: 'net' }],
    ['configmap://net/model.onnx', { kind: 'configmap', name: 'net', key: 'model.onnx' }],
    [' configmap://a.b-c/K_1-x.gz ', { kind: 'configmap', name: 'a.b-c', key: 'K_1-x.gz' }],
    [`configmap://${'a'.repeat(253)}`, { kind: 'configmap', name: 'a'.repeat(253) }],
  ])('%j names a ConfigMap', (text, expected) => {
    expect(parseReference(text)).toEqual(expected);
  });

  test.each([
    '',
    'net',
    'configmap:net',
    'configmap:/net',
    'configmap://',
    'configmap:///key',
    'configmap://net/',
    'configmap://net/a/b',
    'configmap://net//b',
    'configmap://Net',
    'configmap://-net',
    'configmap://net-',
    'configmap://../etc',
    'configmap://net/a b',
    'configmap://net/a%2Fb',
    'configmap://net/é',
    `configmap://${'a'.repeat(254)}`,
    `configmap://net/${'a'.repeat(254)}`,
    'configmap://net?x=1',
    'configmap://other/net\nx',
    'CONFIGMAP://net',
    'http://169.254.169.254/latest',
    'file:///etc/passwd',
    'volume://data/model.onnx',
  ])('%j is none', (text) => {
    expect(parseReference(text)).toBeUndefined();
  });

  test('reads back as it was written', () => {
    const name = fc.stringMatching(/^[a-z0-9]([-a-z0-9.]{0,20}[a-z0-9])?$/);
    const key = fc.stringMatching(/^[-._a-zA-Z0-9]{1,20}$/);
    fc.assert(
      fc.property(name, fc.option(key, { nil: undefined }), (name, key) => {
        const reference = { kind: 'configmap' as const, name, ...(key !== undefined && { key }) };
        expect(parseReference(formatReference(reference))).toEqual(reference);
      }),
    );
  });
});
