import { symbol } from '../../graph/index.js';
import type { Dim, Role } from '../../graph/index.js';
import { LIMITS } from '../limits.js';
import { REGIONS } from './detection.js';
import { flag, parameters } from './layer.js';
import type { CaffeLayer } from './layer.js';
import { count, messages, size, sizes, text, texts } from './message.js';
import { failure } from './text.js';
import type { Message } from './text.js';

/** A blob no layer computes: what a training step is fed with, or a free-standing parameter. */
export interface Source {
  readonly blob: string;
  readonly shape: readonly Dim[];
  readonly role: Extract<Role, 'input' | 'parameter'>;
  /** True for the tops of a data layer that follow the images. */
  readonly isLabel: boolean;
  /** What the net leaves to a configuration file, and what is taken for it. */
  readonly assumption?: string;
}

const image = (batch: Dim = symbol('batch')): Dim[] => [batch, symbol('channels'), symbol('height'), symbol('width')];

const fed = (blob: string, shape: readonly Dim[]): Source => ({ blob, shape, role: 'input', isLabel: false });

/** Old nets list four `input_dim` per input. */
const DIMS_PER_INPUT = 4;

/** The inputs a net declares at its top, with `input_shape` or `input_dim`, or without a word about their size. */
export function declaredInputs(net: Message): readonly Source[] {
  const shapes = messages(net, 'input_shape').map((shape) => dimsOf(shape));
  const flat = sizes(net, 'input_dim');
  return texts(net, 'input').map((blob, index) => {
    const four = flat.slice(index * DIMS_PER_INPUT, (index + 1) * DIMS_PER_INPUT);
    return fed(blob, shapes[index] ?? (four.length > 0 ? four : image()));
  });
}

function dimsOf(shape: Message): readonly number[] {
  const dims = sizes(shape, 'dim');
  if (dims.length > LIMITS.maxRank) throw failure('LIMIT_EXCEEDED', shape.line, `a shape has ${dims.length} dims`);
  return dims;
}

/** What a layer without bottoms feeds into the net; undefined for a layer that computes. */
export function sourcesOf(layer: CaffeLayer): readonly Source[] | undefined {
  if (layer.bottoms.length > 0 || layer.tops.length === 0) return undefined;
  const stated = statedShapes(layer);
  if (stated.length === 0) return dataSources(layer);
  const role = layer.type === 'Parameter' ? 'parameter' : 'input';
  return layer.tops.map((blob, index) => ({
    blob,
    shape: stated[index] ?? stated[0] ?? [],
    role,
    isLabel: false,
  }));
}

/** `Input`, `DummyData` and `Parameter` layers say the shape of each top, or one for all. */
function statedShapes(layer: CaffeLayer): readonly (readonly number[])[] {
  const message = parameters(layer, 'input_param', 'dummy_data_param', 'parameter_param');
  const shapes = messages(message, 'shape').map(dimsOf);
  if (shapes.length > 0) return shapes;
  const axes = ['num', 'channels', 'height', 'width'].map((name) => sizes(message, name));
  return (axes[0] ?? []).map((_, index) => axes.map((axis) => axis[index] ?? axis[0] ?? 1));
}

function dataSources(layer: CaffeLayer): readonly Source[] {
  const className = text(parameters(layer, 'python_param'), 'layer');
  if (className === 'RoIDataLayer') return layer.tops.map(regionSource);
  const pixels = imageShape(layer);
  const [batch = symbol('batch'), , ...area] = pixels;
  const label = layer.type === 'ImageSegData' ? [batch, 1, ...area] : [batch];
  return layer.tops.map((blob, index) => ({
    blob,
    shape: index === 0 ? pixels : label,
    role: 'input',
    isLabel: index > 0,
  }));
}

/**
 * One image with its boxes at a time (py-faster-rcnn, lib/roi_data_layer/layer.py, TRAIN.SCALES and TRAIN.MAX_SIZE); the
 * boxes are as many as the image has objects.
 */
const REGION_DATA: ReadonlyMap<string, readonly number[]> = new Map([
  ['data', [1, 3, 600, 1000]],
  ['im_info', [1, 3]],
  ['gt_boxes', [1, 5]],
  ['rois', [REGIONS.sampled, 5]],
  ['labels', [REGIONS.sampled]],
]);

function regionSource(blob: string): Source {
  const shape = REGION_DATA.get(blob);
  const source = fed(blob, shape ?? [symbol('batch')]);
  if (blob !== 'data' || !shape) return source;
  return { ...source, assumption: `${shape.join('x')}, the largest image py-faster-rcnn trains on by default` };
}

/** Where the file does not say a size, a symbol by that name stands for it. */
function imageShape(layer: CaffeLayer): readonly Dim[] {
  const data = parameters(layer, ...dataParameters(layer));
  const transform = parameters(layer, 'transform_param');
  const python = text(parameters(layer, 'python_param'), 'param_str') ?? '';
  const crop = stated(transform, 'crop_size') ?? stated(data, 'crop_size') ?? entryOf(python, 'crop_size');
  return [
    count(data, 'batch_size') ?? entryOf(python, 'batch_size') ?? symbol('batch'),
    channelsOf(layer, data, transform) ?? symbol('channels'),
    ...(['height', 'width'] as const).map((name) => crop ?? sideOf(data, name) ?? symbol(name)),
  ];
}

/** ImageData resizes to `new_height` x `new_width`; MemoryData has `height` x `width`. */
function sideOf(data: Message, name: 'height' | 'width'): number | undefined {
  return stated(data, `new_${name}`) ?? stated(data, name);
}

/** 0 is the default of these fields and means that nothing is cropped or resized. */
function stated(message: Message, name: string): number | undefined {
  return count(message, name, 0) || undefined;
}

/** The `*_param` messages that may hold batch_size: every one but those shared by all layers. */
function dataParameters(layer: CaffeLayer): readonly string[] {
  return [...layer.message.fields.keys()].filter((name) => name.endsWith('data_param'));
}

const COLOUR = 3;

/** Channels only where the file proves them; a database of its own keeps them to itself. */
function channelsOf(layer: CaffeLayer, data: Message, transform: Message): number | undefined {
  if (flag(transform, 'force_gray', false) || !flag(data, 'is_color', true)) return 1;
  const means = sizesOf(transform, 'mean_value');
  const isColour = IMAGE_READERS.has(layer.type) || flag(transform, 'force_color', false) || means === COLOUR;
  return size(data, 'channels') ?? (isColour ? COLOUR : undefined);
}

/** These read image files with OpenCV, in colour unless told otherwise. */
const IMAGE_READERS: ReadonlySet<string> = new Set(['ImageData', 'ImageSegData', 'WindowData']);

function sizesOf(message: Message, name: string): number {
  return message.fields.get(name)?.length ?? 0;
}

function entryOf(paramStr: string, name: 'crop_size' | 'batch_size'): number | undefined {
  const found = ENTRIES[name].exec(paramStr)?.[1];
  return found === undefined ? undefined : Number(found);
}

/** `param_str` is YAML or Python; only these entries are read from it. */
const ENTRIES = {
  crop_size: /['"]?crop_size['"]?\s*:\s*(\d{1,6})/,
  batch_size: /['"]?batch_size['"]?\s*:\s*(\d{1,6})/,
} as const;
