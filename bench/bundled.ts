import { basename, join } from 'node:path';
import { build } from 'esbuild';

/** A module as it ships: in one file, and without what a TypeScript loader adds to every function. */
export async function bundled<T>(module: string): Promise<T> {
  const root = join(import.meta.dirname, '..');
  const outfile = join(root, '.cache/bench', `${basename(module, '.ts')}.mjs`);
  await build({
    entryPoints: [join(root, module)],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    packages: 'external',
    logLevel: 'warning',
  });
  return (await import(outfile)) as T;
}
