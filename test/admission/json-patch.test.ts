import { describe, expect, test } from '@jest/globals';
import jsonpatch from 'fast-json-patch';
import fc from 'fast-check';
import { applyPatch, escapePointer, pointer } from '../../src/admission/json-patch.js';
import type { Operation } from '../../src/admission/types.js';
import { apply } from '../helpers/admission.js';

describe('a pointer', () => {
  // RFC 6901, section 3: "~" is written "~0" and "/" is written "~1".
  test.each([
    [[], ''],
    [['spec'], '/spec'],
    [['spec', 'containers', '0'], '/spec/containers/0'],
    [['nvidia.com/gpu'], '/nvidia.com~1gpu'],
    [['a~b', '~1', '', '-'], '/a~0b/~01//-'],
  ])('of %j is %j', (parts, expected) => {
    expect(pointer(...parts)).toBe(expected);
  });

  test('escapes so that the way back is the only one', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('~', '/', '0', '1', 'a') }), (text) => {
        const escaped = escapePointer(text);
        expect(escaped).not.toContain('/');
        expect(jsonpatch.unescapePathComponent(escaped)).toBe(text);
      }),
    );
  });
});

describe('a patch', () => {
  test('leaves the document and its own values as they were', () => {
    const document = { a: [1], b: { c: 2 } };
    const value = { d: 3 };
    const patched = applyPatch(document, [
      { op: 'add', path: '/b/e', value },
      { op: 'add', path: '/b/e/f', value: 4 },
      { op: 'remove', path: '/a/0' },
    ]);
    expect(patched).toEqual({ a: [], b: { c: 2, e: { d: 3, f: 4 } } });
    expect({ document, value }).toEqual({ document: { a: [1], b: { c: 2 } }, value: { d: 3 } });
  });

  const DOCUMENT = { list: ['a', 'b'], map: { key: 'x', none: null }, 'a/b': { 'm~n': 1 } };

  test.each<[Operation, object]>([
    [{ op: 'add', path: '/list/0', value: 'c' }, { list: ['c', 'a', 'b'] }],
    [{ op: 'add', path: '/list/2', value: 'c' }, { list: ['a', 'b', 'c'] }],
    [{ op: 'add', path: '/list/-', value: 'c' }, { list: ['a', 'b', 'c'] }],
    [{ op: 'replace', path: '/list/1', value: 'c' }, { list: ['a', 'c'] }],
    [{ op: 'remove', path: '/list/0' }, { list: ['b'] }],
    [{ op: 'add', path: '/map/key', value: 'y' }, { map: { key: 'y', none: null } }],
    [{ op: 'replace', path: '/map/none', value: 'y' }, { map: { key: 'x', none: 'y' } }],
    [{ op: 'remove', path: '/map/none' }, { map: { key: 'x' } }],
    [{ op: 'replace', path: '/a~1b/m~0n', value: 2 }, { 'a/b': { 'm~n': 2 } }],
    [{ op: 'add', path: '/', value: 1 }, { '': 1 }],
  ])('%j changes what it says', (operation, change) => {
    expect(applyPatch(DOCUMENT, [operation])).toEqual({ ...DOCUMENT, ...change });
  });

  test.each<[Operation, string]>([
    [{ op: 'add', path: '', value: {} }, '"" is no path for add'],
    [{ op: 'add', path: 'map/key', value: 1 }, '"map/key" is no path for add'],
    [{ op: 'add', path: '/gone/key', value: 1 }, 'there is nothing at the parent of /gone/key'],
    [{ op: 'add', path: '/map/none/key', value: 1 }, 'there is nothing at the parent of /map/none/key'],
    [{ op: 'add', path: '/map/key/0', value: 1 }, 'there is nothing at the parent of /map/key/0'],
    [{ op: 'add', path: '/constructor/x', value: 1 }, 'there is nothing at the parent of /constructor/x'],
    [{ op: 'add', path: '/list/3', value: 1 }, '/list/3 is no place in its list'],
    [{ op: 'add', path: '/list/01', value: 1 }, '/list/01 is no place in its list'],
    [{ op: 'add', path: '/list/', value: 1 }, '/list/ is no place in its list'],
    [{ op: 'add', path: '/list/-1', value: 1 }, '/list/-1 is no place in its list'],
    [{ op: 'add', path: '/list/1e0', value: 1 }, '/list/1e0 is no place in its list'],
    [{ op: 'add', path: '/list/length', value: 9 }, '/list/length is no place in its list'],
    [{ op: 'remove', path: '/list/2' }, 'there is nothing at /list/2 to remove'],
    [{ op: 'remove', path: '/list/-' }, 'there is nothing at /list/- to remove'],
    [{ op: 'replace', path: '/map/gone', value: 1 }, 'there is nothing at /map/gone to replace'],
    [{ op: 'remove', path: '/map/toString' }, 'there is nothing at /map/toString to remove'],
  ])('%j does not apply', (operation, message) => {
    expect(() => applyPatch(DOCUMENT, [operation])).toThrow(new Error(message));
  });

  test('adds a member __proto__ and changes no prototype', () => {
    const patched = applyPatch({ a: {} }, [{ op: 'add', path: '/a/__proto__', value: { polluted: 1 } }]) as {
      a: object;
    };
    expect(Object.getPrototypeOf(patched.a)).toBe(Object.prototype);
    expect(JSON.stringify(patched)).toBe('{"a":{"__proto__":{"polluted":1}}}');
    expect(() => applyPatch({}, [{ op: 'add', path: '/__proto__/polluted', value: 1 }])).toThrow(
      'nothing at the parent',
    );
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });
});

