import { readPod } from '../../src/admission/pod.js';
import type { Pod } from '../../src/admission/pod.js';
import { MODEL } from './admission.js';

export const GPU = 'nvidia.com/gpu';

type Json = Record<string, unknown>;

export interface RawPod {
  readonly metadata?: Json | null;
  readonly spec: Json;
}

/** A pod with one container that opted in; `spec` and `annotations` go over that. */
export function pod({ annotations, spec }: { annotations?: Json; spec?: Json } = {}): RawPod {
  return {
    metadata: { generateName: 'train-', annotations: { ...MODEL, ...annotations } },
    spec: { containers: [{ name: 'main', image: 'train:1' }], ...spec },
  };
}

/** A container that states so many GPUs as its limit and its request. */
export function asking(count: unknown, name = 'main'): Json {
  return { name, resources: { limits: { [GPU]: count }, requests: { [GPU]: count } } };
}

export function affinity(...nodeSelectorTerms: unknown[]): Json {
  return { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } };
}

export function parsed(object: unknown): Pod {
  const read = readPod(object);
  if (!read) throw new Error('the object is no pod');
  return read;
}
