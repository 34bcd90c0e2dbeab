import { OnnxBuilder } from './graph-builder.js';
import type { GraphDescription } from './onnx-writer.js';

/** How an exporter writes a convolution and the batch-norm behind it. */
export type NormStyle = 'training' | 'folded' | 'folded-dynamo' | 'folded-unnamed';

export interface ResNetOptions {
  readonly norm: NormStyle;
  readonly batch?: number | string;
  /** Blocks per stage; ResNet-152 has 3, 8, 36, 3. */
  readonly stages?: readonly number[];
}

/** Blocks per stage of ResNet-50 (He et al., 2015, table 1). */
const STAGES = [3, 4, 6, 3] as const;
const EXPANSION = 4;

interface Convolution {
  readonly name: string;
  readonly norm: string;
  readonly from: string;
  readonly channels: readonly [input: number, output: number];
  readonly kernel: number;
  readonly stride?: number;
}

/** ResNet-50 v1.5 (the stride in the 3x3 convolution, as torchvision has it): 25,557,032 parameters. */
export function resnet50({ norm, batch = 'batch', stages = STAGES }: ResNetOptions): GraphDescription {
  const builder = new OnnxBuilder();
  const convolve = CONVOLUTIONS[norm];
  const relu = (scope: string, from: string): string => builder.node('Relu', [from], { name: `/${scope}/Relu` });
  const block = (scope: string, from: string, shape: { input: number; width: number; stride: number }): string => {
    const { input, width, stride } = shape;
    const conv = (index: number, source: string, part: Pick<Convolution, 'channels' | 'kernel' | 'stride'>): string =>
      convolve(builder, { name: `${scope}.conv${index}`, norm: `${scope}.bn${index}`, from: source, ...part });
    let main = relu(`${scope}/relu`, conv(1, from, { channels: [input, width], kernel: 1 }));
    main = relu(`${scope}/relu_1`, conv(2, main, { channels: [width, width], kernel: 3, stride }));
    main = conv(3, main, { channels: [width, width * EXPANSION], kernel: 1 });
    const isSame = input === width * EXPANSION && stride === 1;
    const shortcut = { name: `${scope}.downsample.0`, norm: `${scope}.downsample.1`, from, kernel: 1, stride };
    const identity = isSame ? from : convolve(builder, { ...shortcut, channels: [input, width * EXPANSION] });
    return relu(`${scope}/relu_2`, builder.node('Add', [main, identity], { name: `/${scope}/Add` }));
  };
  let at = convolve(builder, { name: 'conv1', norm: 'bn1', from: 'input', channels: [3, 64], kernel: 7, stride: 2 });
  at = builder.node('MaxPool', [relu('relu', at)], {
    name: '/maxpool/MaxPool',
    attributes: { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] },
  });
  let channels = 64;
  stages.forEach((blocks, stage) => {
    const width = 64 * 2 ** stage;
    for (let index = 0; index < blocks; index++) {
      const stride = stage > 0 && index === 0 ? 2 : 1;
      at = block(`layer${stage + 1}.${index}`, at, { input: channels, width, stride });
      channels = width * EXPANSION;
    }
  });
  at = builder.node('GlobalAveragePool', [at], { name: '/avgpool/GlobalAveragePool' });
  at = builder.node('Flatten', [at], { name: '/Flatten', attributes: { axis: 1 } });
  builder.node('Gemm', [at, builder.weight('fc.weight', 1000, channels), builder.weight('fc.bias', 1000)], {
    name: '/fc/Gemm',
    attributes: { transB: 1 },
    output: 'output',
  });
  return builder.graph(
    'resnet50',
    [{ name: 'input', dims: [batch, 3, 224, 224] }],
    [{ name: 'output', dims: [batch, 1000] }],
  );
}

function attributesOf({ kernel, stride = 1 }: Convolution): Record<string, number[]> {
  const pad = (kernel - 1) / 2;
  return { kernel_shape: [kernel, kernel], strides: [stride, stride], pads: [pad, pad, pad, pad], dilations: [1, 1] };
}

function weightOf(builder: OnnxBuilder, { channels: [input, output], kernel }: Convolution, name: string): string {
  return builder.weight(name, output, input, kernel, kernel);
}

const path = (name: string): string => `/${name.replaceAll('.', '/')}`;

/** Convolution and batch-norm as one biased convolution, under the names an exporter gives its weights. */
function folded(
  names: (conv: Convolution, count: number) => { weight: string; bias: string; metadata?: Record<string, string> },
): (builder: OnnxBuilder, conv: Convolution) => string {
  return (builder, conv) => {
    const { weight, bias, metadata } = names(conv, builder.initializers.length);
    const inputs = [conv.from, weightOf(builder, conv, weight), builder.weight(bias, conv.channels[1])];
    const attributes = attributesOf(conv);
    return builder.node('Conv', inputs, { name: `${path(conv.name)}/Conv`, attributes, ...(metadata && { metadata }) });
  };
}

const CONVOLUTIONS: Record<NormStyle, (builder: OnnxBuilder, conv: Convolution) => string> = {
  /** torch.onnx's TorchScript exporter in training mode keeps the batch-norm. */
  training: (builder, conv) => {
    const inputs = [conv.from, weightOf(builder, conv, `${conv.name}.weight`)];
    const convolved = builder.node('Conv', inputs, { name: `${path(conv.name)}/Conv`, attributes: attributesOf(conv) });
    const vectors = ['weight', 'bias', 'running_mean', 'running_var'].map((name) =>
      builder.weight(`${conv.norm}.${name}`, conv.channels[1]),
    );
    return builder.node('BatchNormalization', [convolved, ...vectors], {
      name: `${path(conv.norm)}/BatchNormalization`,
      attributes: { epsilon: 1e-5, momentum: 0.9, training_mode: 1 },
    });
  },
  /** The same exporter in evaluation mode folds it, and names the weights it computed by number. */
  folded: folded((_, count) => ({ weight: `onnx::Conv_${497 + count}`, bias: `onnx::Conv_${498 + count}` })),
  /** torch.export's exporter folds it too, and onnxscript's rewriter leaves a note. */
  'folded-dynamo': folded(({ name }) => ({
    weight: `${name}.weight`,
    bias: `${name}.weight_bias`,
    metadata: { 'pkg.onnxscript.rewriter.rule_name': 'FuseBatchNormIntoConv' },
  })),
  /** Other tools leave no trace. */
  'folded-unnamed': folded(({ name }) => ({ weight: `${name}.w`, bias: `${name}.b` })),
};
