import { buildGraph, symbol } from '../../src/graph/index.js';
import type { Dim, DType, Graph, Layer, Tensor, TrainingHints } from '../../src/graph/index.js';

type Shapes = Readonly<Record<string, readonly Dim[]>>;

export interface NetDescription {
  readonly inputs: Shapes;
  readonly parameters?: Shapes;
  readonly constants?: Readonly<Record<string, { shape: readonly number[]; value?: readonly number[]; dtype?: DType }>>;
  readonly layers: readonly (readonly [
    type: string,
    inputs: string,
    output: string,
    attributes?: Layer['attributes'],
  ])[];
  readonly outputs: readonly string[];
  /** What the file states of tensors that layers write. */
  readonly shapes?: Shapes;
  readonly inputDType?: DType;
  readonly hints?: TrainingHints;
}

export const batch = symbol('batch');

/** A graph from a short description: each layer is named after its output; inputs are separated by spaces, `-` is absent. */
export function net(description: NetDescription): Graph {
  const tensors = new Map<string, Tensor>();
  const add = (id: string, tensor: Omit<Tensor, 'id' | 'storage'>): void => {
    tensors.set(id, { id, storage: id, ...tensor });
  };
  for (const [id, shape] of Object.entries(description.inputs)) {
    add(id, { dtype: description.inputDType ?? 'float32', shape, role: 'input' });
  }
  for (const [id, shape] of Object.entries(description.parameters ?? {})) {
    add(id, { dtype: 'float32', shape, role: 'parameter', trainable: true });
  }
  for (const [id, { shape, value, dtype }] of Object.entries(description.constants ?? {})) {
    add(id, { dtype: dtype ?? 'float32', shape, role: 'constant', ...(value && { value }) });
  }
  const layers = description.layers.map(([type, inputs, output, attributes]) => {
    add(output, { dtype: 'float32', shape: description.shapes?.[output], role: 'activation' });
    const ids = inputs.split(' ').map((id) => (id === '-' ? '' : id));
    return { id: output, type, inputs: ids, outputs: [output], attributes: attributes ?? {} };
  });
  return buildGraph({
    name: 'net',
    format: 'test',
    layers,
    tensors,
    inputs: Object.keys(description.inputs),
    outputs: description.outputs,
    ...(description.hints && { hints: description.hints }),
  });
}

/** A perceptron of Gemm and Relu layers: widths[0] inputs, widths[n] logits. */
export function perceptron(widths: readonly number[]): Graph {
  const parameters: Record<string, number[]> = {};
  const layers: [string, string, string, Layer['attributes']?][] = [];
  let from = 'x';
  widths.slice(1).forEach((width, index) => {
    parameters[`w${index}`] = [width, widths[index] ?? 1];
    parameters[`b${index}`] = [width];
    layers.push(['Gemm', `${from} w${index} b${index}`, `fc${index}`, { transB: 1 }]);
    from = `fc${index}`;
    if (index < widths.length - 2) {
      layers.push(['Relu', from, `relu${index}`]);
      from = `relu${index}`;
    }
  });
  return net({ inputs: { x: [batch, widths[0] ?? 1] }, parameters, layers, outputs: [from] });
}
