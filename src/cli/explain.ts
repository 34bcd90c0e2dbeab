import { readFile } from 'node:fs/promises';
import { parseAllDocuments, stringify } from 'yaml';
import { admit } from '../admission/admit.js';
import { PREFIX, stated } from '../admission/annotations.js';
import { applyPatch } from '../admission/json-patch.js';
import { readAnnotations } from '../admission/pod.js';
import type { Decision } from '../admission/types.js';
import { readOptions } from './arguments.js';
import { EXIT, InputError, systemError, UsageError } from './errors.js';
import { offlinePorts } from './offline.js';
import type { OfflineObjects } from './offline.js';
import { podsOf } from './pod-templates.js';
import type { Manifest } from './pod-templates.js';

/** What a pod is created in where it names no namespace. */
const DEFAULT_NAMESPACE = 'default';

interface Request {
  readonly pod: string;
  readonly objects: OfflineObjects;
}

/** `layergauge explain FILE`: what the webhook would do with the pods in it, without a cluster, by the same code. */
export async function explainCommand(argv: readonly string[], print: (line: string) => void): Promise<number> {
  const { pod: file, objects } = await readArguments(argv);
  const pods = (await readManifests(file)).flatMap(podsOf);
  if (pods.length === 0) throw new InputError('NO_POD', `${file}: there is no Pod in it, and nothing that makes one`);
  const ports = offlinePorts(objects);
  for (const { of, owner, pod } of pods) {
    const request = { uid: 'explain', operation: 'CREATE', namespace: namespaceOf(pod), object: pod };
    const decision = await admit(request, ports);
    if (of !== undefined) print(`pod of    ${of}`);
    for (const line of [...explanation(pod, decision), ...misplaced(owner, pod)]) print(line);
  }
  return EXIT.ok;
}

async function readArguments(argv: readonly string[]): Promise<Request> {
  const { values, positionals } = readOptions(argv, {
    configmap: { type: 'string', multiple: true },
    nodes: { type: 'string', multiple: true },
  });
  const [pod] = positionals;
  if (pod === undefined || positionals.length > 1) {
    throw new UsageError('explain takes one file: layergauge explain pod.yaml --configmap model.yaml');
  }
  const all = async (files: readonly string[] = []): Promise<Manifest[]> =>
    (await Promise.all(files.map((file) => readManifests(file)))).flat();
  const [configMaps, nodes] = [await all(values.configmap), await all(values.nodes)];
  return { pod, objects: { configMaps, nodes } };
}

/** The objects of a YAML file, those of a `List` among them. */
async function readManifests(file: string): Promise<Manifest[]> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw systemError(file, error) ?? error;
  }
  const documents = parseAllDocuments(text);
  const broken = 'empty' in documents ? undefined : documents.flatMap(({ errors }) => errors)[0];
  if (broken) throw new InputError('MALFORMED', `${file}: ${broken.message.split('\n')[0] ?? 'not YAML'}`);
  return documents.flatMap((document) => itemsOf(document.toJS({ maxAliasCount: 100 }) as unknown));
}

function itemsOf(value: unknown): Manifest[] {
  if (typeof value !== 'object' || value === null) return [];
  const manifest = value as Manifest;
  return Array.isArray(manifest['items']) ? manifest['items'].flatMap((item) => itemsOf(item)) : [manifest];
}

function namespaceOf({ metadata }: Manifest): string {
  const { namespace } = (metadata ?? {}) as { namespace?: unknown };
  return typeof namespace === 'string' && namespace !== '' ? namespace : DEFAULT_NAMESPACE;
}

/** The webhook sees pods alone: what is annotated on the object that makes them is not read. */
function misplaced(owner: Manifest, pod: Manifest): string[] {
  const [names, inPod] = [owner, pod].map((object) => Object.keys(stated(readAnnotations(object))));
  if (!names?.length || inPod?.length) return [];
  const keys = names.map((name) => PREFIX + name).join(', ');
  return [`warning   ${keys} on the ${String(owner['kind'])} itself: not read; annotate its pod template`];
}

function explanation(pod: Manifest, decision: Decision): string[] {
  if (decision.kind === 'deny') return [`decision  denied: ${decision.message}`];
  const warnings = decision.warnings.map((text) => `warning   ${text}`);
  if (decision.kind === 'skip') return [`decision  left as it is: ${decision.reason}`, ...warnings];
  const { operations, auditAnnotations } = decision;
  return [
    `decision  patched: ${auditAnnotations['status'] ?? ''}`,
    ...warnings,
    '',
    'patch',
    ...operations.map((operation) => `  ${JSON.stringify(operation)}`),
    '',
    'pod',
    ...stringify(applyPatch(pod, operations), { lineWidth: 0 }).trimEnd().split('\n'),
  ];
}
