import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { PatchBuilder } from '../../src/admission/patch-builder.js';
import { apply } from '../helpers/admission.js';
import { cpuMs } from '../helpers/cpu.js';

describe('a patch under construction', () => {
  test('brings missing parents along, and none twice', () => {
    const patch = new PatchBuilder({});
    patch.set(['a', 'b', 'c'], 1);
    patch.set(['a', 'b', 'd'], 2);
    expect(patch.operations).toEqual([
      { op: 'add', path: '/a', value: { b: { c: 1 } } },
      { op: 'add', path: '/a/b/d', value: 2 },
    ]);
  });

  test('replaces null, which stands for a map that is left out', () => {
    const patch = new PatchBuilder({ a: null });
    patch.set(['a', 'b'], 1);
    expect(patch.operations).toEqual([{ op: 'replace', path: '/a', value: { b: 1 } }]);
  });

  test('has no operation where nothing changes', () => {
    const patch = new PatchBuilder({ a: { b: [1, { c: null }] } });
    patch.set(['a', 'b'], [1, { c: null }]);
    patch.remove(['a', 'gone']);
    patch.remove(['gone', 'b']);
    expect(patch.operations).toEqual([]);
  });

  test('replaces what is there and adds what is not', () => {
    const patch = new PatchBuilder({ a: 1 });
    patch.set(['a'], 2);
    patch.set(['b'], 3);
    expect(patch.operations).toEqual([
      { op: 'replace', path: '/a', value: 2 },
      { op: 'add', path: '/b', value: 3 },
    ]);
  });

  test.each([
    ['is missing', {}, [{ op: 'add', path: '/list', value: ['x'] }]],
    ['is null', { list: null }, [{ op: 'replace', path: '/list', value: ['x'] }]],
    ['is empty', { list: [] }, [{ op: 'add', path: '/list/-', value: 'x' }]],
    ['has items', { list: ['a'] }, [{ op: 'add', path: '/list/-', value: 'x' }]],
  ])('appends to a list that %s', (_, document, operations) => {
    const patch = new PatchBuilder(document);
    patch.append(['list'], 'x');
    expect(patch.operations).toEqual(operations);
  });

  test('sees its own changes', () => {
    const patch = new PatchBuilder({ list: ['a', 'b'] });
    patch.remove(['list', 0]);
    patch.append(['list'], 'c');
    expect(patch.list('list')).toEqual(['b', 'c']);
    expect(patch.get('list', 1)).toBe('c');
  });

  test('does not change the document, nor hand out what changes later', () => {
    const document = { list: ['a'] };
    const patch = new PatchBuilder(document);
    const before = patch.list('list');
    patch.append(['list'], 'b');
    expect(before).toEqual(['a']);
    expect(document).toEqual({ list: ['a'] });
  });

  test('escapes the keys of its paths', () => {
    const patch = new PatchBuilder({});
    patch.set(['a/b', 'm~n'], 1);
    patch.set(['a/b', 'm~n'], 2);
    expect(patch.operations.map(({ path }) => path)).toEqual(['/a~1b', '/a~1b/m~0n']);
  });

  test('writes below the path of a template', () => {
    const patch = new PatchBuilder({ spec: { template: { spec: {} } } }, ['spec', 'template']);
    patch.set(['spec', 'nodeSelector', 'zone'], 'a');
    expect(patch.get('spec')).toEqual({ nodeSelector: { zone: 'a' } });
    expect(patch.operations).toEqual([{ op: 'add', path: '/spec/template/spec/nodeSelector', value: { zone: 'a' } }]);
  });

  test('finds only what a document has itself', () => {
    const patch = new PatchBuilder(JSON.parse('{"__proto__":{"a":1}}'));
    expect(patch.get('constructor')).toBeUndefined();
    expect(patch.get('a')).toBeUndefined();
    expect(patch.get('__proto__', 'a')).toBe(1);
    expect(patch.list('list', 'length')).toEqual([]);
  });

  test('takes a document of any size as it comes: an operation does not copy it', async () => {
    const patch = new PatchBuilder({ list: Array.from({ length: 100_000 }, (_, at) => ({ at })), more: [] });
    const took = await cpuMs(() => {
      for (let at = 0; at < 2000; at++) patch.append(['more'], at);
    });
    // Copying it each time would take a minute.
    expect(took).toBeLessThan(3000);
    expect(patch.operations).toHaveLength(2000);
  });

  test('leads, whatever was set, to the document it shows', () => {
    const keys = fc.array(fc.constantFrom('a', 'b', 'c/d', 'e~f'), { minLength: 1, maxLength: 3 });
    const document = fc.constantFrom({}, { a: null }, { a: { b: null } }, { b: { 'c/d': { a: 1 } } });
    const step = fc.record({ path: keys, value: fc.constantFrom(undefined, 1, {}, { x: 1 }) });
    fc.assert(
      fc.property(document, fc.array(step, { maxLength: 5 }), (from, steps) => {
        const patch = new PatchBuilder(from);
        for (const { path, value } of steps) {
          // A path through a number leads nowhere.
          if (path.some((_, depth) => depth > 0 && typeof patch.get(...path.slice(0, depth)) === 'number')) continue;
          if (value === undefined) patch.remove(path);
          else patch.set(path, value);
          expect(patch.get(...path)).toEqual(value);
        }
        expect(apply(from, patch.operations)).toEqual(patch.get());
      }),
    );
  });
});
