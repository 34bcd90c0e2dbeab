import { isFloating } from '../../graph/index.js';
import type { Layer, Role, Tensor } from '../../graph/index.js';
import { isCountable, specOf } from '../../ops/index.js';

interface Parts {
  readonly layers: readonly Layer[];
  readonly tensors: ReadonlyMap<string, Tensor>;
}

/** Operators that make weights out of nothing but a shape, in files that were emptied of them. */
const GENERATORS: ReadonlySet<string> = new Set(['ConstantOfShape', 'RandomNormal', 'RandomUniform']);

/**
 * ONNX does not say which initializers are trained: the operator that reads one does (a Conv's second input is a
 * weight). Exporters also merge equal initializers and put Identity nodes in their place; vectors are equal because
 * they were initialised so and each use is a parameter of its own, matrices only because they are tied.
 */
export function assignRoles(parts: Parts): { layers: Layer[]; tensors: Map<string, Tensor> } {
  const tensors = new Map(parts.tensors);
  const claimed = new Set<string>();
  const layers = resolveIdentities(parts.layers, tensors).map((layer) => separateVectors(layer, tensors, claimed));
  const generated = new Map(
    layers.filter(({ type }) => GENERATORS.has(type)).map((layer) => [layer.outputs[0] ?? '', layer]),
  );
  const dropped = new Set<Layer>();
  for (const layer of layers) {
    layer.inputs.forEach((id, index) => {
      const role = roleAt(layer, index);
      const tensor = tensors.get(id);
      if (!tensor || role === 'constant' || isLifted(layer, tensor)) return;
      const source = generated.get(id);
      if (source && adoptGenerated(source, tensors, role)) dropped.add(source);
      else if (tensor.role === 'constant' && isWeightLike(tensor)) tensors.set(id, withRole(tensor, role));
    });
  }
  return { layers: layers.filter((layer) => !dropped.has(layer)), tensors };
}

function roleAt(layer: Layer, index: number): Role {
  const roles = specOf(layer.type)?.roles;
  return roles?.[Math.min(index, roles.length - 1)] ?? 'constant';
}

function withRole(tensor: Tensor, role: Role): Tensor {
  return role === 'parameter' ? { ...tensor, role, trainable: true } : { ...tensor, role };
}

/** What exporters call a tensor that is no module's: a folded constant, a mask. */
const ANONYMOUS = /^(val_\d+|lifted_tensor|onnx::)|constant/i;

/** A mask or table added to activations; a matrix product with an anonymous tensor is a weight that was transposed. */
function isLifted(layer: Layer, tensor: Tensor): boolean {
  const isProduct = layer.type === 'MatMul' || layer.type === 'Gemm' || layer.type === 'Conv';
  return !isProduct && (tensor.shape?.length ?? 0) > 1 && ANONYMOUS.test(tensor.id);
}

/** Scalars are hyper-parameters (an epsilon, a scale), integers are indices. */
function isWeightLike(tensor: Tensor): boolean {
  const isScalar = tensor.shape !== undefined && tensor.shape.every((dim) => dim === 1);
  return isFloating(tensor.dtype) && !isScalar;
}

/** One axis of more than one element: biases, scales, and layer scales of shape [C, 1, 1]. */
function isVector({ shape }: Tensor): boolean {
  return shape !== undefined && shape.filter((dim) => dim !== 1).length <= 1;
}

/** Identity of an initializer is that initializer under another name. */
function resolveIdentities(layers: readonly Layer[], tensors: Map<string, Tensor>): Layer[] {
  return layers.filter((layer) => {
    const source = tensors.get(layer.inputs[0] ?? '');
    const output = layer.outputs[0];
    if (layer.type !== 'Identity' || source?.role !== 'constant' || output === undefined) return true;
    tensors.set(output, { ...source, id: output, storage: isVector(source) ? output : source.storage });
    return false;
  });
}

/** A vector that several layers read directly keeps its name for the first and gets one of its own for each other. */
function separateVectors(layer: Layer, tensors: Map<string, Tensor>, claimed: Set<string>): Layer {
  const inputs = layer.inputs.map((id, index) => {
    const tensor = tensors.get(id);
    const isShared = tensor?.role === 'constant' && isVector(tensor) && isWeightLike(tensor);
    if (!isShared || roleAt(layer, index) === 'constant') return id;
    if (!claimed.has(id)) {
      claimed.add(id);
      return id;
    }
    const own = `${id}@${layer.id}:${index}`;
    tensors.set(own, { ...tensor, id: own, storage: own });
    return own;
  });
  return { ...layer, inputs };
}

/** A generated tensor that a layer reads as its weight is that weight. */
function adoptGenerated(source: Layer, tensors: Map<string, Tensor>, role: Role): boolean {
  const id = source.outputs[0] ?? '';
  if (source.attributes['value_dtype'] !== undefined && source.attributes['value_dtype'] !== 'float32') return false;
  const shape = tensors.get(source.inputs[0] ?? '')?.value ?? source.attributes['shape'];
  const dims = Array.isArray(shape) ? shape.map(Number) : undefined;
  if (!dims || !isCountable(dims)) return false;
  tensors.set(id, withRole({ id, dtype: 'float32', shape: dims, storage: id, role }, role));
  return true;
}
