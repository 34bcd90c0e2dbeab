// The thread as it ships: the built file starts itself a second time.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { EstimateWorker } from '../../src/server/worker-pool.js';

const ROOT = join(import.meta.dirname, '../..');
const RESNET = join(ROOT, 'test/fixtures/onnx/resnet50-training.onnx');
const folder = mkdtempSync(join(tmpdir(), 'layergauge-'));
const workers: EstimateWorker[] = [];

function worker(entry: string, timeoutMs?: number): EstimateWorker {
  const started = new EstimateWorker(pathToFileURL(entry), timeoutMs);
  workers.push(started);
  return started;
}

beforeAll(() => {
  execFileSync(process.execPath, [join(ROOT, 'scripts/build.mjs')], { cwd: ROOT });
});

afterAll(async () => {
  await Promise.all(workers.map((one) => one.stop()));
});

test('an estimate is made on another thread, and a refusal comes back with its code', async () => {
  const estimator = worker(join(ROOT, 'dist/server.mjs'));
  const bytes = new Uint8Array(readFileSync(RESNET));
  const [sized, refused] = await Promise.all([
    estimator.run({ structure: { name: 'model.onnx', bytes }, setup: {}, contexts: {} }),
    estimator.run({
      structure: { name: 'notes.txt', bytes: new TextEncoder().encode('no model') },
      setup: {},
      contexts: {},
    }),
  ]);
  expect(sized).toMatchObject({ kind: 'sized', sized: { model: { parameters: 25_557_032 } } });
  expect(refused).toMatchObject({ kind: 'refused', code: 'UNKNOWN_FORMAT' });
});

test('a thread that hangs or dies is replaced, and the tasks behind it are answered', async () => {
  const entry = join(folder, 'worker.mjs');
  writeFileSync(
    entry,
    `import { parentPort } from 'node:worker_threads';
     parentPort.on('message', ({ setup }) => {
       if (setup.hang) for (;;);
       if (setup.die) throw new Error('died');
       parentPort.postMessage({ kind: 'sized', sized: setup });
     });`,
  );
  const estimator = worker(entry, 300);
  const run = (setup: object): Promise<unknown> =>
    estimator.run({ structure: { name: '', bytes: new Uint8Array() }, setup, contexts: {} });
  const results = await Promise.allSettled([run({ hang: true }), run({ die: true }), run({ fine: true })]);
  expect(results.map((result) => (result.status === 'fulfilled' ? result.value : String(result.reason)))).toEqual([
    'Error: an estimate took more than 300 ms',
    'Error: the estimating thread died',
    { kind: 'sized', sized: { fine: true } },
  ]);
});
