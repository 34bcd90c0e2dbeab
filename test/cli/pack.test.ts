import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { graphFields, modelHead } from '../../examples/onnx-writer.js';
import { sizeModel } from '../../src/admission/size.js';
import { loadGraph } from '../../src/cli/load.js';
import { commandLine } from '../helpers/command-line.js';

const FIXTURES = join(import.meta.dirname, '../fixtures');
const RESNET = join(FIXTURES, 'onnx/resnet50-training.onnx');
const CAFFE = join(FIXTURES, 'caffe/train_v2.prototxt');
const folder = mkdtempSync(join(tmpdir(), 'layergauge-'));

interface ConfigMap {
  readonly apiVersion: string;
  readonly kind: string;
  readonly immutable: boolean;
  readonly metadata: { readonly name: string };
  readonly binaryData: Readonly<Record<string, string>>;
}

async function pack(file: string): Promise<{ configMap: ConfigMap; structure: Buffer; stderr: string }> {
  const { code, stdout, stderr } = await commandLine('pack', file);
  expect(code).toBe(0);
  const configMap = parse(stdout.join('\n')) as ConfigMap;
  const [value = ''] = Object.values(configMap.binaryData);
  return { configMap, structure: gunzipSync(Buffer.from(value, 'base64')), stderr };
}

describe('the ConfigMap', () => {
  test.each([
    [RESNET, 'resnet50-training', 'model.onnx'],
    [CAFFE, 'train-v2', 'model.prototxt'],
  ])('%s gives an immutable ConfigMap that the same estimate can be made from', async (file, stem, key) => {
    const { configMap, structure, stderr } = await pack(file);
    expect(configMap).toMatchObject({ apiVersion: 'v1', kind: 'ConfigMap', immutable: true });
    expect(configMap.metadata.name).toMatch(new RegExp(`^${stem}-[0-9a-f]{10}$`));
    expect(Object.keys(configMap.binaryData)).toEqual([`${key}.gz`]);
    expect(stderr).toContain(`layergauge.dev/model: configmap://${configMap.metadata.name}/${key}.gz\n`);
    const copy = join(folder, key);
    writeFileSync(copy, structure);
    const [original, packed] = await Promise.all([file, copy].map(loadGraph));
    if (!original || !packed) throw new Error('both are read');
    const [a, b] = [sizeModel(original, {}), sizeModel(packed, {})];
    expect(b.structureHash).toBe(a.structureHash);
    expect(b.estimate.memory.upperBytes).toBe(a.estimate.memory.upperBytes);
  });

  test('weights inside the file stay behind', async () => {
    const side = 1024;
    const graph = graphFields({
      name: 'product',
      nodes: [{ type: 'MatMul', inputs: ['x', 'w'], outputs: ['y'] }],
      initializers: [{ name: 'w', dims: [side, side], inlineBytes: 4 * side * side }],
      inputs: [{ name: 'x', dims: ['batch', side] }],
      outputs: [{ name: 'y', dims: ['batch', side] }],
    });
    const file = join(folder, 'Big Model (v2).onnx');
    writeFileSync(file, Buffer.concat([modelHead(graph.byteLength), graph]));
    const { configMap, structure } = await pack(file);
    expect(readFileSync(file).byteLength).toBeGreaterThan(4 * side * side);
    expect(structure.byteLength).toBeLessThan(1024);
    expect(configMap.metadata.name).toMatch(/^big-model-v2-[0-9a-f]{10}$/);
  });

  test('the same structure has the same name, another structure another', async () => {
    const names = async (file: string): Promise<string> => (await pack(file)).configMap.metadata.name.slice(-10);
    const edited = join(folder, 'edited.prototxt');
    writeFileSync(edited, readFileSync(CAFFE, 'utf8').replace('batch_size: 16', 'batch_size: 17'));
    expect(await names(CAFFE)).toBe(await names(CAFFE));
    expect(await names(edited)).not.toBe(await names(CAFFE));
  });
});

describe('-o', () => {
  test('writes the file, and prints the annotation alone', async () => {
    const output = join(folder, 'cm.yaml');
    const { code, stdout, stderr } = await commandLine('pack', RESNET, '-o', output);
    expect({ code, stdout }).toEqual({ code: 0, stdout: [] });
    expect(stderr).toContain(`written to ${output}`);
    expect((parse(readFileSync(output, 'utf8')) as ConfigMap).kind).toBe('ConfigMap');
  });

  test('a place that cannot be written to is one clear line', async () => {
    const output = join(folder, 'no', 'such', 'cm.yaml');
    const { code, stderr } = await commandLine('pack', RESNET, '-o', output);
    expect({ code, stderr }).toEqual({ code: 1, stderr: `layergauge: ${output}: no such file or directory\n` });
  });
});

test('a structure that no ConfigMap holds is refused with the way out', async () => {
  const file = join(folder, 'huge.prototxt');
  // Random names do not compress, and a ConfigMap's 1 MiB counts the compressed bytes.
  const random = (): string => Array.from({ length: 6 }, () => Math.random().toString(36).slice(2)).join('');
  const layers = Array.from(
    { length: 24_000 },
    (_, index) => `layer { name: "${random()}" type: "ReLU" bottom: "t${index}" top: "t${index + 1}" }`,
  );
  writeFileSync(file, `input: "t0" input_dim: 1 input_dim: 3 input_dim: 8 input_dim: 8\n${layers.join('\n')}`);
  const { code, stderr } = await commandLine('pack', file);
  expect(code).toBe(1);
  expect(stderr).toMatch(/the structure takes 1\.\d+ MiB compressed, and a ConfigMap holds 1\.00 MiB; put the file on/);
});

test('a file that no estimate can be made of is not packed', async () => {
  const file = join(folder, 'notes.txt');
  writeFileSync(file, 'not a model');
  const { code, stdout } = await commandLine('pack', file);
  expect({ code, stdout }).toEqual({ code: 1, stdout: [] });
});
