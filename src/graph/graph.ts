import type { DType } from './dtype.js';
import type { Tensor } from './tensor.js';

export type AttributeValue = number | string | boolean | readonly number[] | readonly string[];
export type Attributes = Readonly<Record<string, AttributeValue>>;

/**
 * One layer with the attributes that matter for a GPU: identifier, type, upstream and downstream layers (through its
 * tensors), configurable attributes.
 */
export interface Layer {
  readonly id: string;
  /** An operator of `src/ops` (ONNX names where they exist), or a name nobody here knows. */
  readonly type: string;
  /** Tensor ids by position; '' where an optional input is absent. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Attributes;
  /** Where the operator works in place: the position of the input whose memory its output is. */
  readonly overwrites?: number;
  /** The module that owns the layer (`layer1.0.conv2`), for the report. */
  readonly scope?: string;
  /** What the exporter says it did to this layer, such as folding batch-norm into it; evidence for `src/recover`. */
  readonly provenance?: string;
}

/** What a free size may be, both ends included. */
export interface SizeRange {
  readonly least: number;
  readonly most: number;
}

/** What a file itself says about how it is trained. */
export interface TrainingHints {
  readonly batchSize?: number;
  /** True where the graph ends in its own loss layers, so that none is added. */
  readonly hasLoss?: boolean;
  /**
   * True where the file holds the very operators that the training runs, so that little is to be recovered; false where
   * they were and run_decompositions took them apart.
   */
  readonly isVerbatim?: boolean;
  /** What the program casts to where it turns autocast on by itself. */
  readonly autocast?: DType;
  /** What the file was exported for, by symbol. */
  readonly ranges?: ReadonlyMap<string, SizeRange>;
  /** What the reader had to take for granted, one sentence each. */
  readonly assumptions?: readonly string[];
}

/** One network, normalised. */
export interface Graph {
  readonly name: string;
  /** The format it was read from, such as `onnx`. */
  readonly format: string;
  /** In topological order. */
  readonly layers: readonly Layer[];
  readonly tensors: ReadonlyMap<string, Tensor>;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Bodies of control-flow layers, by `<layer id>/<attribute>`, e.g. `If_3/then_branch`. */
  readonly subgraphs: ReadonlyMap<string, Graph>;
  readonly hints: TrainingHints;
  /** The layer that writes each tensor. */
  readonly producers: ReadonlyMap<string, Layer>;
  /** The layers whose outputs the layer reads, in input order. */
  upstream(layerId: string): readonly string[];
  /** The layers that read the layer's outputs, in graph order. */
  downstream(layerId: string): readonly string[];
}
