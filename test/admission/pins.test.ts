import { describe, expect, test } from '@jest/globals';
import type { PlacementResult } from '../../src/placement/place.js';
import { admitted, ports } from '../helpers/admission.js';
import { node } from '../helpers/nodes.js';
import { affinity, pod } from '../helpers/pods.js';
import type { RawPod } from '../helpers/pods.js';

describe('pods of one controller', () => {
  const owned = (spec: Record<string, unknown> = {}): RawPod => {
    const object = pod({ spec });
    return { ...object, metadata: { ...object.metadata, ownerReferences: [{ uid: 'job', controller: true }] } };
  };
  const pins = new Map<string, PlacementResult>();
  const pinned = (key: string, compute: () => PlacementResult): PlacementResult => {
    const known = pins.get(key) ?? compute();
    pins.set(key, known);
    return known;
  };
  const preferred = ({ spec }: RawPod): unknown =>
    /"weight":100,"preference":.*"values":\["([^"]*)"\]/.exec(JSON.stringify(spec['affinity']))?.[1];

  test('get one answer though the cluster changes', async () => {
    pins.clear();
    const first = await admitted(owned(), ports({ pinned }));
    const second = await admitted(owned(), ports({ pinned, nodes: () => [node('H100')] }));
    expect([preferred(first), preferred(second)]).toEqual(['Tesla-T4', 'Tesla-T4']);
    expect(preferred(await admitted(pod(), ports({ pinned, nodes: () => [node('H100')] })))).toBe(
      'NVIDIA-H100-80GB-HBM3',
    );
  });

  test('bound to nodes of their own, as those of a DaemonSet are, get answers of their own', async () => {
    pins.clear();
    const onNode = (name: string): RawPod =>
      owned({ affinity: affinity({ matchFields: [{ key: 'metadata.name', operator: 'In', values: [name] }] }) });
    const first = await admitted(onNode('t4'), ports({ pinned }));
    const second = await admitted(onNode('a100'), ports({ pinned }));
    expect([preferred(first), preferred(second)]).toEqual(['Tesla-T4', 'NVIDIA-A100-SXM4-40GB']);
  });

  test('that differ in a wish get answers of their own', async () => {
    pins.clear();
    await admitted(owned(), ports({ pinned }));
    await admitted(
      {
        ...owned(),
        metadata: {
          ...owned().metadata,
          annotations: { ...(owned().metadata?.['annotations'] as object), 'layergauge.dev/target-step-time': '1s' },
        },
      },
      ports({ pinned }),
    );
    expect(pins.size).toBe(2);
  });
});
