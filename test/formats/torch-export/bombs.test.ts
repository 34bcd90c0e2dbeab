import { describe, expect, test } from '@jest/globals';
import { zipSync } from 'fflate';
import { programJson, writeProgram } from '../../../examples/pt2-writer.js';
import type { Given, GraphDescription, NodeDescription } from '../../../examples/pt2-writer.js';
import { bytesSource, parseStructure } from '../../../src/formats/index.js';
import { call, described, refusal } from './reading.js';
import { outcome } from '../surviving.js';

const HUGE = 2 ** 40;
const MiB = 1024 * 1024;
const text = (content: string): Uint8Array => new TextEncoder().encode(content);
const survive = (nodes: readonly NodeDescription[]): Promise<string> =>
  outcome(writeProgram(described(nodes)), 'model.json');

describe('a bomb of shapes gives an estimate or a refusal', () => {
  test.each<[string, string, Readonly<Record<string, Given>>]>([
    ['zeros', 'zeros.default', { size: [HUGE, HUGE] }],
    ['zeros of a negative size', 'zeros.default', { size: [-5] }],
    ['arange', 'arange.default', { end: HUGE }],
    ['expand', 'expand.default', { self: '%x', size: [HUGE, 4, 8, 8] }],
    ['repeat', 'repeat.default', { self: '%x', repeats: new Array<number>(200).fill(HUGE) }],
    ['pad', 'pad.default', { self: '%x', pad: [HUGE, HUGE] }],
    ['a window of no step', 'unfold.default', { self: '%x', dimension: 1, size: 2, step: 0 }],
    ['a pool of no stride', 'max_pool2d.default', { self: '%x', kernel_size: [2, 2], stride: [0, 0] }],
    ['a pool of no kernel', 'avg_pool2d.default', { self: '%x' }],
    ['an axis of its own', 'transpose.int', { self: '%x', dim0: HUGE, dim1: -HUGE }],
    ['a flattening backwards', 'flatten.using_ints', { self: '%x', start_dim: 3, end_dim: -9 }],
    ['an unflattening at no axis', 'unflatten.int', { self: '%x', dim: HUGE, sizes: [2] }],
    ['a split of no size', 'split.Tensor', { self: '%x', split_size: 0, dim: 1 }],
    ['a chunk of no number', 'chunk.default', { self: '%x', chunks: 0, dim: 1 }],
    ['unbinding no axis', 'unbind.int', { self: '%x', dim: 77 }],
    ['an axis moved nowhere', 'movedim.int', { self: '%x', source: 9, destination: -9 }],
    ['an upsampling to infinity', 'upsample_nearest2d.vec', { input: '%x', scale_factors: [HUGE, HUGE] }],
    ['an equation of commas', 'einsum.default', { equation: ','.repeat(4000), tensors: ['%x'] }],
    ['a product of thousands', 'cartesian_prod.default', { tensors: new Array<string>(10_000).fill('%x') }],
    ['thousands of blocks', 'block_diag.default', { tensors: new Array<string>(10_000).fill('%x') }],
    ['a power without end', 'matrix_power.default', { self: '%x', n: HUGE }],
    ['a diagonal far off', 'diag_embed.default', { self: '%x', offset: HUGE }],
    ['a diagonal of one axis', 'diag_embed.default', { self: '%x', dim1: 1, dim2: 1 }],
    ['a window without end', 'hann_window.default', { window_length: HUGE }],
    ['draws without end', 'multinomial.default', { self: '%x', num_samples: HUGE }],
    ['steps without end', 'logspace.default', { start: 0, end: 1, steps: HUGE }],
    ['a shuffle of no group', 'channel_shuffle.default', { self: '%x', groups: 0 }],
    ['an unpooling to infinity', 'max_unpool2d.default', { self: '%x', indices: '%x', output_size: [HUGE, HUGE] }],
    ['a grid without end', 'affine_grid_generator.default', { theta: '%x', size: [HUGE, HUGE, HUGE, HUGE] }],
    ['parts of no number', 'hsplit.int', { self: '%x', sections: 0 }],
    [
      'a contraction of one axis, again and again',
      'tensordot.default',
      {
        self: '%x',
        other: '%x',
        dims_self: new Array<number>(10_000).fill(0),
        dims_other: new Array<number>(10_000).fill(0),
      },
    ],
    ['a factorization of what is not square', 'linalg_slogdet.default', { A: '%x' }],
    ['singular values of oblongs', 'linalg_svd.default', { A: '%x' }],
    ['a thousand equal operands', 'cat.default', { tensors: new Array<string>(1000).fill('%x'), dim: 1 }],
  ])('%s', async (_, target, given) => {
    const node = call(target, given, { y: ['s0', 4, 8, 8] });
    expect(await survive([node, call('relu.default', { self: '%y' }, { z: ['s0', 4, 8, 8] })])).toMatch(
      /^(sized|[A-Z_]+)$/,
    );
  });
});

