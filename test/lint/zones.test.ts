// Plants text in each room and asks the project's own lint configuration what it thinks of it.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { ESLint } from 'eslint';
import tseslint from 'typescript-eslint';
import config from '../../eslint.config.mjs';
import { MAX_NESTING, ROOMS } from '../../rooms.mjs';

const ROOT = join(import.meta.dirname, '../..');
const SRC = join(ROOT, 'src');
const ZONE = 'no-restricted-imports';
const SYNTAX = 'no-restricted-syntax';
const SERVER_ONLY = ['express', 'pino', 'prom-client', '@kubernetes/client-node'];
const PURE = ['graph', 'ops', 'recover', 'estimate', 'placement', 'admission'];
const rooms = Object.keys(ROOMS);

let eslint: ESLint;

beforeAll(() => {
  // Planted files do not exist, so the rules that ask the type checker are off here.
  const overrideConfig = [...config, tseslint.configs.disableTypeChecked] as NonNullable<
    ESLint.Options['overrideConfig']
  >;
  eslint = new ESLint({ cwd: ROOT, overrideConfigFile: true, overrideConfig });
});

async function rulesBroken(file: string, text: string): Promise<string[]> {
  const results = await eslint.lintText(text, { filePath: join(SRC, file) });
  return results.flatMap((result) => result.messages.map((message) => message.ruleId ?? message.message));
}

const importing = (specifier: string): string => `export * from '${specifier}';\n`;

describe('rooms', () => {
  test.each(rooms)('%s imports only the rooms of its row, at any depth', async (room) => {
    for (const other of rooms.filter((name) => name !== room)) {
      const expected = ROOMS[room]?.imports.includes(other) ? [] : [ZONE];
      expect([other, await rulesBroken(`${room}/planted.ts`, importing(`../${other}/index.js`))]).toEqual([
        other,
        expected,
      ]);
      const deep = await rulesBroken(`${room}/deep/er/planted.ts`, importing(`../../../${other}/a/b.js`));
      expect([other, deep]).toEqual([other, expected]);
    }
  });

  test.each(rooms)('%s imports itself freely', async (room) => {
    expect(await rulesBroken(`${room}/planted.ts`, importing('./sub/x.js'))).toEqual([]);
    expect(await rulesBroken(`${room}/sub/planted.ts`, importing('../x.js'))).toEqual([]);
    expect(await rulesBroken(`${room}/sub/planted.ts`, importing('../server/x.js'))).toEqual([]);
  });

  test.each([
    ['import x', "import { x } from '../server/x.js';\nx();\n", ZONE],
    ['import type', "import type { X } from '../server/x.js';\nexport type Y = X;\n", ZONE],
    ['import for effect', "import '../server/x.js';\n", ZONE],
    ['export from', "export { x } from '../server/x.js';\n", ZONE],
    ['import()', "export const x = import('../server/x.js');\n", SYNTAX],
    ['import() of a package', "export const x = import('express');\n", SYNTAX],
  ])('"%s" does not get round a zone', async (_, text, rule) => {
    expect(await rulesBroken('graph/planted.ts', text)).toEqual([rule]);
    expect(await rulesBroken('formats/planted.ts', text)).toEqual([rule]);
  });

  test.each([
    './../server/x.js',
    '../ops/../server/x.js',
    '.././server/x.js',
    '../../src/server/x.js',
    '../server.js',
    '..',
  ])('the roundabout way %s is refused', async (specifier) => {
    expect(await rulesBroken('formats/planted.ts', importing(specifier))).toContain(ZONE);
  });

  test('a room lets import() of what it may import', async () => {
    expect(await rulesBroken('cli/planted.ts', "export const x = import('../formats/x.js');\n")).toEqual([]);
  });
});

