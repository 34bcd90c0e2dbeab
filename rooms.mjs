// @ts-check
// The house plan: which room under src/ may import which, and which packages each may name.
// eslint.config.mjs turns every row into a lint zone; nothing else in the project repeats it.

/**
 * @typedef {object} Room
 * @property {readonly string[]} imports other rooms this room may import
 * @property {readonly string[]} externals packages and builtins it may name; `node:*` stands for every builtin
 */

/** @type {Readonly<Record<string, Room>>} */
export const ROOMS = {
  graph: { imports: [], externals: ['node:crypto'] },
  ops: { imports: ['graph'], externals: [] },
  formats: { imports: ['graph', 'ops'], externals: ['node:buffer', 'node:zlib', 'protobufjs', 'fflate', 'zod'] },
  recover: { imports: ['graph', 'ops'], externals: [] },
  estimate: { imports: ['graph', 'ops'], externals: [] },
  placement: { imports: ['graph', 'estimate'], externals: [] },
  // From formats a source takes the port it implements, ByteSource; it parses nothing.
  sources: {
    imports: ['graph', 'formats'],
    externals: ['node:fs', 'node:fs/promises', 'node:path', 'node:util', 'node:zlib'],
  },
  admission: {
    imports: ['graph', 'ops', 'formats', 'recover', 'estimate', 'placement', 'sources'],
    // Of the builtins only what computes: hashes and comparisons.
    externals: ['node:crypto', 'node:util', 'zod'],
  },
  server: {
    imports: ['graph', 'ops', 'formats', 'recover', 'estimate', 'placement', 'sources', 'admission', 'cli'],
    externals: [
      'node:*',
      'express',
      'pino',
      'prom-client',
      '@kubernetes/client-node',
      'lru-cache',
      'fflate',
      'yaml',
      'zod',
    ],
  },
  cli: {
    imports: ['graph', 'ops', 'formats', 'recover', 'estimate', 'placement', 'sources', 'admission'],
    externals: ['node:*', 'fflate', 'yaml', 'zod'],
  },
};

/** How many folders a room may nest: `src/formats/onnx/wire/x.ts` is two deep. */
export const MAX_NESTING = 3;
