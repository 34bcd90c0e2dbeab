import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { bindGraph } from '../../src/ops/bind.js';
import { isCountable, OPS, specOf } from '../../src/ops/index.js';
import type { AutogradContext, BoundGraph, Library, OpSpec, Saved, TensorType } from '../../src/ops/index.js';
import { layerOf } from './arbitrary-layer.js';

/**
 * ONNX operators of published models (PyTorch, Keras and MXNet exports). Constant is not among them: it is a tensor of
 * the file, never a layer.
 */
const PUBLISHED = `
  ConstantOfShape Conv Add Relu Reshape Identity Unsqueeze Mul Transpose MatMul Concat Shape Slice BatchNormalization
  Gather LayerNormalization Cast Gemm Sigmoid Where Expand Div Softmax Equal ScatterND Range ReduceMean MaxPool Clip Mod
  Erf Gelu Sub GlobalAveragePool Sqrt LeakyRelu Squeeze IsNaN Pow HardSwish Pad AveragePool Sum Split Flatten Max
  HardSigmoid Trilu Tanh If LSTM Not Neg LRN Dropout Resize Reciprocal Log Selu GatherElements ReduceMax GreaterOrEqual
  CumSum
`;

/** What else ONNX defines on tensors of numbers, and training nets use. */
const DEFINED = `
  Abs Acos Acosh AffineGrid And ArgMax ArgMin Asin Asinh Atan Atanh Attention Bernoulli BitShift BitwiseAnd BitwiseNot
  BitwiseOr BitwiseXor CastLike Ceil Celu CenterCropPad Col2Im Compress ConvTranspose Cos Cosh CumProd DeformConv
  DepthToSpace Einsum Elu Exp EyeLike Floor GatherND GlobalLpPool GlobalMaxPool Greater GridSample GroupNormalization GRU
  Hardmax InstanceNormalization IsInf Less LessOrEqual LogSoftmax LpNormalization LpPool MaxRoiPool MaxUnpool Mean
  MeanVarianceNormalization Min Mish NegativeLogLikelihoodLoss NonMaxSuppression NonZero OneHot Or PRelu RandomNormal
  RandomNormalLike RandomUniform RandomUniformLike ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMin ReduceProd
  ReduceSum ReduceSumSquare ReverseSequence RMSNormalization RNN RoiAlign RotaryEmbedding Round Scatter ScatterElements
  Shrink Sign Sin Sinh Size Softplus Softsign SoftmaxCrossEntropyLoss SpaceToDepth Swish Tan ThresholdedRelu Tile TopK
  Upsample Xor
`;

const names = (list: string): string[] => list.trim().split(/\s+/);

describe('the operator table', () => {
  test.each([
    ['that published models consist of', names(PUBLISHED)],
    ['that ONNX defines besides', names(DEFINED)],
  ])('has a row for every operator %s', (_, operators) => {
    expect(operators.filter((name) => specOf(name) === undefined)).toEqual([]);
  });

  test('knows its rows by their names alone', () => {
    expect(specOf('Relu')).toBe(OPS.Relu);
    for (const name of ['relu', 'toString', '__proto__', 'constructor', '']) expect(specOf(name)).toBeUndefined();
  });

  // aten/src/ATen/native/cudnn/Conv_v8.cpp and RNN.cpp; cuda/Blas.cpp; torchvision deform_conv2d_kernel.cu (addmm_).
  test('says of each row whose kernels compute it', () => {
    const rows = (library: Library): string[] =>
      Object.entries<OpSpec>(OPS).flatMap(([name, row]) => (row.library === library ? [name] : []));
    const products = ['AffineGrid', 'DeformConv', 'Einsum', 'FusedMatMul', 'Gemm', 'GroupedMatMul', 'InnerProduct'];
    expect(rows('cublas').sort()).toEqual([...products, 'MatMul', 'OuterSum', 'TensorDot', 'Trilinear']);
    expect(rows('cudnn').sort()).toEqual(['Conv', 'ConvTranspose']);
    expect(rows('cudnn-rnn').sort()).toEqual(['CaffeLstm', 'CaffeRnn', 'GRU', 'LSTM', 'RNN']);
  });

  test('gives every row what the tracer asks of one: at most one role of its outputs, gradients where it saves', () => {
    for (const [name, row] of Object.entries<OpSpec>(OPS)) {
      expect([name, row.loss === true && row.autocast?.startsWith('fp32') !== true]).toEqual([name, false]);
      expect([name, row.body !== undefined && row.saves !== undefined]).toEqual([name, false]);
    }
  });
});

const shapes = ({ tensors }: BoundGraph): TensorType[] => [...tensors.values()].flatMap(({ type }) => type ?? []);

function contextOf(graph: BoundGraph): { row: OpSpec | undefined; context: AutogradContext } | undefined {
  const [layer] = graph.layers;
  if (!layer || layer.context.outputs.length === 0) return undefined;
  const requiresGrad = (index: number): boolean => graph.tensors.get(layer.inputs[index] ?? '')?.trainable === true;
  return { row: layer.spec, context: { ...layer.context, requiresGrad } };
}

/** A saved tensor is one of the layer's, or of a type that a tensor can have. */
function isSaved(saved: Saved, { inputs, outputs }: AutogradContext): boolean {
  if (saved.from === 'new') return isCountable(saved.type.shape);
  return (saved.from === 'input' ? inputs : outputs)[saved.index] !== undefined;
}

/** What a row answers of a layer whose outputs it has inferred, as far as it makes no sense. */
function nonsense(row: OpSpec, context: AutogradContext): unknown[] {
  const numbers = [row.flops?.(context), ...Object.values(row.temporaries?.(context) ?? {})];
  const saved = row.saves?.(context) ?? [];
  const kinds = row.gradients?.(context) ?? [];
  return [
    ...numbers.filter((value) => value !== undefined && !(Number.isFinite(value) && value >= 0)),
    ...saved.filter((each) => !isSaved(each, context)),
    ...kinds.filter((kind) => !['new', 'view', 'pass', 'none'].includes(kind)),
    ...[row.view?.(context)].filter((view) => view !== undefined && typeof view !== 'boolean'),
  ];
}

describe('whatever a layer states', () => {
  test.each(Object.keys(OPS))('%s is bound to tensors that can be, or is a problem', (name) => {
    fc.assert(
      fc.property(layerOf(name), (graph) => {
        const bound = bindGraph(graph, { bindings: new Map() });
        expect(shapes(bound).filter(({ shape }) => !isCountable(shape))).toEqual([]);
        const found = contextOf(bound);
        expect(found?.row ? nonsense(found.row, found.context) : []).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });
});
