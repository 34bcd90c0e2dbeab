import { describe, expect, test } from '@jest/globals';
import { buildGraph } from '../../src/graph/index.js';
import type { Graph, Layer } from '../../src/graph/index.js';
import { recoverTraining } from '../../src/recover/index.js';
import { batch, net } from '../helpers/graphs.js';
import type { NetDescription } from '../helpers/graphs.js';

/** What onnxscript's rewriter writes on a node it folded a batch-norm into. */
const NOTE = 'FuseBatchNormIntoConv';

function noted(graph: Graph, provenance: string): Graph {
  return buildGraph({ ...graph, layers: graph.layers.map((layer) => ({ ...layer, provenance })) });
}

/** One layer with a weight and a bias by these names. */
function single(type: string, [weight, bias]: readonly [string, string], rest: Partial<SingleOptions> = {}): Graph {
  const { shape = [16, 8, 3, 3], attributes = {}, parameters = {} } = rest;
  return net({
    inputs: { x: [batch, 8, 32, 32] },
    parameters: { [weight]: shape, [bias]: [16], ...parameters },
    layers: [[type, `x ${weight} ${bias}`, 'y', attributes]],
    outputs: ['y'],
  });
}

interface SingleOptions {
  readonly shape: readonly number[];
  readonly attributes: Layer['attributes'];
  readonly parameters: Readonly<Record<string, readonly number[]>>;
}

const typesOf = (graph: Graph): string[] => graph.layers.map(({ type }) => type);

describe('a batch-norm that the exporter left a trace of is unfolded', () => {
  const OTHER = { 'fc.weight': [10, 16] };
  test.each([
    // TorchScript since 1.12; a shared vector has its reader behind an @ (formats/onnx/roles.ts).
    ['weight and bias by number', single('Conv', ['onnx::Conv_497', 'onnx::Conv_498'])],
    ['a bias of its own name', single('Conv', ['onnx::Conv_497', 'onnx::Conv_498@/conv1/Conv:2'])],
    // TorchScript 1.7 to 1.11.
    ['bare numbers where others have names', single('Conv', ['497', '498'], { parameters: OTHER })],
    ["the rewriter's note", noted(single('Conv', ['conv1.weight', 'conv1.weight_bias']), NOTE)],
    ['the note among others', noted(single('Conv', ['conv1.weight', 'b']), `RemoveOptionalBiasFromConv, ${NOTE}`)],
  ])('%s', (_, graph) => {
    const recovered = recoverTraining(graph);
    expect(typesOf(recovered.graph)).toEqual(['Conv', 'BatchNormalization']);
    expect(recovered.assumptions).toEqual([
      'batch-norm unfolded behind the layers that the export folded it into (1x)',
    ]);
  });

  test('as the layer with its weight alone, and one that has scale, shift and two statistics and writes the output', () => {
    const { graph } = recoverTraining(
      single('Conv', ['onnx::Conv_497', 'onnx::Conv_498'], { attributes: { group: 1 } }),
    );
    const vectors = ['weight', 'bias', 'running_mean', 'running_var'].map((name) => `y/batch_norm.${name}`);
    expect(graph.layers).toEqual([
      { id: 'y', type: 'Conv', inputs: ['x', 'onnx::Conv_497'], outputs: ['y/unfolded'], attributes: { group: 1 } },
      {
        id: 'y/batch_norm',
        type: 'BatchNormalization',
        inputs: ['y/unfolded', ...vectors],
        outputs: ['y'],
        attributes: {},
      },
    ]);
    expect(vectors.map((id) => graph.tensors.get(id))).toMatchObject([
      { shape: [16], role: 'parameter', trainable: true },
      { shape: [16], role: 'parameter', trainable: true },
      { shape: [16], role: 'buffer', trainable: false },
      { shape: [16], role: 'buffer', trainable: false },
    ]);
    // The bias that the fold made is gone.
    expect(graph.tensors.has('onnx::Conv_498')).toBe(false);
  });

  test.each<[string, string, Partial<SingleOptions>]>([
    ['Conv', NOTE, { shape: [16, 8, 3, 3] }],
    ['ConvTranspose', 'FuseBatchNormIntoConvTranspose', { shape: [8, 16, 3, 3] }],
    ['ConvTranspose', 'FuseBatchNormIntoConvTranspose', { shape: [8, 4, 3, 3], attributes: { group: 4 } }],
    ['Gemm', 'FuseBatchNormIntoGemm', { shape: [8, 16] }],
    ['Gemm', 'FuseBatchNormIntoGemm', { shape: [16, 8], attributes: { transB: 1 } }],
  ])('%s by %s: 16 channels from %j', (type, rule, options) => {
    const { graph } = recoverTraining(noted(single(type, ['w', 'b'], options), rule));
    expect(graph.tensors.get('y/batch_norm.weight')?.shape).toEqual([16]);
  });

  test('once, however often the graph is recovered', () => {
    const once = recoverTraining(noted(single('Conv', ['conv1.weight', 'b']), NOTE)).graph;
    expect(recoverTraining(once)).toEqual({ graph: once, assumptions: [] });
  });
});

