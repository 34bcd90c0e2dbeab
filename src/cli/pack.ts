import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { gzipSync } from 'node:zlib';
import { stringify } from 'yaml';
import { detectFormat, parseStructure } from '../formats/index.js';
import type { Packed } from '../formats/index.js';
import { readOptions } from './arguments.js';
import { EXIT, InputError, systemError, UsageError } from './errors.js';
import { withFile } from './load.js';
import { Progress } from './progress.js';
import { formatBytes } from './units.js';

/** ValidateConfigMap sums the decoded bytes of all values (k8s.io/kubernetes pkg/apis/core/validation). */
const CONFIG_MAP_MAX_BYTES = 1024 * 1024;

/** `layergauge pack FILE [-o cm.yaml]`: the structure only, as a ConfigMap. */
export async function packCommand(argv: readonly string[], print: (line: string) => void): Promise<number> {
  const { file, output } = readArguments(argv);
  const progress = new Progress();
  progress.start(`packing ${file}`);
  const packed = await withFile(file, async (source) => {
    // A file that no estimate can be made of is refused here, not when a pod is created.
    await parseStructure(source);
    return (await detectFormat(source)).pack(source);
  }).finally(() => {
    progress.stop();
  });
  const compressed = gzipSync(packed.bytes, { level: 9 });
  if (compressed.byteLength > CONFIG_MAP_MAX_BYTES) throw tooLarge(file, compressed.byteLength);
  const name = configMapName(file, packed);
  const manifest = configMap(name, `${packed.key}.gz`, compressed);
  const annotation = `layergauge.dev/model: configmap://${name}/${packed.key}.gz`;
  if (output === undefined) print(manifest.trimEnd());
  else await write(output, manifest);
  process.stderr.write(
    `${file}: ${formatBytes(packed.bytes.byteLength)} of structure, ${formatBytes(compressed.byteLength)} compressed` +
      `${output === undefined ? '' : `, written to ${output}`}\nannotate the pod with\n  ${annotation}\n`,
  );
  return EXIT.ok;
}

async function write(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text);
  } catch (error) {
    throw systemError(path, error) ?? error;
  }
}

function readArguments(argv: readonly string[]): { file: string; output: string | undefined } {
  const { values, positionals } = readOptions(argv, { output: { type: 'string', short: 'o' } });
  const [file] = positionals;
  if (file === undefined || positionals.length > 1) {
    throw new UsageError('pack takes one file: layergauge pack model.onnx');
  }
  return { file, output: values.output };
}

function tooLarge(file: string, bytes: number): InputError {
  return new InputError(
    'CONFIG_MAP_TOO_LARGE',
    `${file}: the structure takes ${formatBytes(bytes)} compressed, and a ConfigMap holds ${formatBytes(CONFIG_MAP_MAX_BYTES)}; ` +
      'put the file on a volume and annotate volume://NAME/PATH',
  );
}

/** The model's name and a hash of its structure: another structure is another ConfigMap, so both can be immutable. */
function configMapName(file: string, packed: Packed): string {
  const hash = createHash('sha256').update(packed.bytes).digest('hex').slice(0, 10);
  const stem = basename(file)
    .replace(/\.[^.]*$/, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 52);
  return stem === '' ? `model-${hash}` : `${stem}-${hash}`;
}

function configMap(name: string, key: string, compressed: Uint8Array): string {
  return stringify(
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, labels: { 'app.kubernetes.io/managed-by': 'layergauge' } },
      immutable: true,
      binaryData: { [key]: Buffer.from(compressed).toString('base64') },
    },
    { lineWidth: 0 },
  );
}
