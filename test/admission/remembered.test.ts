import { expect, test } from '@jest/globals';
import type { Decision } from '../../src/admission/types.js';
import { decisionOn, ports } from '../helpers/admission.js';
import { asking, pod } from '../helpers/pods.js';
import { sizedModel } from '../helpers/sized.js';

async function keyOf(object: unknown, sized = sizedModel()): Promise<string> {
  const keys: string[] = [];
  const remembered = (key: string, compute: () => Decision): Decision => {
    keys.push(key);
    return compute();
  };
  await decisionOn(object, ports({ remembered, size: () => Promise.resolve(sized) }));
  return keys.join();
}

const named = (name: string): object => {
  const object = pod();
  return { ...object, metadata: { ...object.metadata, name, labels: { index: name } } };
};

test('pods that differ by what nothing is decided from are one to us', async () => {
  expect(await keyOf(named('train-0'))).toBe(await keyOf(named('train-1')));
});

test.each([
  ['an annotation', pod({ annotations: { 'layergauge.dev/batch-size': '64' } })],
  ['a selector', pod({ spec: { nodeSelector: { zone: 'a' } } })],
  ['a request', pod({ spec: { containers: [asking('2')] } })],
])('pods that differ by %s are not', async (_, object) => {
  expect(await keyOf(object)).not.toBe(await keyOf(pod()));
});

test('nor are pods of models that differ', async () => {
  const { model, ...rest } = sizedModel();
  expect(await keyOf(pod(), { ...rest, model: { ...model, structureHash: 'sha256:other' } })).not.toBe(
    await keyOf(pod()),
  );
});
