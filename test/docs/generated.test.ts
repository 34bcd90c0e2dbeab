import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { DOCUMENTS, regenerated } from '../../scripts/docs.js';

const ROOT = join(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

test.each(DOCUMENTS)('the generated tables of %s are what the code says; `make docs` rewrites them', (document) => {
  const text = read(document);
  expect(text).toContain('<!-- generated: ');
  expect(text).toBe(regenerated(text));
});

test('a block that names no table is a mistake', () => {
  expect(() => regenerated('<!-- generated: nothing -->\n\n<!-- end -->')).toThrow(
    'no generated table is named "nothing"',
  );
});

describe('links between documents', () => {
  const documents = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md'].concat(
    readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.md'))
      .map((name) => join('docs', name)),
  );
  const links = documents.flatMap((document) =>
    [...read(document).matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, target = '']) => [document, target] as const),
  );

  test.each(links)('%s links to %s, which exists', (document, target) => {
    expect(existsSync(join(ROOT, dirname(document), target))).toBe(true);
  });
});

test('the README names every make target it shows', () => {
  const targets = [...read('Makefile').matchAll(/^([a-z0-9-]+):/gm)].map(([, name]) => name);
  const named = [...read('README.md').matchAll(/`?make ([a-z-]+)/g)].map(([, name]) => name);
  expect(named.length).toBeGreaterThan(2);
  for (const name of named) expect(targets).toContain(name);
});
