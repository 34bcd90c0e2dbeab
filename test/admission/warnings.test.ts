import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { MAX_WARNING_LENGTH, warning } from '../../src/admission/warnings.js';

describe('a warning', () => {
  test('says whose it is', () => {
    expect(warning('not placed')).toBe('layergauge: not placed');
  });

  // The Kubernetes API asks for at most 120 characters; "layergauge: " has 12.
  test('of 108 characters is shown as a whole', () => {
    expect(warning('x'.repeat(108))).toBe(`layergauge: ${'x'.repeat(108)}`);
  });

  test('of more is cut, and shows it', () => {
    expect(warning('x'.repeat(109))).toBe(`layergauge: ${'x'.repeat(105)}...`);
    expect(warning('x'.repeat(5_000_000))).toBe(`layergauge: ${'x'.repeat(105)}...`);
  });

  test('is one line of printable ASCII', () => {
    expect(warning('a\nb\tc\u001b[31m…é\u0000d')).toBe('layergauge: a b c [31m d');
  });

  test('whatever it is made of, has at most 120 printable characters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (text) => {
        const shown = warning(text);
        expect(shown).toMatch(/^layergauge: [\x20-\x7e]*$/);
        expect(shown.length).toBeLessThanOrEqual(MAX_WARNING_LENGTH);
        expect(shown.endsWith('...') || shown.length < MAX_WARNING_LENGTH || text.length <= 108).toBe(true);
      }),
    );
    expect(MAX_WARNING_LENGTH).toBe(120);
  });
});
