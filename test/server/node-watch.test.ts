import { expect, test } from '@jest/globals';
import type { GpuNode } from '../../src/placement/inventory.js';
import { gpuNodeOf } from '../../src/placement/node.js';
import type { Cluster, NodeEvent } from '../../src/server/cluster.js';
import { NodeWatch } from '../../src/server/node-watch.js';
import { gpuNode } from '../helpers/webhook.js';

const node = (name: string): GpuNode => gpuNodeOf(gpuNode(name, 'Tesla-T4', 15360));

/** A cluster whose watch is a list of scripts: each call takes the next. */
function scripted(
  watches: readonly ((on: (event: NodeEvent) => void) => Promise<void>)[],
): Cluster & { lists: number } {
  let at = 0;
  return {
    lists: 0,
    configMap: () => Promise.resolve(undefined),
    nodePage(next) {
      if (next === undefined) this.lists++;
      const isFirst = next === undefined;
      return Promise.resolve({
        nodes: [node(isFirst ? 'a' : 'b')],
        next: isFirst ? 'more' : undefined,
        resourceVersion: '7',
      });
    },
    watchNodes: (_, on, signal) =>
      watches[at++]?.(on) ??
      new Promise((resolve) => {
        signal.addEventListener('abort', () => {
          resolve();
        });
      }),
  };
}

async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; tries < 200 && !condition(); tries++) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(condition()).toBe(true);
}

const names = (watch: NodeWatch): string[] => watch.nodes().map(({ name }) => name);

test('every page is listed before the watch is synced', async () => {
  const watch = new NodeWatch(scripted([]), { changed: () => undefined, failed: () => undefined });
  expect(watch.synced).toBe(false);
  const running = watch.run();
  await until(() => watch.synced);
  expect(names(watch)).toEqual(['a', 'b']);
  watch.stop();
  await running;
});

test('events add, change and delete nodes; bookmarks and reports that all is as it was change nothing', async () => {
  const changes: number[] = [];
  const cluster = scripted([
    (on) => {
      on({ type: 'ADDED', node: node('c') });
      on({ type: 'MODIFIED', node: { ...node('a'), allocatableGpus: 3 } });
      on({ type: 'MODIFIED', node: { ...node('a'), allocatableGpus: 3 } });
      on({ type: 'DELETED', node: node('b') });
      on({ type: 'BOOKMARK', resourceVersion: '9' });
      return new Promise(() => undefined);
    },
  ]);
  const watch = new NodeWatch(cluster, { changed: (count) => changes.push(count), failed: () => undefined });
  void watch.run();
  await until(() => changes.length === 4);
  expect(names(watch)).toEqual(['a', 'c']);
  expect(watch.nodes()[0]?.allocatableGpus).toBe(3);
  expect(changes).toEqual([2, 3, 3, 2]);
  watch.stop();
});

test('a stream that fails is reported and begun anew with a list, and the last known nodes stand meanwhile', async () => {
  const failures: unknown[] = [];
  const cluster = scripted([() => Promise.reject(new Error('gone')), () => Promise.resolve()]);
  const watch = new NodeWatch(cluster, { changed: () => undefined, failed: (error) => failures.push(error) }, 1);
  const running = watch.run();
  await until(() => failures.length === 1);
  expect(names(watch)).toEqual(['a', 'b']);
  await until(() => cluster.lists === 3);
  expect(failures).toHaveLength(1);
  watch.stop();
  await running;
});
