import { ConfigMapError, structureOf } from '../sources/configmap.js';
import type { ConfigMapData, Structure, StructureProblem } from '../sources/configmap.js';
import { AdmissionError } from './failures.js';
import type { AdmissionErrorCode } from './failures.js';
import type { SizingTask } from './ports.js';

const CODES: Readonly<Record<StructureProblem, AdmissionErrorCode>> = {
  'no-such-key': 'SOURCE_NOT_FOUND',
  'no-key': 'SOURCE_NOT_FOUND',
  'several-keys': 'SOURCE_AMBIGUOUS',
  'too-large': 'SOURCE_TOO_LARGE',
  'not-gzip': 'MALFORMED',
};

/** Hands out a ConfigMap; undefined where there is none by that name. */
export type ConfigMapReader = (namespace: string, name: string) => Promise<ConfigMapData | undefined>;

/** The structure a reference names, in the namespace of the request alone. Throws `AdmissionError`. */
export async function fetchStructure(
  { reference, namespace }: Pick<SizingTask, 'reference' | 'namespace'>,
  read: ConfigMapReader,
): Promise<Structure> {
  const { name, key } = reference;
  const map = await read(namespace, name);
  if (!map) throw new AdmissionError('SOURCE_NOT_FOUND', `namespace "${namespace}" has no ConfigMap "${name}"`);
  try {
    return await structureOf(map, key);
  } catch (error) {
    if (!(error instanceof ConfigMapError)) throw error;
    throw new AdmissionError(CODES[error.problem], `ConfigMap "${name}": ${error.message}`, { cause: error });
  }
}
