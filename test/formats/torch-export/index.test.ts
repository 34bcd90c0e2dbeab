import { describe, expect, test } from '@jest/globals';
import { programJson, writeArchive, writeProgram } from '../../../examples/pt2-writer.js';
import type { ProgramDescription } from '../../../examples/pt2-writer.js';
import { bytesSource, detectFormat } from '../../../src/formats/index.js';
import { torchExport } from '../../../src/formats/torch-export/index.js';
import { call, described, readBytes, refusal, written } from './reading.js';

const RELU = described([call('relu.default', { self: '%x' }, { relu: ['s0', 4, 8, 8] })]);

/** Two linear layers of which the second scores with the weight of the first. */
const TIED = described(
  [
    call(
      'embedding.default',
      { weight: '%p_wte_weight', indices: '%x' },
      { embedding: ['s0', 's1', 8] },
      { module: 'wte' },
    ),
    call('linear.default', { input: '%embedding', weight: '%p_head_weight' }, { linear: ['s0', 's1', 16] }),
  ],
  { inputs: { x: ['s0', 's1'] }, integers: ['x'], parameters: { 'wte.weight': [16, 8], 'head.weight': [16, 8] } },
);

/** A chain of products with these weights. */
const mlp = (parameters: Readonly<Record<string, readonly [number, number]>>): ProgramDescription =>
  described(
    Object.entries(parameters).map(([name, [width]], index) =>
      call(
        'linear.default',
        { input: index === 0 ? '%x' : `%linear_${index - 1}`, weight: `%p_${name.replace('.', '_')}` },
        { [`linear_${index}`]: ['s0', width] },
      ),
    ),
    { inputs: { x: ['s0', 8] }, parameters, outputs: [`linear_${Object.keys(parameters).length - 1}`] },
  );

const HIDDEN = { 'fc1.weight': [8, 8], 'fc2.weight': [8, 8] } as const;

describe('a program is read', () => {
  test.each([
    ['by itself', writeProgram(RELU), 'model.json'],
    ['from a stored archive', writeArchive(RELU), 'net.pt2'],
    ['from a deflated archive', writeArchive(RELU, { level: 6 }), 'net.pt2'],
    ['from an archive that holds weights', writeArchive(TIED, { payloadBytes: 512 }), 'net.pt2'],
    ['whatever the name', writeArchive(RELU), 'net.onnx'],
  ])('%s', async (_, bytes, name) => {
    expect((await detectFormat(bytesSource(bytes, name))).name).toBe('torch-export');
    expect((await readBytes(bytes, name)).layers.length).toBeGreaterThan(0);
  });

  test.each([
    { major: 5, minor: 3 },
    { major: 7, minor: 3 },
    { major: 8, minor: 20 },
  ])('of schema %o', async (version) => {
    expect(written(await readBytes(writeProgram({ ...RELU, version })))).toEqual(['relu = Relu(x)']);
  });

  test('without reading a weight', async () => {
    const bytes = writeArchive(TIED, { payloadBytes: 1_000_000 });
    let read = 0;
    const source = bytesSource(bytes, 'net.pt2');
    const graph = await torchExport.parse({
      ...source,
      read: (offset, length) => {
        read += Math.min(length, source.size - offset);
        return source.read(offset, length);
      },
    });
    expect(graph.layers).toHaveLength(2);
    expect(read).toBeLessThan(100_000);
  });
});