describe('a bomb of text gives a refusal', () => {
  const program = (graph: string): Uint8Array =>
    text(`{"graph_module":{"graph":${graph}},"schema_version":{"major":8}}`);
  test.each([
    ['nested lists', program('['.repeat(3_000_000)), 'LIMIT_EXCEEDED', `more than 2000000 values`],
    [
      'nested lists that are closed',
      program('['.repeat(900_000) + ']'.repeat(900_000)),
      'MALFORMED',
      'it is not an object',
    ],
    ['many values', program(`[${'0,'.repeat(2_100_000)}0]`), 'LIMIT_EXCEEDED', 'more than 2000000 values'],
    ['many bytes', program(`"${' '.repeat(17 * MiB)}"`), 'LIMIT_EXCEEDED', 'more than 16777216'],
    ['infinities', program(`[${'-Infinity,'.repeat(900_000)}NaN]`), 'LIMIT_EXCEEDED', 'more than 100000 infinities'],
  ])('%s', async (_, bytes, code, message) => {
    expect(await outcome(bytes, 'model.json')).toBe(code);
    expect((await refusal(parseStructure(bytesSource(bytes, 'model.json')))).message).toContain(message);
  });

  test('expressions without end', async () => {
    const sizes = [
      `s0${'+s0'.repeat(160)}`,
      `${'('.repeat(500)}s0`,
      `${'-'.repeat(511)}1`,
      `s0${'**4'.repeat(100)}`,
      'Add('.repeat(120),
    ];
    const nodes = Array.from({ length: 4000 }, (_, index) =>
      call('relu.default', { self: '%x' }, { [`y${index}`]: sizes.map((size) => `${size}+${index}`) }),
    );
    expect(await survive(nodes)).toMatch(/^(sized|[A-Z_]+)$/);
  });

  test('bodies in bodies', async () => {
    let body: GraphDescription = { inputs: { y: [4] }, nodes: [], outputs: ['y'] };
    for (let depth = 0; depth < 80; depth++) {
      const arguments_ = { '#0': true, '#1': { graph: body }, '#2': '%y' };
      body = {
        ...body,
        nodes: [{ target: 'higher_order.wrap_with_set_grad_enabled', arguments: arguments_, outputs: { z: [4] } }],
        outputs: ['z'],
      };
    }
    const json = structuredClone(programJson(described([]))) as {
      graph_module: { graph: { nodes: unknown; inputs: unknown } };
    };
    const inner = programJson({
      ...body,
      inputs: { x: [4] },
      nodes: body.nodes.map((node) => ({ ...node, arguments: { ...node.arguments, '#2': '%x' } })),
    });
    json.graph_module.graph = (inner as typeof json).graph_module.graph;
    const error = await refusal(parseStructure(bytesSource(text(JSON.stringify(json)), 'model.json')));
    expect(error).toEqual({ code: 'LIMIT_EXCEEDED', message: 'torch-export: bodies nest deeper than 64' });
  });
});

describe('a bomb of an archive gives a refusal', () => {
  const name = 'net/models/model.json';
  const zipped = (
    content: Uint8Array,
    change: (view: DataView, central: number) => void = () => undefined,
  ): Uint8Array => {
    const bytes = zipSync({ [name]: content }, { level: 9 });
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    change(view, view.getUint32(bytes.byteLength - 22 + 16, true));
    return bytes;
  };

  test.each([
    [
      'of more than it may',
      zipped(new Uint8Array(20 * MiB)),
      'LIMIT_EXCEEDED',
      'it has 20971520 bytes, more than 16777216',
    ],
    [
      'of more than it says',
      zipped(new Uint8Array(15 * MiB), (view, central) => {
        view.setUint32(central + 24, 1000, true);
      }),
      'MALFORMED',
      'it does not inflate to the 1000 bytes it states',
    ],
    [
      'of less than it says',
      zipped(new Uint8Array(100), (view, central) => {
        view.setUint32(central + 24, 1000, true);
      }),
      'MALFORMED',
      'it does not inflate to the 1000 bytes it states',
    ],
    [
      'packed by a method of its own',
      zipped(new Uint8Array(100), (view, central) => {
        view.setUint16(central + 10, 12, true);
      }),
      'MALFORMED',
      'it is packed by method 12; 0 and 8 are known',
    ],
    [
      'that lies elsewhere',
      zipped(new Uint8Array(100), (view, central) => {
        view.setUint32(central + 42, 7, true);
      }),
      'MALFORMED',
      'no entry begins there',
    ],
    [
      'that lies behind the end',
      zipped(new Uint8Array(100), (view, central) => {
        view.setUint32(central + 42, 2 ** 31, true);
      }),
      'TRUNCATED',
      'its header is cut short',
    ],
  ])('an entry %s', async (_, bytes, code, message) => {
    expect(await outcome(bytes, 'net.pt2')).toBe(code);
    const error = await refusal(parseStructure(bytesSource(bytes, 'net.pt2')));
    expect(error.message).toBe(`torch-export at entry "${name}": ${message}`);
  });

  test('a directory of many entries', async () => {
    const entries = Object.fromEntries(
      Array.from({ length: 60_000 }, (_, at) => [`data/weights/weight_${at}`, new Uint8Array(0)]),
    );
    expect(await outcome(zipSync(entries, { level: 0 }), 'net.pt2')).toBe('NO_GRAPH');
  });
});
