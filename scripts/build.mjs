// Bundles each entry point into one file that runs without node_modules.
import { chmod, readFile, stat } from 'node:fs/promises';
import { build } from 'esbuild';

const BUNDLES = [
  { entry: 'src/cli/bin.ts', outfile: 'dist/cli.mjs' },
  { entry: 'src/server/bin.ts', outfile: 'dist/server.mjs' },
];

// CommonJS packages inside an ES module still call require() for builtins.
const REQUIRE =
  "import { createRequire as __createRequire } from 'node:module';\nconst require = __createRequire(import.meta.url);";
const SHEBANG = '#!/usr/bin/env node';

const { version } = JSON.parse(await readFile('package.json', 'utf8'));

for (const { entry, outfile } of BUNDLES) {
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    banner: { js: `${SHEBANG}\n${REQUIRE}` },
    define: { __VERSION__: JSON.stringify(version) },
    logLevel: 'warning',
  });
  await chmod(outfile, 0o755);
  console.log(`${outfile}: ${Math.ceil((await stat(outfile)).size / 1024)} KiB`);
}