describe('what the graph says', () => {
  test('inputs, outputs, parameters with their shapes', async () => {
    const graph = await readBytes(writeArchive(TIED));
    expect(graph).toMatchObject({ name: 'net', format: 'torch-export', inputs: ['x'], outputs: ['linear'] });
    expect(graph.tensors.get('p_wte_weight')).toMatchObject({ role: 'parameter', shape: [16, 8], trainable: true });
    expect(graph.tensors.get('x')).toMatchObject({ role: 'input', dtype: 'int64' });
  });

  test('the module that owns a layer', async () => {
    expect((await readBytes(writeArchive(TIED))).layers.map(({ scope }) => scope)).toEqual(['wte', undefined]);
  });

  test('weights of one payload share storage', async () => {
    const { tensors } = await readBytes(writeArchive(TIED, { tied: { 'head.weight': 'wte.weight' } }));
    expect(tensors.get('p_head_weight')?.storage).toBe(tensors.get('p_wte_weight')?.storage);
  });

  test('weights that begin at two places of one payload do not', async () => {
    const archive = writeArchive(TIED, { tied: { 'head.weight': 'wte.weight' }, offsets: { 'head.weight': 128 } });
    const { tensors } = await readBytes(archive);
    expect(tensors.get('p_head_weight')?.storage).not.toBe(tensors.get('p_wte_weight')?.storage);
  });

  test('weights of several payloads do not', async () => {
    const { tensors } = await readBytes(writeArchive(TIED));
    expect(tensors.get('p_head_weight')?.storage).not.toBe(tensors.get('p_wte_weight')?.storage);
  });

  test.each([
    ['of one size, in an empty payload', HIDDEN, 0],
    ['of one size, in an empty payload that packing kept', HIDDEN, 'packed'],
    ['of several sizes, in a payload that is lost', { ...HIDDEN, 'head.weight': [16, 8] }, undefined],
  ] as const)('weights that have no data share none: %s', async (_, parameters, payload) => {
    const tied = Object.fromEntries(Object.keys(parameters).map((name) => [name, 'fc1.weight']));
    const payloadBytes = payload === undefined ? {} : { payloadBytes: 0 };
    const whole = writeArchive(mlp(parameters), { tied, ...payloadBytes });
    const bytes = payload === 'packed' ? (await torchExport.pack(bytesSource(whole, 'net.pt2'))).bytes : whole;
    const { tensors, hints } = await readBytes(bytes);
    const storages = [...tensors.values()].flatMap(({ role, storage }) => (role === 'parameter' ? [storage] : []));
    expect(new Set(storages).size).toBe(Object.keys(parameters).length);
    expect(hints.assumptions).toContain(
      'the file does not say which weights are tied: every parameter is counted by itself',
    );
  });

  test('of a program by itself, that ties cannot be seen', async () => {
    expect((await readBytes(writeProgram(TIED))).hints.assumptions).toEqual([
      'the file does not say which weights are tied: every parameter is counted by itself',
    ]);
  });

  test('of a program by itself, what no layer reads is the other name of what has its shape', async () => {
    const { tensors, hints } = await readBytes(
      writeProgram({ ...TIED, parameters: { ...TIED.parameters, other: [16, 8] } }),
    );
    expect(tensors.get('p_other')?.storage).toBe('p_head_weight');
    expect(hints.assumptions).toEqual([
      'the file does not say which weights are tied: 1 that no layer reads taken for other names of parameters of the same shape',
    ]);
  });

  test('a parameter that wants no gradient is frozen', async () => {
    const { tensors } = await readBytes(writeProgram({ ...TIED, frozen: ['wte.weight'] }));
    expect(tensors.get('p_wte_weight')?.trainable).toBe(false);
  });

  test('only what the user gets back is an output', async () => {
    const json = programJson(RELU) as { graph_module: { signature: { output_specs: unknown[] } } };
    json.graph_module.signature.output_specs.unshift({ buffer_mutation: { arg: { name: 'relu' }, buffer_name: 'b' } });
    const graph = await readBytes(new TextEncoder().encode(JSON.stringify(json)));
    expect(graph.outputs).toEqual(['relu']);
  });

  test('a loss, if it has one', async () => {
    const inputs = { x: ['s0', 10], y: ['s0'] };
    const loss = call('cross_entropy_loss.default', { self: '%x', target: '%y' }, { loss: [] });
    const graph = await readBytes(writeProgram(described([loss], { inputs, integers: ['y'], losses: ['loss'] })));
    expect(graph.hints.hasLoss).toBe(true);
    expect(graph.outputs).toEqual(['loss']);
  });
});

describe('what a program may be run with', () => {
  test.each([
    [[2, 64], { least: 2, most: 64 }],
    [[2, null], { least: 2, most: Infinity }],
    [[null, 8], { least: 0, most: 8 }],
    // sympy's largest integer, as torch 2.5 writes no bound.
    [[2, 2 ** 63 - 2], { least: 2, most: Infinity }],
  ] as const)('%j is %j', async (range, expected) => {
    const { hints } = await readBytes(writeProgram({ ...RELU, ranges: { s0: range } }));
    expect(hints.ranges).toEqual(new Map([['s0', expected]]));
  });

  test('is not in every file', async () => {
    const { range_constraints: _, ...json } = programJson(RELU) as Record<string, unknown>;
    const { hints } = await readBytes(new TextEncoder().encode(JSON.stringify(json)));
    expect(hints.ranges).toEqual(new Map());
  });
});

describe('what nobody here can read is said', () => {
  interface Meta {
    dtype: unknown;
  }
  const withDType = (dtype: unknown): Uint8Array => {
    const json = structuredClone(programJson(RELU)) as unknown as {
      graph_module: { graph: { tensor_values: Record<string, Meta> } };
    };
    for (const meta of Object.values(json.graph_module.graph.tensor_values)) meta.dtype = dtype;
    return new TextEncoder().encode(JSON.stringify(json));
  };

  test('a dtype, once', async () => {
    const graph = await readBytes(withDType(99));
    expect(graph.hints.assumptions).toEqual(["the file's dtype 99 is not known here: taken as float32"]);
    expect(graph.tensors.get('x')?.dtype).toBe('float32');
  });

  test('a dtype that is no number is refused', async () => {
    const { code, message } = await refusal(readBytes(withDType('float32')));
    expect([code, message]).toEqual(['MALFORMED', 'torch-export at tensor "x".dtype: it is not a number']);
  });

  test('a size of an input, but not of what a layer puts out, which is inferred', async () => {
    const relu = call('relu.default', { self: '%x' }, { relu: ['Max(2, s0)', 4] });
    const program = described([relu], { inputs: { x: ['Max(1, s0)', 4] } });
    expect((await readBytes(writeProgram(program))).hints.assumptions).toEqual([
      'the size "Max(1, s0)" of input "x" cannot be read: taken as free',
    ]);
  });
});

