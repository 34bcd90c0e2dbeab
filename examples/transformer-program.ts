import type { Dims, Given, NodeDescription, ProgramDescription } from './pt2-writer.js';

/** A pre-norm decoder as torch.export writes one that is made of torch.nn's modules. */
const SIZE = { batch: 2, tokens: 512, hidden: 256, heads: 4, ffn: 1024, vocabulary: 1000 } as const;

const ROWS: Dims = [SIZE.batch, SIZE.tokens];
const HIDDEN: Dims = [...ROWS, SIZE.hidden];
const HEADS: Dims = [SIZE.batch, SIZE.heads, SIZE.tokens, SIZE.hidden / SIZE.heads];

/** As long as the lines of Python are that torch.export notes of a node five modules deep. */
const STACK_TRACE = Array.from(
  { length: 6 },
  (_, line) =>
    `  File "/home/user/model/transformer.py", line ${100 + line}, in forward\n    x = self.block(x, mask)\n`,
).join('');

export function transformerProgram(layers: number): ProgramDescription {
  const program = new Program();
  let at = program.node('embed', 'embedding', HIDDEN, {
    weight: program.weight('embed.weight', SIZE.vocabulary, SIZE.hidden),
    indices: '%ids',
  });
  for (let layer = 0; layer < layers; layer++) at = program.block(`layers.${layer}`, at);
  const logits = program.linear('head', program.norm('norm', at), [SIZE.hidden, SIZE.vocabulary]);
  return {
    inputs: { ids: ROWS },
    integers: ['ids'],
    parameters: program.parameters,
    nodes: program.nodes,
    outputs: [logits.slice(1)],
    verifiers: ['TRAINING'],
  };
}

class Program {
  readonly nodes: NodeDescription[] = [];
  readonly parameters: Record<string, Dims> = {};

  weight(name: string, ...dims: number[]): string {
    this.parameters[name] = dims;
    return `%p_${name.replaceAll('.', '_')}`;
  }

  /** One call of aten; returns its value. */
  node(module: string, target: string, dims: Dims, given: Readonly<Record<string, Given>>): string {
    const name = `${target.split('.')[0] ?? ''}_${this.nodes.length}`;
    const overload = target.includes('.') ? target : `${target}.default`;
    this.nodes.push({
      target: `aten.${overload}`,
      arguments: given,
      outputs: { [name]: dims },
      module,
      stackTrace: STACK_TRACE,
    });
    return `%${name}`;
  }

  norm(module: string, input: string): string {
    const weight = this.weight(`${module}.weight`, SIZE.hidden);
    const bias = this.weight(`${module}.bias`, SIZE.hidden);
    return this.node(module, 'layer_norm', HIDDEN, { input, normalized_shape: [SIZE.hidden], weight, bias });
  }

  linear(module: string, input: string, [from, to]: readonly [number, number]): string {
    const weight = this.weight(`${module}.weight`, to, from);
    return this.node(module, 'linear', [...ROWS, to], { input, weight, bias: this.weight(`${module}.bias`, to) });
  }

  block(module: string, from: string): string {
    const attended = this.attention(`${module}.attention`, this.norm(`${module}.norm1`, from));
    const middle = this.residual(module, from, attended);
    const inner = this.linear(`${module}.fc1`, this.norm(`${module}.norm2`, middle), [SIZE.hidden, SIZE.ffn]);
    const active = this.node(`${module}.act`, 'gelu', [...ROWS, SIZE.ffn], { self: inner });
    return this.residual(module, middle, this.linear(`${module}.fc2`, active, [SIZE.ffn, SIZE.hidden]));
  }

  private residual(module: string, from: string, branch: string): string {
    const kept = this.node(`${module}.dropout`, 'dropout', HIDDEN, { input: branch, p: { float: 0.1 }, train: true });
    return this.node(module, 'add.Tensor', HIDDEN, { self: from, other: kept });
  }

  private attention(module: string, input: string): string {
    const heads = (name: string): string => {
      const projected = this.linear(`${module}.${name}`, input, [SIZE.hidden, SIZE.hidden]);
      const apart = [...ROWS, SIZE.heads, SIZE.hidden / SIZE.heads];
      const viewed = this.node(module, 'view', apart, { self: projected, size: apart });
      return this.node(module, 'transpose.int', HEADS, { self: viewed, dim0: 1, dim1: 2 });
    };
    const operands = { query: heads('query'), key: heads('key'), value: heads('value'), is_causal: true };
    const mixed = this.node(module, 'scaled_dot_product_attention', HEADS, operands);
    const turned = this.node(module, 'transpose.int', [...ROWS, SIZE.heads, SIZE.hidden / SIZE.heads], {
      self: mixed,
      dim0: 1,
      dim1: 2,
    });
    const merged = this.node(module, 'reshape', HIDDEN, { self: turned, shape: HIDDEN });
    return this.linear(`${module}.out`, merged, [SIZE.hidden, SIZE.hidden]);
  }
}
