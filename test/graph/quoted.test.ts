import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { printable, quoted } from '../../src/graph/index.js';

test.each([
  ['conv1', '"conv1"'],
  ['', '""'],
  ['größe/中', '"größe/中"'],
  ['a\nb\u0000c\u001b[2J', '"a\uFFFDb\uFFFDc\uFFFD[2J"'],
  ['\u202Egnp.exe', '"\uFFFDgnp.exe"'],
  ['x'.repeat(100), `"${'x'.repeat(64)}"`],
  [`${'x'.repeat(63)}😀`, `"${'x'.repeat(63)}\uFFFD"`],
])('the name %j is shown as %j', (name, shown) => {
  expect(quoted(name)).toBe(shown);
});

test('property: whatever the text, what is shown of it is one short line without control characters', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), fc.nat({ max: 100 }), (text, length) => {
      const shown = printable(text, length);
      expect(shown.length).toBeLessThanOrEqual(length);
      expect(shown).not.toMatch(/\p{C}/u);
    }),
  );
});
