import { bytesOf, carriesGradient } from '../graph/index.js';
import type { AttributeValue, Layer } from '../graph/index.js';
import { ShapeError } from './spec.js';
import type { OpContext, OpSpec, TensorType } from './spec.js';

/** Product of a shape: the number of elements. */
export function elements(shape: readonly number[]): number {
  let count = 1;
  for (const dim of shape) count *= dim;
  return count;
}

/** Bytes a tensor of this type takes when it is allocated for itself. */
export function tensorBytes(type: TensorType): number {
  return bytesOf(type.dtype, elements(type.shape));
}

/** A contiguous tensor type. */
export function tensor(dtype: TensorType['dtype'], shape: readonly number[]): TensorType {
  return { dtype, shape };
}

/** As many as PyTorch has room for in a tensor. */
const MAX_RANK = 64;

/** True for a shape that a tensor can have, few enough elements to be counted included. */
export function isCountable(shape: readonly number[]): boolean {
  if (shape.length > MAX_RANK) return false;
  let count = 1;
  for (const dim of shape) {
    if (!Number.isSafeInteger(dim) || dim < 0) return false;
    count *= dim || 1;
  }
  return count <= Number.MAX_SAFE_INTEGER;
}

/** The input at a position, which the operator requires. */
export function input(context: OpContext, index: number): TensorType {
  const found = context.inputs[index];
  if (!found) throw new ShapeError(`${context.layer.type} needs input ${index}`);
  return found;
}

/** Refuses a layer that lacks an input its operator cannot do without. */
export function requireOperands(context: OpContext, { operands = 1 }: OpSpec): void {
  for (let index = 0; index < operands; index++) input(context, index);
}

/** The output at a position, after `infer`. */
export function output(context: OpContext, index: number): TensorType {
  const found = context.outputs[index];
  if (!found) throw new ShapeError(`${context.layer.type} has no output ${index}`);
  return found;
}

/** True where the type exists and autograd can differentiate it. */
export function isDifferentiable(type: TensorType | undefined): boolean {
  return type !== undefined && carriesGradient(type.dtype);
}

function attribute(layer: Layer, name: string): AttributeValue | undefined {
  return layer.attributes[name];
}

export function numberAttribute(layer: Layer, name: string, fallback: number): number {
  const value = attribute(layer, name);
  if (typeof value === 'boolean') return Number(value);
  return typeof value === 'number' ? value : fallback;
}

export function booleanAttribute(layer: Layer, name: string, fallback: boolean): boolean {
  return numberAttribute(layer, name, Number(fallback)) !== 0;
}

export function stringAttribute(layer: Layer, name: string, fallback: string): string {
  const value = attribute(layer, name);
  return typeof value === 'string' ? value : fallback;
}

export function numbersAttribute(layer: Layer, name: string): readonly number[] | undefined {
  const value = attribute(layer, name);
  if (typeof value === 'number') return [value];
  return Array.isArray(value) && value.every((item) => typeof item === 'number') ? value : undefined;
}

/** An axis counted from the end made one counted from the start. */
export function normalizeAxis(axis: number, rank: number): number {
  const normal = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(normal) || normal < 0 || normal >= rank) {
    throw new ShapeError(`axis ${axis} is outside rank ${rank}`);
  }
  return normal;
}

/** The axis a layer states about its first input. */
export function axisOf(context: OpContext, fallback: number): number {
  return normalizeAxis(numberAttribute(context.layer, 'axis', fallback), input(context, 0).shape.length);
}

/** The dim at an axis, which must exist. */
export function dimAt(shape: readonly number[], axis: number): number {
  const dim = shape[axis];
  if (dim === undefined) throw new ShapeError(`shape [${shape.join(', ')}] has no axis ${axis}`);
  return dim;
}

/** The groups that so many channels make: all of one size. */
export function divided(channels: number, groups: number, what = 'channels'): number {
  const isDivisor = Number.isInteger(groups) && groups >= 1 && groups <= Math.max(channels, 1);
  if (!isDivisor || channels % groups !== 0) {
    throw new ShapeError(`${channels} ${what} do not divide into ${groups} groups`);
  }
  return groups;
}

/** NumPy broadcasting of two or more shapes. */
export function broadcast(...shapes: readonly (readonly number[])[]): number[] {
  const rank = Math.max(...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, axis) => {
    let result = 1;
    for (const shape of shapes) {
      const dim = shape[axis - rank + shape.length] ?? 1;
      if (dim !== 1 && result !== 1 && dim !== result) {
        throw new ShapeError(`shapes ${shapes.map((s) => `[${s.join(', ')}]`).join(' and ')} do not broadcast`);
      }
      if (dim !== 1) result = dim;
    }
    return result;
  });
}

/**
 * Input of integers (axes, a shape) or, before the opset that moved it, the attribute. An input that only the data
 * knows is refused: taken for absent, it would mean something else.
 */
export function integers(context: OpContext, index: number, name: string): readonly number[] | undefined {
  const value = context.value(index);
  if (!value && context.inputs[index]) throw new ShapeError(`${name} of ${context.layer.type} is not a constant`);
  return value ?? numbersAttribute(context.layer, name);
}

/** The same where the operator cannot do without. */
export function requiredIntegers(context: OpContext, index: number, name: string): readonly number[] {
  const found = integers(context, index, name);
  if (!found) throw new ShapeError(`${context.layer.type} has no ${name}`);
  return found;
}
