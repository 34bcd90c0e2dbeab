// Lint: types-aware rules, size caps, and one import zone per row of rooms.mjs.
import js from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';
import { MAX_NESTING, ROOMS } from './rooms.mjs';

const SIZE_CAPS = {
  complexity: ['error', 10],
  'max-depth': ['error', 3],
  'max-params': ['error', 4],
  'max-lines': ['error', { max: 300, skipBlankLines: false, skipComments: false }],
};

const NO_TYPE_SWITCH = ['', ' > ChainExpression'].map((via) => ({
  selector: `SwitchStatement${via} > MemberExpression[property.name='type']`,
  message: 'Never branch on a type outside src/ops: let the row of the operator table answer.',
}));

const OUTSIDE_ROOMS = {
  selector: 'Program',
  message: `This file stands in no room: add a row to rooms.mjs, or nest at most ${MAX_NESTING} folders deep.`,
};

const escape = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll('/', '\\u002F');

const anyOf = (names) => `(?:${names.join('|') || '(?!)'})`;

/** What an import in `room` may not look like when its file lies `depth` folders below the room. */
function forbiddenImports(room, depth) {
  const { imports, externals } = ROOMS[room];
  const slash = '\\u002F';
  const up = `\\.\\.${slash}`;
  const rooms = anyOf([room, ...imports].map(escape));
  const packages = anyOf(externals.map((name) => (name === 'node:*' ? 'node:.+' : `${escape(name)}(?:${slash}.*)?`)));
  const known = [room, ...imports].join(', ');
  return [
    {
      regex: `^(?:${up}){${depth + 1}}(?!${rooms}${slash})`,
      message: `src/${room} may import only these rooms: ${known} (rooms.mjs).`,
    },
    {
      regex: `^(?:${up})*(?!${up}).+${slash}${up}`,
      message: 'Write a relative import with its ../ steps in front, so that the room it enters can be seen.',
    },
    {
      regex: `^(?!\\.{1,2}${slash})(?!${packages}$)`,
      message: `src/${room} may name only these packages: ${externals.join(', ') || 'none'} (rooms.mjs).`,
    },
  ];
}

/** The zone of one room at one depth. The depth makes `../graph/` unambiguous: a room, or a folder inside this one. */
function zone(room, depth) {
  const patterns = forbiddenImports(room, depth);
  return {
    name: `zone/${room}/${depth}`,
    files: [`src/${room}/${'*/'.repeat(depth)}*.ts`],
    rules: {
      'no-restricted-imports': ['error', { patterns: patterns.map((p) => ({ ...p, caseSensitive: true })) }],
      'no-restricted-syntax': [
        'error',
        ...(room === 'ops' ? [] : NO_TYPE_SWITCH),
        ...patterns.map(({ regex, message }) => ({
          selector: `ImportExpression > Literal[value=/${regex}/]`,
          message,
        })),
      ],
    },
  };
}

const zones = Object.keys(ROOMS).flatMap((room) =>
  Array.from({ length: MAX_NESTING + 1 }, (_, depth) => zone(room, depth)),
);

export default defineConfig(
  globalIgnores(['dist/', 'coverage/', '.cache/', '.tools/']),
  js.configs.recommended,
  tseslint.configs.recommendedTypeChecked,
  {
    name: 'house',
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      ...SIZE_CAPS,
      eqeqeq: 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true, allowAny: false, allowNullish: false, allowRegExp: false },
      ],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      // `async` without `await` is how a port turns a throw into a rejection.
      '@typescript-eslint/require-await': 'off',
    },
  },
  {
    name: 'src',
    files: ['src/**'],
    rules: {
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      'no-restricted-syntax': ['error', OUTSIDE_ROOMS],
    },
  },
  ...zones,
  {
    name: 'test',
    files: ['test/**'],
    rules: {
      'max-lines': ['error', { max: 600, skipBlankLines: true, skipComments: true }],
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },
  {
    name: 'plain-javascript',
    files: ['**/*.mjs'],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: {
      globals: {
        Buffer: 'readonly',
        URL: 'readonly',
        console: 'readonly',
        performance: 'readonly',
        process: 'readonly',
      },
    },
  },
);
