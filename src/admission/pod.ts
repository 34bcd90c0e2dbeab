import * as z from 'zod';

/**
 * The parts of a pod that are read or written, in the shapes Kubernetes gives them: nothing else of a pod decides anything.
 * `null` stands in published manifests wherever a field may be left out.
 */
const quantity = z.union([z.string(), z.number()]).nullish();
const quantities = z.record(z.string(), quantity).nullish();

const container = z.object({
  name: z.string().nullish(),
  restartPolicy: z.string().nullish(),
  resources: z.object({ requests: quantities, limits: quantities, claims: z.array(z.unknown()).nullish() }).nullish(),
});

const requirement = z.object({
  key: z.string(),
  operator: z.string(),
  values: z.array(z.string()).nullish(),
});

const nodeSelectorTerm = z.object({
  matchExpressions: z.array(requirement).nullish(),
  matchFields: z.array(requirement).nullish(),
});

const toleration = z.object({
  key: z.string().nullish(),
  operator: z.string().nullish(),
  value: z.string().nullish(),
  effect: z.string().nullish(),
});

const podSchema = z.object({
  metadata: z
    .object({
      annotations: z.record(z.string(), z.string().nullish()).nullish(),
      ownerReferences: z.array(z.object({ uid: z.string().nullish(), controller: z.boolean().nullish() })).nullish(),
    })
    .nullish(),
  spec: z.object({
    containers: z.array(container).min(1),
    initContainers: z.array(container).nullish(),
    nodeName: z.string().nullish(),
    nodeSelector: z.record(z.string(), z.string().nullish()).nullish(),
    tolerations: z.array(toleration).nullish(),
    resourceClaims: z.array(z.unknown()).nullish(),
    affinity: z
      .object({
        nodeAffinity: z
          .object({
            requiredDuringSchedulingIgnoredDuringExecution: z
              .object({ nodeSelectorTerms: z.array(nodeSelectorTerm).nullish() })
              .nullish(),
            preferredDuringSchedulingIgnoredDuringExecution: z
              .array(z.object({ weight: z.number(), preference: nodeSelectorTerm }))
              .nullish(),
          })
          .nullish(),
      })
      .nullish(),
  }),
});

export type Pod = z.infer<typeof podSchema>;
export type Container = Pod['spec']['containers'][number];

/** The pod, or undefined where the object is none. */
export function readPod(object: unknown): Pod | undefined {
  const parsed = podSchema.safeParse(object);
  return parsed.success ? parsed.data : undefined;
}

/** Where an object stops being a pod: `metadata.annotations.a is no string`. */
export function whyUnreadable(object: unknown): string {
  const [issue] = podSchema.safeParse(object).error?.issues ?? [];
  return issue ? `${issue.path.join('.') || 'the object'}: ${issue.message}` : 'the object can be read';
}

export type Annotations = Readonly<Record<string, string>>;

/** The annotations that have a value. */
export function annotationsOf(pod: Pod): Annotations {
  return readAnnotations(pod);
}

/** Those of any object, a pod that cannot be read among them. */
export function readAnnotations(object: unknown): Annotations {
  const stated = Object.entries(memberOf(memberOf(object, 'metadata'), 'annotations') ?? {});
  return Object.fromEntries(stated.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}

function memberOf(object: unknown, name: string): object | undefined {
  if (typeof object !== 'object' || object === null || !Object.hasOwn(object, name)) return undefined;
  const value = (object as Record<string, unknown>)[name];
  return typeof value === 'object' && value !== null ? value : undefined;
}

/** The UID of the Job, ReplicaSet… that made the pod. */
export function controllerOf(pod: Pod): string | undefined {
  return pod.metadata?.ownerReferences?.find(({ controller }) => controller === true)?.uid ?? undefined;
}