describe('what was exported for evaluation is trained, and said', () => {
  const dropped = (train: boolean): ProgramDescription =>
    described([call('dropout.default', { input: '%x', p: 0.1, train }, { dropout: ['s0', 4, 8, 8] })]);

  test.each([
    [false, ['exported in evaluation mode: Dropout (1x) taken as in training']],
    [true, []],
  ])('dropout(train=%s)', async (train, assumptions) => {
    const graph = await readBytes(writeProgram(dropped(train)));
    expect(graph.hints.assumptions).toEqual(assumptions);
    expect(graph.layers[0]).toMatchObject({ type: 'Dropout', attributes: { ratio: 0.1 } });
  });
});

describe('pack', () => {
  test('keeps the structure of an archive to the byte and drops its weights', async () => {
    const whole = writeArchive(TIED, { payloadBytes: 100_000, tied: { 'head.weight': 'wte.weight' } });
    const packed = await torchExport.pack(bytesSource(whole, 'net.pt2'));
    expect(packed.key).toBe('model.pt2');
    expect(packed.bytes.byteLength).toBeLessThan(10_000);
    expect(await readBytes(packed.bytes)).toEqual(expect.objectContaining({ layers: (await readBytes(whole)).layers }));
    expect((await readBytes(packed.bytes)).tensors).toEqual((await readBytes(whole)).tensors);
  });

  test('gives the same bytes again', async () => {
    const { bytes } = await torchExport.pack(bytesSource(writeArchive(TIED, { payloadBytes: 64 }), 'net.pt2'));
    expect((await torchExport.pack(bytesSource(bytes, 'net.pt2'))).bytes).toEqual(bytes);
  });

  test('leaves a program by itself as it is', async () => {
    const bytes = writeProgram(RELU);
    expect(await torchExport.pack(bytesSource(bytes, 'net.json'))).toEqual({ bytes, key: 'model.json' });
  });
});

describe('refused is', () => {
  const text = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
  const twoKinds = structuredClone(programJson(RELU)) as { graph_module: { graph: { outputs: unknown[] } } };
  twoKinds.graph_module.graph.outputs = [{ as_int: 1, as_none: true }];

  test.each([
    [
      'text that is cut short',
      writeProgram(RELU).slice(0, 900),
      'MALFORMED',
      'the text is not JSON; it may be cut short',
    ],
    [
      'a schema of the future',
      writeProgram({ ...RELU, version: { major: 9, minor: 0 } }),
      'UNSUPPORTED_VERSION',
      'schema 9 is not one of 5 to 8: export the model again',
    ],
    ['a program without nodes', writeProgram({ ...RELU, nodes: [] }), 'NO_GRAPH', 'the program holds no node'],
    [
      'no signature',
      text({ graph_module: {}, schema_version: { major: 8 } }),
      'MALFORMED',
      'at signature: it is not an object',
    ],
    [
      'a node that reads what nobody writes',
      writeProgram(described([call('relu.default', { self: '%z' }, { relu: ['s0'] })])),
      'INVALID_GRAPH',
      'at node "relu": it reads "z", which nothing before it writes',
    ],
    [
      'an output that nobody writes',
      writeProgram({ ...RELU, outputs: ['z'] }),
      'INVALID_GRAPH',
      'at output "z": nothing writes it',
    ],
    [
      'a size that is none',
      writeProgram(described([call('relu.default', { self: '%x' }, { relu: [-1] })])),
      'MALFORMED',
      'at tensor "relu".sizes[0]: it is not a size',
    ],
    [
      'a name that is too long',
      writeProgram(described([call('relu.default', { self: `%${'x'.repeat(5000)}` }, { relu: [1] })])),
      'LIMIT_EXCEEDED',
      'at graph.nodes[0].inputs[0].arg.name: a name is longer than 4096 characters',
    ],
    ['an argument of two kinds', text(twoKinds), 'MALFORMED', 'at graph.outputs[0]: it is not an object of one key'],
  ])('%s', async (_, bytes, code, message) => {
    const error = await refusal(torchExport.parse(bytesSource(bytes, 'model.json')));
    expect(error.code).toBe(code);
    expect(error.message.replace(/^torch-export:? /, '')).toBe(message);
  });
});
