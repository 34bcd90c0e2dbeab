import { describe, expect, test } from '@jest/globals';
import type { SizingTask } from '../../src/admission/ports.js';
import { runEstimate } from '../../src/server/estimate-task.js';
import { createMetrics } from '../../src/server/metrics.js';
import { SingleFlight } from '../../src/server/single-flight.js';
import { Sizer } from '../../src/server/sizer.js';
import { testCluster } from '../helpers/webhook.js';

const task = (name: string, batch = 8): SizingTask => ({
  reference: { kind: 'configmap', name },
  namespace: 'team-a',
  setup: { batchSize: { value: batch, from: 'annotation' } },
});

test('a thousand pods at once cost one fetch and one estimate', async () => {
  let [fetched, estimated] = [0, 0];
  const cluster = testCluster();
  const counting = Object.assign(Object.create(cluster) as typeof cluster, {
    configMap: (namespace: string, name: string) => {
      fetched++;
      return cluster.configMap(namespace, name);
    },
  });
  const sizer = new Sizer(
    counting,
    (work) => {
      estimated++;
      return runEstimate(work);
    },
    createMetrics('test'),
  );
  const answers = await Promise.all(Array.from({ length: 1000 }, () => sizer.size(task('resnet50'))));
  expect({ fetched, estimated, answers: new Set(answers).size }).toEqual({ fetched: 1, estimated: 1, answers: 1 });
  await sizer.size(task('resnet50', 16));
  expect({ fetched, estimated }).toEqual({ fetched: 1, estimated: 2 });
});

test('contexts that were measured take the place of the published ones', async () => {
  const published = await new Sizer(testCluster(), runEstimate, createMetrics('test')).size(task('resnet50'));
  const contexts = { turing: 1_000_000_000 };
  const measured = await new Sizer(testCluster(), runEstimate, createMetrics('test'), contexts).size(task('resnet50'));
  const contextOf = ({ onGpus }: typeof measured, family: string): number | undefined =>
    onGpus.find((need) => need.family === family)?.breakdown.contextBytes;
  expect(contextOf(measured, 'turing')).toBe(1_000_000_000);
  expect(contextOf(measured, 'ampere')).toBe(contextOf(published, 'ampere'));
});

test('a failure is not kept, and is counted by its code', async () => {
  const metrics = createMetrics('test');
  const sizer = new Sizer(testCluster(), runEstimate, metrics);
  await expect(sizer.size(task('nowhere'))).rejects.toThrow('namespace "team-a" has no ConfigMap "nowhere"');
  await expect(sizer.size(task('nowhere'))).rejects.toThrow('has no ConfigMap');
  await expect(sizer.size(task('broken'))).rejects.toMatchObject({ code: 'MALFORMED' });
  const text = await metrics.registry.metrics();
  expect(text).toContain('layergauge_source_errors_total{code="SOURCE_NOT_FOUND"} 2');
  expect(text).toContain('layergauge_source_errors_total{code="MALFORMED"} 1');
});

describe('a single flight', () => {
  test('asks once however many want the answer', async () => {
    const flights = new SingleFlight<{ n: number }>({ max: 4 });
    let asked = 0;
    const compute = (): Promise<{ n: number }> => Promise.resolve({ n: ++asked });
    const answers = await Promise.all([1, 2, 3].map(() => flights.get('key', compute)));
    expect(answers.map(({ value, hit }) => [value.n, hit])).toEqual([
      [1, false],
      [1, true],
      [1, true],
    ]);
  });

  test('forgets failures and what is too old', async () => {
    const flights = new SingleFlight<{ n: number }>({ max: 4, ttlMs: 1 });
    await expect(flights.get('key', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect((await flights.get('key', () => Promise.resolve({ n: 1 }))).hit).toBe(false);
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect((await flights.get('key', () => Promise.resolve({ n: 2 }))).value.n).toBe(2);
  });
});