describe('packages', () => {
  test.each(rooms.filter((room) => room !== 'server'))('%s may not name what only server may', async (room) => {
    for (const name of SERVER_ONLY) {
      expect(await rulesBroken(`${room}/planted.ts`, importing(name))).toEqual([ZONE]);
    }
  });

  test('server may name its packages and every builtin', async () => {
    for (const name of [...SERVER_ONLY, 'express/lib/x.js', 'node:https', 'node:fs/promises']) {
      expect(await rulesBroken('server/planted.ts', importing(name))).toEqual([]);
    }
  });

  test.each(PURE)('%s does no I/O and parses no bytes', async (room) => {
    for (const name of ['node:fs', 'fs', 'node:https', 'protobufjs', 'protobufjs/light.js']) {
      expect(await rulesBroken(`${room}/deep/planted.ts`, importing(name))).toEqual([ZONE]);
    }
  });

  test.each([
    ['graph', 'node:crypto', []],
    ['graph', 'node:cryptography', [ZONE]],
    ['ops', 'node:crypto', [ZONE]],
    ['formats', 'protobufjs', []],
    ['formats', 'protobufjs/light.js', []],
    ['formats', 'fflate', []],
    ['formats', 'node:fs', [ZONE]],
    ['sources', 'node:fs', []],
    ['sources', 'node:net', [ZONE]],
    ['cli', 'node:fs', []],
    ['cli', 'layergauge', [ZONE]],
    ['cli', '/etc/x.js', [ZONE]],
  ])('%s naming %s breaks %j', async (room, name, expected) => {
    expect(await rulesBroken(`${room}/planted.ts`, importing(name))).toEqual(expected);
  });
});

describe('the table', () => {
  test('has a row for every folder of src, and no file lies beside them', () => {
    const entries = readdirSync(SRC, { withFileTypes: true });
    expect(entries.filter((entry) => !entry.isDirectory()).map((entry) => entry.name)).toEqual([]);
    expect(rooms).toEqual(expect.arrayContaining(entries.map((entry) => entry.name)));
  });

  test('names only rooms that exist, and imports point one way', () => {
    const reaches = (from: string): string[] => (ROOMS[from]?.imports ?? []).flatMap((to) => [to, ...reaches(to)]);
    for (const room of rooms) {
      expect(rooms).toEqual(expect.arrayContaining(reaches(room)));
      expect(reaches(room)).not.toContain(room);
    }
  });

  test('lets graph import nothing and nobody import server', () => {
    expect(ROOMS['graph']?.imports).toEqual([]);
    expect(rooms.filter((room) => ROOMS[room]?.imports.includes('server'))).toEqual([]);
  });

  test.each(['planted.ts', 'attic/planted.ts', `graph/${'deep/'.repeat(MAX_NESTING + 1)}planted.ts`])(
    'src/%s stands in no room and is refused',
    async (file) => {
      expect(await rulesBroken(file, 'export const x = 1;\n')).toEqual([SYNTAX]);
    },
  );
});

describe('size caps', () => {
  const body = (lines: string[]): string => ['export function f(a: number): number {', ...lines, '}', ''].join('\n');
  const branches = (count: number): string =>
    body([...Array.from({ length: count }, (_, i) => `if (a === ${i}) return ${i};`), 'return a;']);
  const nested = (depth: number): string =>
    body(['if (a > 0) {'.repeat(depth), 'return 1;', '}'.repeat(depth), 'return a;']);
  const taking = (count: number): string =>
    `export const f = (${Array.from({ length: count }, (_, i) => `p${i}: number`).join(', ')}): number =>\n  ${Array.from({ length: count }, (_, i) => `p${i}`).join(' + ')};\n`;
  const long = (lines: number): string => '// a line\n'.repeat(lines - 1) + 'export const x = 1;\n';

  test.each([
    ['complexity', branches(9), branches(10)],
    ['max-depth', nested(3), nested(4)],
    ['max-params', taking(4), taking(5)],
    ['max-lines', long(300), long(301)],
  ])('%s holds at its limit and is reported above it', async (rule, within, above) => {
    expect(await rulesBroken('graph/planted.ts', within)).toEqual([]);
    expect(await rulesBroken('graph/planted.ts', above)).toEqual([rule]);
  });
});

describe('branching on a type', () => {
  const branch = (subject: string): string =>
    `export function f(layer: { type: string }): void {\n  switch (${subject}) {\n    default:\n  }\n}\n`;

  test.each(['layer.type', 'layer?.type'])('switch (%s) is refused outside ops', async (subject) => {
    expect(await rulesBroken('estimate/planted.ts', branch(subject))).toEqual([SYNTAX]);
    expect(await rulesBroken('ops/planted.ts', branch(subject))).toEqual([]);
  });

  test('occurs nowhere in src outside ops', () => {
    const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => file.replaceAll('\\', '/'));
    const guilty = files
      .filter((file) => !file.startsWith('ops/'))
      .filter((file) => /switch\s*\([^)]*\.type\s*\)/.test(readFileSync(join(SRC, file), 'utf8')));
    expect(files.length).toBeGreaterThan(0);
    expect(guilty).toEqual([]);
  });
});
