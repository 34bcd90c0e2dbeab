// Pods made of the pod templates in other people's published manifests.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { V1Pod } from '@kubernetes/client-node';
import { parseAllDocuments } from 'yaml';
import { podsOf } from '../src/cli/pod-templates.js';
import type { Manifest } from '../src/cli/pod-templates.js';

export interface Published {
  /** The file and the place in it. */
  readonly from: string;
  readonly pod: V1Pod;
}

/** Every pod template under a folder, as a pod of its own name. */
export function publishedPods(folder: string): Published[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  const stated = files
    .filter((file) => /\.ya?ml(-template)?$/.test(file))
    .flatMap((file) =>
      parseAllDocuments(readFileSync(join(folder, file), 'utf8'))
        .map((document) => document.toJS({ maxAliasCount: 1000 }) as Manifest | null)
        .flatMap((manifest) => podsOf(manifest ?? {}).map(({ of, pod }) => ({ from: `${file}: ${of ?? 'Pod'}`, pod }))),
    );
  return stated.map(({ from, pod }, index) => ({ from, pod: renamed(pod as unknown as V1Pod, `published-${index}`) }));
}

/** Another name, in the namespace of the tests. */
function renamed({ metadata, ...pod }: V1Pod, name: string): V1Pod {
  const { labels, annotations } = metadata ?? {};
  return { ...pod, metadata: { name, ...(labels && { labels }), ...(annotations && { annotations }) } };
}