describe('a convolution without a trace of batch-norm stays', () => {
  test.each([
    ["the module's own names", single('Conv', ['features.0.weight', 'features.0.bias'])],
    // HiFi-GAN: weight normalisation computes the weight, and the bias stays what it is.
    ["a computed weight with the module's own bias", single('Conv', ['onnx::Conv_497', 'conv_pre.bias'])],
    // Before 1.0 torch numbered every parameter.
    ['numbers where everything has one', single('Conv', ['1', '2'])],
    [
      'numbers of another operator',
      single('Gemm', ['497', '498'], { shape: [8, 16], parameters: { 'fc.weight': [10, 16] } }),
    ],
    ['another rule of the rewriter', noted(single('Conv', ['w', 'b']), 'RemoveOptionalBiasFromConv')],
    ['a computed weight of another operator', single('Gemm', ['onnx::Gemm_12', 'onnx::Gemm_13'], { shape: [8, 16] })],
  ])('%s', (_, graph) => {
    expect(recoverTraining(graph)).toEqual({ graph, assumptions: [] });
  });
});

interface DeepNet {
  readonly blocks: number;
  readonly strides: number;
  readonly residual?: boolean;
  readonly norm?: string;
  readonly names?: (index: number) => readonly [string, string];
  readonly gated?: boolean;
}

/** Blocks of two biased 3x3 convolutions, with their input added where they are residual. */
function deepNet({ blocks, strides, residual = true, norm, names, gated = false }: DeepNet): Graph {
  const parameters: Record<string, number[]> = {};
  const layers: [string, string, string, Layer['attributes']?][] = [];
  const convolution = (from: string, index: number, kernel = 3, stride = 1): string => {
    const [weight, bias] = names?.(index) ?? [`w${index}`, `b${index}`];
    parameters[weight] = [8, 8, kernel, kernel];
    parameters[bias] = [8];
    layers.push(['Conv', `${from} ${weight} ${bias}`, `c${index}`, { strides: [stride, stride] }]);
    return `c${index}`;
  };
  let at = 'x';
  for (let block = 0; block < blocks; block++) {
    layers.push(['Relu', convolution(at, 4 * block, 3, block < strides ? 2 : 1), `r${block}`]);
    let end = convolution(`r${block}`, 4 * block + 1);
    if (gated) {
      layers.push(['GlobalAveragePool', end, `pool${block}`]);
      layers.push(['Relu', convolution(`pool${block}`, 4 * block + 2, 1), `squeezed${block}`]);
      layers.push(['Sigmoid', convolution(`squeezed${block}`, 4 * block + 3, 1), `gate${block}`]);
      layers.push(['Mul', `gate${block} ${end}`, `scaled${block}`]);
      end = `scaled${block}`;
    }
    if (residual) layers.push(['Add', `${end} r${block}`, `sum${block}`]);
    at = residual ? `sum${block}` : end;
  }
  if (norm) layers.push([norm, at, 'normed']);
  return net({ inputs: { x: [batch, 8, 64, 64] }, parameters, layers, outputs: [norm ? 'normed' : at] });
}

