import { LIMITS } from '../limits.js';
import { boolean, child, messages, number, numbers, text, texts } from './message.js';
import { failure } from './text.js';
import type { Message } from './text.js';
import { V1_TYPES } from './v1-types.js';

/** One learnable blob of a layer: how fast it learns, and the name by which others share it. */
export interface Blob {
  readonly name: string;
  readonly rate: number;
}

/** A layer of either version of the format, in the terms of the newer one. */
export interface CaffeLayer {
  readonly name: string;
  readonly type: string;
  readonly bottoms: readonly string[];
  readonly tops: readonly string[];
  readonly blobs: readonly Blob[];
  /** By top; absent ones are the layer type's default. */
  readonly lossWeights: readonly number[];
  /** False where the file cuts the gradient to every bottom. */
  readonly propagates: boolean;
  readonly message: Message;
  readonly line: number;
}

/** The layers of a net, `layer` (V2) and `layers` (V1) alike, before any is chosen. */
export function layerMessages(net: Message): readonly Message[] {
  const found = [...messages(net, 'layer'), ...messages(net, 'layers')];
  if (found.length > LIMITS.maxLayers) {
    throw failure('LIMIT_EXCEEDED', 1, `the net has more than ${LIMITS.maxLayers} layers`);
  }
  const nested = found.find((layer) => messages(layer, 'layer').length > 0);
  if (nested) {
    const remedy = 'convert it with Caffe’s tool upgrade_net_proto_text and pass the result';
    throw failure('UNSUPPORTED_VERSION', nested.line, `the net is in the V0 format of 2013 (nested layers): ${remedy}`);
  }
  return found;
}

export function readLayer(message: Message): CaffeLayer {
  const type = text(message, 'type') ?? '';
  if (type === '') throw failure('MALFORMED', message.line, 'a layer has no type');
  const tops = texts(message, 'top');
  const bottoms = texts(message, 'bottom');
  const propagated = texts(message, 'propagate_down');
  return {
    name: named(text(message, 'name') ?? tops[0] ?? type, message),
    type: V1_TYPES.get(type) ?? type,
    bottoms: blobNames(bottoms, message),
    tops: blobNames(tops, message),
    blobs: blobsOf(message),
    lossWeights: numbers(message, 'loss_weight'),
    propagates: propagated.length === 0 || propagated.some((value) => /^(?:true|1)$/i.test(value)),
    message,
    line: message.line,
  };
}

function blobNames(names: readonly string[], message: Message): readonly string[] {
  return operands(names, message).map((name) => named(name, message));
}

function operands<T>(found: readonly T[], { line }: Message): readonly T[] {
  if (found.length <= LIMITS.maxOperands) return found;
  throw failure('LIMIT_EXCEEDED', line, `a layer has more than ${LIMITS.maxOperands} bottoms, tops or weights`);
}

function named(name: string, { line }: Message): string {
  if (name === '') throw failure('MALFORMED', line, 'a layer or one of its blobs has an empty name');
  if (name.length > LIMITS.maxNameBytes) {
    throw failure('LIMIT_EXCEEDED', line, `a name is longer than ${LIMITS.maxNameBytes} characters`);
  }
  return name;
}

/** V2 says `param { name lr_mult }` per blob; V1 says `blobs_lr` and `param: "name"` side by side. */
function blobsOf(message: Message): readonly Blob[] {
  const specs = operands(messages(message, 'param'), message);
  if (specs.length > 0) {
    return specs.map((spec) => ({ name: text(spec, 'name') ?? '', rate: number(spec, 'lr_mult') ?? 1 }));
  }
  const rates = operands(numbers(message, 'blobs_lr'), message);
  const names = operands(texts(message, 'param'), message);
  const count = Math.max(rates.length, names.length);
  return Array.from({ length: count }, (_, index) => ({ name: names[index] ?? '', rate: rates[index] ?? 1 }));
}

/** The `*_param` message of a layer under one of its names; an empty one where the file has none. */
export function parameters(layer: CaffeLayer, ...names: readonly string[]): Message {
  const name = names.find((candidate) => layer.message.fields.has(candidate));
  return child(layer.message, name ?? '');
}

/** A flag that a layer's parameters may leave out. */
export function flag(message: Message, name: string, fallback: boolean): boolean {
  return boolean(message, name) ?? fallback;
}
