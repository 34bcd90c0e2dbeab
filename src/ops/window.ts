import type { Layer } from '../graph/index.js';
import { booleanAttribute, numbersAttribute, stringAttribute } from './context.js';
import { ShapeError } from './spec.js';

/** A sliding window over the spatial axes: convolution and pooling share the arithmetic. */
export interface Window {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly begins: readonly number[];
  readonly ends: readonly number[];
  readonly autoPad: string;
  readonly rounding: 'floor' | 'ceil' | 'caffe-ceil';
}

export function windowOf(layer: Layer, kernel: readonly number[]): Window {
  const rank = kernel.length;
  const ones = new Array<number>(rank).fill(1);
  const pads = numbersAttribute(layer, 'pads') ?? new Array<number>(2 * rank).fill(0);
  return {
    kernel,
    strides: numbersAttribute(layer, 'strides') ?? ones,
    dilations: numbersAttribute(layer, 'dilations') ?? ones,
    begins: pads.slice(0, rank),
    ends: pads.slice(rank),
    autoPad: stringAttribute(layer, 'auto_pad', 'NOTSET'),
    rounding: roundingOf(layer),
  };
}

/** ONNX's formula for `VALID` with ceil_mode, ceil((size - span + 1) / stride), is the one without. */
function roundingOf(layer: Layer): Window['rounding'] {
  const isValid = stringAttribute(layer, 'auto_pad', 'NOTSET') === 'VALID';
  if (isValid || !booleanAttribute(layer, 'ceil_mode', false)) return 'floor';
  return booleanAttribute(layer, 'caffe_rounding', false) ? 'caffe-ceil' : 'ceil';
}

/** Output sizes of the window over `sizes` (ONNX operator spec, Conv and MaxPool). */
export function windowedSize(sizes: readonly number[], window: Window): number[] {
  if (sizes.length !== window.kernel.length) {
    throw new ShapeError(`a ${window.kernel.length}-d window cannot slide over ${sizes.length} spatial axes`);
  }
  return sizes.map((size, axis) => windowedAxis(size, axis, window));
}

interface WindowAxis {
  readonly stride: number;
  /** From the window's first element to its last. */
  readonly span: number;
  readonly begin: number;
  readonly end: number;
}

function axisOf(window: Window, axis: number): WindowAxis {
  const at = (values: readonly number[], fallback: number): number => values[axis] ?? fallback;
  const valid = window.autoPad === 'VALID';
  return {
    stride: at(window.strides, 1),
    span: (at(window.kernel, 1) - 1) * at(window.dilations, 1) + 1,
    begin: valid ? 0 : at(window.begins, 0),
    end: valid ? 0 : at(window.ends, 0),
  };
}

function windowedAxis(size: number, axis: number, window: Window): number {
  const { stride, span, begin, end } = axisOf(window, axis);
  if (stride < 1) throw new ShapeError(`a stride of ${stride} never ends`);
  if (window.autoPad.startsWith('SAME')) return Math.ceil(size / stride);
  const steps = (size + begin + end - span) / stride;
  const count = (window.rounding === 'floor' ? Math.floor(steps) : Math.ceil(steps)) + 1;
  if (count < 1) throw new ShapeError(`a window of ${span} does not fit into ${size + begin + end}`);
  const isBeyond = (count - 1) * stride >= size + begin;
  return isBeyond && clipsLastWindow(window, begin + end) ? count - 1 : count;
}

/** PyTorch always drops a last window that starts in the end padding; Caffe only where there is padding. */
function clipsLastWindow(window: Window, padding: number): boolean {
  return window.rounding === 'ceil' || (window.rounding === 'caffe-ceil' && padding > 0);
}
