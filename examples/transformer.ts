import { OnnxBuilder } from './graph-builder.js';
import type { GraphDescription } from './onnx-writer.js';

/** An exporter either has an operator for GELU, LayerNormalization and attention, or writes them out. */
export type Spelling = 'native' | 'decomposed';

/** A small pre-norm encoder; what counts is that both spellings are one model. */
const SIZE = { layers: 4, hidden: 256, heads: 4, ffn: 1024, vocabulary: 1000, positions: 512 } as const;

export function transformer(spelling: Spelling, layers: number = SIZE.layers): GraphDescription {
  const builder = new OnnxBuilder();
  const model = new Encoder(builder, spelling);
  let at = model.embed();
  for (let layer = 0; layer < layers; layer++) at = model.layer(`layer.${layer}`, at);
  model.head(at);
  return builder.graph(
    `transformer-${spelling}`,
    [{ name: 'ids', dims: ['batch', 'sequence'], integer: true }],
    [{ name: 'logits', dims: ['batch', 'sequence', SIZE.vocabulary] }],
  );
}

class Encoder {
  constructor(
    private readonly builder: OnnxBuilder,
    private readonly spelling: Spelling,
  ) {}

  embed(): string {
    const { builder } = this;
    const tokens = builder.node('Gather', [builder.weight('embed.weight', SIZE.vocabulary, SIZE.hidden), 'ids']);
    const length = builder.node('Gather', [builder.node('Shape', ['ids']), builder.index(1)]);
    const range = builder.node('Range', [builder.index(0), length, builder.index(1)]);
    const places = builder.node('Gather', [builder.weight('position.weight', SIZE.positions, SIZE.hidden), range]);
    return builder.node('Add', [tokens, places]);
  }

  layer(scope: string, from: string): string {
    const attended = this.attention(`${scope}.attention`, this.norm(`${scope}.norm1`, from));
    const middle = this.builder.node('Add', [from, attended]);
    const inner = this.linear(`${scope}.fc1`, this.norm(`${scope}.norm2`, middle), [SIZE.hidden, SIZE.ffn]);
    const outer = this.linear(`${scope}.fc2`, this.gelu(inner), [SIZE.ffn, SIZE.hidden]);
    return this.builder.node('Add', [middle, outer]);
  }

  head(from: string): void {
    const { builder } = this;
    const weight = builder.weight('head.weight', SIZE.hidden, SIZE.vocabulary);
    builder.node('MatMul', [this.norm('norm', from), weight], { output: 'logits' });
  }

  private linear(scope: string, from: string, [input, output]: readonly [number, number]): string {
    const { builder } = this;
    const product = builder.node('MatMul', [from, builder.weight(`${scope}.weight_t`, input, output)]);
    return builder.node('Add', [builder.weight(`${scope}.bias`, output), product]);
  }

  private norm(scope: string, from: string): string {
    const { builder } = this;
    const weight = builder.weight(`${scope}.weight`, SIZE.hidden);
    const bias = builder.weight(`${scope}.bias`, SIZE.hidden);
    if (this.spelling === 'native') {
      return builder.node('LayerNormalization', [from, weight, bias], { attributes: { axis: -1, epsilon: 1e-5 } });
    }
    const mean = (of: string): string => builder.node('ReduceMean', [of], { attributes: { axes: [-1], keepdims: 1 } });
    const centred = builder.node('Sub', [from, mean(from)]);
    const variance = mean(builder.node('Pow', [centred, builder.scalar(2)]));
    const deviation = builder.node('Sqrt', [builder.node('Add', [variance, builder.scalar(1e-5)])]);
    const scaled = builder.node('Mul', [builder.node('Div', [centred, deviation]), weight]);
    return builder.node('Add', [scaled, bias]);
  }

  private gelu(from: string): string {
    const { builder } = this;
    if (this.spelling === 'native') return builder.node('Gelu', [from]);
    const erf = builder.node('Erf', [builder.node('Div', [from, builder.scalar(Math.SQRT2)])]);
    const product = builder.node('Mul', [from, builder.node('Add', [erf, builder.scalar(1)])]);
    return builder.node('Mul', [product, builder.scalar(0.5)]);
  }

  private attention(scope: string, from: string): string {
    const { builder } = this;
    const width = SIZE.hidden / SIZE.heads;
    const heads = (name: string): string => {
      const projected = this.linear(`${scope}.${name}`, from, [SIZE.hidden, SIZE.hidden]);
      return builder.node('Reshape', [projected, builder.ints(0, 0, SIZE.heads, width)]);
    };
    const forward = (of: string, perm: number[]): string => builder.node('Transpose', [of], { attributes: { perm } });
    const query = forward(heads('query'), [0, 2, 1, 3]);
    const [key, value] = [heads('key'), forward(heads('value'), [0, 2, 1, 3])];
    const mixed =
      this.spelling === 'native'
        ? builder.node('Attention', [query, forward(key, [0, 2, 1, 3]), value])
        : this.scores(query, forward(key, [0, 2, 3, 1]), value);
    const merged = builder.node('Reshape', [forward(mixed, [0, 2, 1, 3]), builder.ints(0, 0, SIZE.hidden)]);
    return this.linear(`${scope}.out`, merged, [SIZE.hidden, SIZE.hidden]);
  }

  /** As torch's exporters write scaled_dot_product_attention: the root of the scale on either side. */
  private scores(query: string, keyTransposed: string, value: string): string {
    const { builder } = this;
    const scale = builder.scalar((SIZE.hidden / SIZE.heads) ** -0.25);
    const left = builder.node('Mul', [query, scale]);
    const right = builder.node('Mul', [keyTransposed, scale]);
    const softmax = builder.node('Softmax', [builder.node('MatMul', [left, right])], { attributes: { axis: -1 } });
    return builder.node('MatMul', [softmax, value]);
  }
}
