/** Where a structure is to be had: the value of the `model` annotation, read. */
export interface ConfigMapReference {
  readonly kind: 'configmap';
  readonly name: string;
  /** Absent where the ConfigMap has but one key. */
  readonly key?: string;
}

export type ModelReference = ConfigMapReference;

/** A DNS subdomain, as names of ConfigMaps are. */
const NAME = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;
/** What ConfigMap keys consist of. */
const KEY = /^[-._a-zA-Z0-9]{1,253}$/;

/** `configmap://NAME[/KEY]`; undefined where the text is no such reference. */
export function parseReference(text: string): ModelReference | undefined {
  const [, name, key] = /^configmap:\/\/([^/]+)(?:\/([^/]+))?$/.exec(text.trim()) ?? [];
  if (name === undefined || !NAME.test(name)) return undefined;
  if (key === undefined) return { kind: 'configmap', name };
  return KEY.test(key) ? { kind: 'configmap', name, key } : undefined;
}

/** As the user wrote it, for messages. */
export function formatReference({ name, key }: ModelReference): string {
  return key === undefined ? `configmap://${name}` : `configmap://${name}/${key}`;
}
