// Where the programs of the control plane are: in the folder KUBEBUILDER_ASSETS names, or where build-controlplane.ts
// keeps what it built. That folder lies outside the clone, so that a fresh clone does not build them again.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** The names one binary answers to (controlplane/main.go). */
export const CONTROL_PLANE = [
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kubectl',
] as const;

export const PROGRAMS = [...CONTROL_PLANE, 'kwok'] as const;

export type Program = (typeof PROGRAMS)[number];

/** One `go build`: what it makes, in which module, with which flags of the linker. */
export interface GoBuild {
  readonly output: string;
  readonly module: string;
  readonly package: string;
  readonly ldflags: string;
}

const HERE = import.meta.dirname;
const SOURCES = ['controlplane/go.mod', 'controlplane/go.sum', 'controlplane/main.go', 'kwok/go.mod', 'kwok/go.sum'];

export const COMPILER_FLAGS = ['-trimpath', '-buildvcs=false'];

export const BUILDS: readonly GoBuild[] = [
  {
    output: 'controlplane',
    module: join(HERE, 'controlplane'),
    package: '.',
    ldflags: kubernetesVersion(),
  },
  {
    output: 'kwok',
    module: join(HERE, 'kwok'),
    package: 'sigs.k8s.io/kwok/cmd/kwok',
    ldflags: '-s -w',
  },
];

/** The folder a user names instead, such as envtest's with the rest added. */
export const GIVEN_PROGRAMS = process.env['KUBEBUILDER_ASSETS'] || undefined;

/** The folder of built programs; its name changes whenever they would. */
export function builtPrograms(): string {
  const hash = createHash('sha256');
  for (const source of SOURCES) hash.update(readFileSync(join(HERE, source)));
  hash.update(JSON.stringify([process.platform, process.arch, COMPILER_FLAGS, BUILDS.map(({ ldflags }) => ldflags)]));
  const cache = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  return join(cache, 'layergauge', `controlplane-${hash.digest('hex').slice(0, 16)}`);
}

/** Which programs `folder` lacks. */
export function missingPrograms(folder: string): Program[] {
  return PROGRAMS.filter((program) => !existsSync(join(folder, program)));
}

/** The folder to start programs from. Throws with what to do where one is missing. */
export function programsFolder(): string {
  const folder = GIVEN_PROGRAMS ?? builtPrograms();
  const missing = missingPrograms(folder).join(', ');
  if (missing === '') return folder;
  if (GIVEN_PROGRAMS === undefined)
    throw new Error(`${folder} lacks ${missing}: build them with \`make controlplane\`.`);
  throw new Error(
    `KUBEBUILDER_ASSETS, ${folder}, lacks ${missing}. Unset it to use what \`make controlplane\` builds.`,
  );
}

/** Without these /version is a placeholder, and a chart's `kubeVersion` refuses the cluster. */
function kubernetesVersion(): string {
  const goMod = readFileSync(join(HERE, 'controlplane', 'go.mod'), 'utf8');
  const version = /^\s*k8s\.io\/kubernetes (v\S+)/m.exec(goMod)?.[1];
  if (version === undefined) throw new Error('controlplane/go.mod does not require k8s.io/kubernetes');
  const [major = '', minor = ''] = version.slice(1).split('.');
  const stamps = {
    gitVersion: version,
    gitMajor: major,
    gitMinor: minor,
    gitTreeState: 'clean',
    buildDate: '1970-01-01T00:00:00Z',
  };
  const set = Object.entries(stamps).map(([name, value]) => `-X k8s.io/component-base/version.${name}=${value}`);
  return ['-s -w', ...set].join(' ');
}
