// Builds etcd, the Kubernetes control plane, kubectl and kwok from the exact modules pinned in controlplane/ and kwok/.
// Takes minutes the first time; afterwards what programs.ts finds is reused. Run with `make controlplane`.
import { spawn, spawnSync } from 'node:child_process';
import { link, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import {
  BUILDS,
  builtPrograms,
  COMPILER_FLAGS,
  CONTROL_PLANE,
  GIVEN_PROGRAMS,
  missingPrograms,
  PROGRAMS,
  programsFolder,
} from './programs.js';
import type { GoBuild } from './programs.js';

const PROGRESS_MS = 30_000;
const KEPT_LINES = 20;

const GO_MISSING = `The end-to-end tests need Go 1.26 or later, once, to build the control plane they run against.
Install Go and run this again, or set KUBEBUILDER_ASSETS to a folder that holds ${PROGRAMS.join(', ')}.`;

// A go.work above the clone must not change what is built.
const ENVIRONMENT = { ...process.env, CGO_ENABLED: '0', GOWORK: 'off' };

async function main(): Promise<void> {
  if (GIVEN_PROGRAMS !== undefined) return report(programsFolder());
  const folder = builtPrograms();
  if (missingPrograms(folder).length === 0) return report(folder);
  if (spawnSync('go', ['version']).status !== 0) throw new Error(GO_MISSING);
  await buildInto(folder);
  report(folder);
}

function report(folder: string): void {
  console.log(`control plane: ${folder}`);
}

/** Builds next to `folder` and renames, so that `folder` is whole whenever it is there. */
async function buildInto(folder: string): Promise<void> {
  await mkdir(dirname(folder), { recursive: true });
  const unfinished = await mkdtemp(`${folder}.building-`);
  try {
    for (const build of BUILDS) await goBuild(build, unfinished);
    for (const name of CONTROL_PLANE) await link(join(unfinished, 'controlplane'), join(unfinished, name));
    await rename(unfinished, folder);
  } catch (error) {
    // Another clone may have finished first: then its folder is as good as ours.
    if (missingPrograms(folder).length > 0) throw error;
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

async function goBuild(build: GoBuild, folder: string): Promise<void> {
  const started = Date.now();
  const say = (text: string): void =>
    console.log(`${build.output}: ${text} [${Math.round((Date.now() - started) / 1000)} s]`);
  say('downloading modules');
  let packages = 0;
  await go(build, ['list', '-deps', build.package], () => packages++);
  let compiled = 0;
  say(`compiling up to ${packages} packages`);
  const progress = setInterval(() => say(`${compiled} packages compiled`), PROGRESS_MS);
  try {
    const output = join(folder, build.output);
    await go(
      build,
      ['build', '-v', ...COMPILER_FLAGS, '-ldflags', build.ldflags, '-o', output, build.package],
      () => compiled++,
    );
  } finally {
    clearInterval(progress);
  }
  say('done');
}

/** Runs go in the module of `build` and hands on each package it names. What else it says is told on failure. */
async function go(build: GoBuild, args: readonly string[], onPackage: () => void): Promise<void> {
  const child = spawn('go', args, { cwd: build.module, env: ENVIRONMENT, stdio: ['ignore', 'pipe', 'pipe'] });
  // Ending go instead of this process lets buildInto clean up.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => child.kill(signal));
  const said: string[] = [];
  const take = (line: string): void => {
    if (/^\S+$/.test(line)) onPackage();
    else said.push(line);
  };
  for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on('line', take);
  const how = await new Promise<string>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve(signal ?? `status ${String(code)}`));
  });
  if (how === 'status 0') return;
  const last = said.slice(-KEPT_LINES).join('\n');
  throw new Error(`go ${args[0] ?? ''} in ${build.module} ended with ${how}. It said last:\n${last}`);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