describe('without any trace, the structure decides', () => {
  const GUESS = (count: number): string =>
    `batch-norm assumed behind biased convolutions (${count}x): a residual net this deep without any normalisation was ` +
    'probably exported with it folded in';

  test('a deep residual net that shrinks its input had a batch-norm behind each convolution, and the report says it is a guess', () => {
    const { graph, assumptions } = recoverTraining(deepNet({ blocks: 10, strides: 2 }));
    expect(assumptions).toEqual([GUESS(20)]);
    expect(typesOf(graph).filter((type) => type === 'BatchNormalization')).toHaveLength(20);
  });

  test('but for the gates of squeeze and excitation', () => {
    const { assumptions } = recoverTraining(deepNet({ blocks: 10, strides: 2, gated: true }));
    expect(assumptions).toEqual([GUESS(20)]);
  });

  test('through the activation of a block, as YOLO has it', () => {
    const graph = deepNet({ blocks: 10, strides: 2 });
    const layers = graph.layers.flatMap((layer): Layer[] =>
      layer.type === 'Add'
        ? [
            {
              ...layer,
              id: `${layer.id}/act`,
              type: 'Swish',
              inputs: layer.inputs.slice(0, 1),
              outputs: [`${layer.id}/act`],
            },
            { ...layer, inputs: [`${layer.id}/act`, ...layer.inputs.slice(1)] },
          ]
        : [layer],
    );
    expect(recoverTraining(buildGraph({ ...graph, layers })).assumptions).toEqual([GUESS(20)]);
  });

  test.each<[string, DeepNet]>([
    ['fewer than 20 convolutions', { blocks: 9, strides: 2 }],
    // VGG-19 with 16, GoogLeNet with 57: trained without.
    ['no residual connection', { blocks: 30, strides: 3, residual: false }],
    // EDSR: residual and deep, it keeps the size and was designed without.
    ['a net that keeps the size of its input', { blocks: 16, strides: 0 }],
    ['one strided layer alone', { blocks: 16, strides: 1 }],
    ['a normalisation of another kind', { blocks: 10, strides: 2, norm: 'GroupNormalization' }],
    ['local response normalisation', { blocks: 10, strides: 2, norm: 'LRN' }],
    // EnCodec: TorchScript computed the weights from weight normalisation.
    [
      'weights that an exporter computed',
      { blocks: 10, strides: 2, names: (i) => [`onnx::Conv_${i}`, `conv${i}.bias`] },
    ],
  ])('%s: nothing is assumed', (_, description) => {
    const graph = deepNet(description);
    expect(recoverTraining(graph)).toEqual({ graph, assumptions: [] });
  });

  test('a convolution without a bias had none', () => {
    const graph = deepNet({ blocks: 11, strides: 2 });
    const layers = graph.layers.map((layer) =>
      layer.id === 'c0' ? { ...layer, inputs: layer.inputs.slice(0, 2) } : layer,
    );
    const { assumptions } = recoverTraining(buildGraph({ ...graph, layers }));
    expect(assumptions).toEqual([GUESS(21)]);
  });

  test('a trace anywhere decides for the whole net', () => {
    const graph = deepNet({ blocks: 10, strides: 2 });
    const layers = graph.layers.map((layer) => (layer.id === 'c0' ? { ...layer, provenance: NOTE } : layer));
    expect(recoverTraining(buildGraph({ ...graph, layers })).assumptions).toEqual([
      'batch-norm unfolded behind the layers that the export folded it into (1x)',
    ]);
  });
});

describe('BatchNorm and Scale of Caffe', () => {
  const pair = (norm: Layer['attributes'], scale: Layer['attributes'], rest: Partial<NetDescription> = {}): Graph =>
    net({
      inputs: { x: [batch, 8, 4, 4], z: [batch, 8, 4, 4] },
      layers: [
        ['BatchNormalization', 'x', 'n', { affine: false, epsilon: 1e-5, ...norm }],
        ['Scale', 'n', 'y', { bias: true, ...scale }],
      ],
      outputs: ['y'],
      ...rest,
    });

  test('are one batch-norm with scale and shift', () => {
    const { graph, assumptions } = recoverTraining(pair({}, { axis: 1, num_axes: 1 }));
    expect(graph.layers).toEqual([
      {
        id: 'n',
        type: 'BatchNormalization',
        inputs: ['x'],
        outputs: ['y'],
        attributes: { affine: true, epsilon: 1e-5 },
      },
    ]);
    expect(assumptions).toEqual(['BatchNorm and Scale taken as one batch-norm (1x)']);
  });

  // lr_mult: 0 on the three blobs of BatchNorm is how Caffe keeps its solver away from the statistics.
  test.each([
    ['that BatchNorm freezes its statistics says nothing of them', { trainable: [0, 0, 0] }, {}, {}],
    ['that Scale is frozen does', {}, { trainable: [0, 0] }, { trainable: [0, 0] }],
    [
      'their names are those of Scale',
      { parameter_names: ['m', 'v', 'f'] },
      { parameter_names: ['w', 'b'] },
      { parameter_names: ['w', 'b'] },
    ],
  ])('whose parameters are those of Scale: %s', (_, norm, scale, expected) => {
    const [layer] = recoverTraining(pair(norm, scale)).graph.layers;
    expect(layer?.attributes).toEqual({ affine: true, epsilon: 1e-5, ...expected });
  });

  test.each<[string, Graph, string[]]>([
    ['that has scale and shift itself', pair({ affine: true }, {}), ['BatchNormalization', 'Scale']],
    ['before a Scale of another axis', pair({}, { axis: 2 }), ['BatchNormalization', 'Scale']],
    ['before a Scale of more axes', pair({}, { num_axes: 3 }), ['BatchNormalization', 'Scale']],
    [
      'before a product of two tensors',
      pair(
        {},
        {},
        {
          layers: [
            ['BatchNormalization', 'x', 'n', { affine: false }],
            ['Scale', 'n z', 'y'],
          ],
        },
      ),
      ['BatchNormalization', 'Scale'],
    ],
    ['whose output is one of the net', pair({}, {}, { outputs: ['y', 'n'] }), ['BatchNormalization', 'Scale']],
    [
      'that nothing scales',
      pair(
        {},
        {},
        {
          layers: [
            ['BatchNormalization', 'x', 'n', { affine: false }],
            ['Relu', 'n', 'y'],
          ],
        },
      ),
      ['BatchNormalization', 'Relu'],
    ],
  ])('leave a BatchNorm alone %s', (_, graph, types) => {
    expect(typesOf(recoverTraining(graph).graph)).toEqual(types);
    expect(recoverTraining(graph).assumptions).toEqual([]);
  });
});
