import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { parse, stringify } from 'yaml';
import { EXIT } from '../../src/cli/errors.js';
import { commandLine } from '../helpers/command-line.js';
import { gpuNode } from '../helpers/webhook.js';

const RESNET = join(import.meta.dirname, '../fixtures/onnx/resnet50-training.onnx');
const folder = mkdtempSync(join(tmpdir(), 'layergauge-'));

function written(name: string, ...objects: readonly object[]): string {
  const path = join(folder, name);
  writeFileSync(path, objects.map((object) => stringify(object)).join('---\n'));
  return path;
}

const configMap = written('net.yaml', {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'net' },
  binaryData: { 'model.onnx.gz': gzipSync(readFileSync(RESNET)).toString('base64') },
});
const nodes = written('nodes.yaml', {
  kind: 'List',
  items: [{ kind: 'Node', ...gpuNode('t4', 'Tesla-T4', 15360) }],
});
const BROKEN = join(folder, 'broken.yaml');
writeFileSync(BROKEN, 'a: [');
const explain = (file: string): ReturnType<typeof commandLine> =>
  commandLine('explain', file, '--configmap', configMap, '--nodes', nodes);

const containers = [{ name: 'train', image: 'train:1' }];
const annotations = { 'layergauge.dev/model': 'configmap://net', 'layergauge.dev/batch-size': '8' };
const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'train', annotations }, spec: { containers } };
const job = {
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name: 'nightly', namespace: 'team' },
  spec: { template: { metadata: { annotations }, spec: { containers } } },
};

describe('explain', () => {
  test('shows the decision, the patch and the patched pod', async () => {
    const { code, stdout } = await explain(written('pod.yaml', pod));
    expect(code).toBe(EXIT.ok);
    expect(stdout[0]).toBe('decision  patched: 1 GPU like Tesla-T4');
    const [patchAt, podAt] = [stdout.indexOf('patch'), stdout.indexOf('pod')];
    const operations = stdout.slice(patchAt + 1, podAt - 1).map((line) => JSON.parse(line) as { path: string });
    expect(operations.map(({ path }) => path)).toContain('/spec/containers/0/resources');
    const patched = parse(stdout.slice(podAt + 1).join('\n')) as typeof pod;
    expect(patched).toMatchObject(pod);
    expect(patched.spec.containers[0]).toMatchObject({ resources: { limits: { 'nvidia.com/gpu': '1' } } });
  });

  test('shows what becomes of the pods of a Job', async () => {
    const { stdout } = await explain(written('job.yaml', job));
    expect(stdout.slice(0, 2)).toEqual([
      'pod of    Job nightly, spec.template',
      'decision  patched: 1 GPU like Tesla-T4',
    ]);
    const patched = parse(stdout.slice(stdout.indexOf('pod') + 1).join('\n')) as { metadata: object };
    expect(patched.metadata).toMatchObject({ namespace: 'team' });
  });

  test('goes through every pod of a file, those of a list among them', async () => {
    const { annotations: _, ...plain } = pod.metadata;
    const list = { kind: 'List', items: [{ ...pod, metadata: plain }, { kind: 'Service' }] };
    const { stdout } = await explain(written('many.yaml', pod, list, job));
    expect(stdout.filter((line) => line.startsWith('decision'))).toEqual([
      'decision  patched: 1 GPU like Tesla-T4',
      'decision  left as it is: not-annotated',
      'decision  patched: 1 GPU like Tesla-T4',
    ]);
  });

  test('says why nothing is patched', async () => {
    const lost = { ...annotations, 'layergauge.dev/model': 'configmap://lost' };
    const { stdout } = await explain(written('lost.yaml', { ...pod, metadata: { annotations: lost } }));
    expect(stdout[0]).toBe('decision  left as it is: SOURCE_NOT_FOUND');
    expect(stdout[1]).toMatch(/^warning {3}layergauge: not sized: SOURCE_NOT_FOUND/);
  });

  test.each([
    ['modle', 'layergauge.dev/modle is unknown; did you mean "model"?'],
    ['batch-size', 'layergauge.dev/batch-size: not read without layergauge.dev/model'],
  ])('says that layergauge.dev/%s is not read where no model is named', async (name, message) => {
    const unread = { ...pod, metadata: { annotations: { [`layergauge.dev/${name}`]: '8' } } };
    const { stdout } = await explain(written('unread.yaml', unread));
    expect(stdout).toEqual(['decision  left as it is: not-annotated', `warning   layergauge: ${message}`]);
  });

  test('says that annotations of a Job are not those of its pods', async () => {
    const template = { spec: { containers } };
    const outside = { ...job, metadata: { name: 'nightly', annotations }, spec: { template } };
    const { stdout } = await explain(written('outside.yaml', outside));
    expect(stdout).toEqual([
      'pod of    Job nightly, spec.template',
      'decision  left as it is: not-annotated',
      'warning   layergauge.dev/model, layergauge.dev/batch-size on the Job itself: not read; annotate its pod template',
    ]);
    const { stdout: inside } = await explain(written('both.yaml', { ...outside, spec: job.spec }));
    expect(inside.filter((line) => line.includes('not read'))).toEqual([]);
  });

  test('says that a pod would be denied', async () => {
    const strict = { 'layergauge.dev/model': 'configmap://lost', 'layergauge.dev/on-failure': 'deny' };
    const { stdout } = await explain(written('strict.yaml', { ...pod, metadata: { annotations: strict } }));
    expect(stdout).toHaveLength(1);
    expect(stdout[0]).toMatch(/^decision {2}denied: layergauge: SOURCE_NOT_FOUND/);
  });

  test.each([
    ['a file that is not there', join(folder, 'none.yaml'), ': no such file or directory'],
    [
      'a file without a pod',
      written('service.yaml', { kind: 'Service' }),
      ': there is no Pod in it, and nothing that makes one',
    ],
    ['a file that is no YAML', BROKEN, ': Flow sequence in block collection'],
  ])('refuses %s in one line', async (_, file, message) => {
    const { code, stderr } = await explain(file);
    expect(code).toBe(EXIT.input);
    expect(stderr.startsWith(`layergauge: ${file}${message}`)).toBe(true);
    expect(stderr.trimEnd()).not.toContain('\n');
  });

  test.each([[['explain']], [['explain', 'a', 'b']]])('%j is a mistake of the command line', async (argv) => {
    const { code, stderr } = await commandLine(...argv);
    expect({ code, stderr }).toEqual({
      code: EXIT.usage,
      stderr: 'layergauge: explain takes one file: layergauge explain pod.yaml --configmap model.yaml\n',
    });
  });
});