describe('on random documents', () => {
  // Not '' nor 'constructor', which fast-json-patch takes for a place in a list and for a member.
  const KEYS = ['a', 'b', 'a/b', 'm~n', '~1', '0', '1'];
  const key = fc.constantFrom(...KEYS);
  const { value } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      fc.constantFrom<unknown>(null, 0, 'x', true),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(key, tie('value'), { maxKeys: 4, noNullPrototype: true }),
    ),
  }));
  const document = fc.dictionary(key, value, { minKeys: 1, maxKeys: 4, noNullPrototype: true });
  const part = fc.oneof(key, fc.constantFrom('-', '2'));

  /** The paths of everything in a document. */
  function places(of: unknown, at: readonly string[] = []): (readonly string[])[] {
    if (typeof of !== 'object' || of === null) return [at];
    return [at, ...Object.entries(of).flatMap(([name, member]) => places(member, [...at, name]))];
  }

  /** At a place that the document has, below one, or anywhere. */
  const operationOn = (from: object): fc.Arbitrary<Operation> => {
    const there = fc.constantFrom<readonly string[]>(...places(from).slice(1));
    const below = fc
      .tuple(fc.constantFrom<readonly string[]>(...places(from)), part)
      .map(([at, name]) => [...at, name]);
    const path = fc.oneof(there, below, fc.array(part, { minLength: 1, maxLength: 3 })).map((at) => pointer(...at));
    return fc.oneof(
      fc.record({ op: fc.constantFrom('add', 'replace'), path, value }),
      fc.record({ op: fc.constant('remove' as const), path }),
    );
  };
  const change = document.chain((from) =>
    fc.array(operationOn(from), { minLength: 1, maxLength: 2 }).map((operations) => ({ from, operations })),
  );

  /** RFC 6902 by another hand; undefined where it does not apply. */
  function expected(from: unknown, operations: readonly Operation[]): unknown {
    try {
      return apply(from, operations);
    } catch {
      return undefined;
    }
  }

  function actual(from: unknown, operations: readonly Operation[]): unknown {
    try {
      return applyPatch(from, operations);
    } catch {
      return undefined;
    }
  }

  test('a patch does what fast-json-patch does, or fails where it fails', () => {
    let applied = 0;
    fc.assert(
      fc.property(change, ({ from, operations }) => {
        const result = expected(from, operations);
        if (result !== undefined) applied++;
        expect(actual(from, operations)).toEqual(result);
      }),
      { numRuns: 3000 },
    );
    // Neither case may be rare.
    expect(applied).toBeGreaterThan(500);
    expect(applied).toBeLessThan(2500);
  });

  test('the difference of two documents leads from one to the other', () => {
    fc.assert(
      fc.property(document, document, (from, to) => {
        expect(applyPatch(from, jsonpatch.compare(from, to) as Operation[])).toEqual(to);
      }),
      { numRuns: 1000 },
    );
  });
});
