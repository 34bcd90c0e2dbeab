import type { Graph } from '../graph/index.js';
import type { ByteSource } from './byte-source.js';

/** A structure with its weights stripped, ready for a ConfigMap. */
export interface Packed {
  readonly bytes: Uint8Array;
  /** The key it is stored under, such as `model.onnx`. */
  readonly key: string;
}

/** One format: one folder, one line in `formats/index.ts`. */
export interface Format {
  readonly name: string;
  /** For `layergauge formats`. */
  readonly description: string;
  readonly extensions: readonly string[];
  /** True where the first bytes of the file are this format's. */
  sniff(head: Uint8Array): boolean;
  /** Bytes to the normalised graph; throws nothing but `FormatError`. */
  parse(source: ByteSource): Promise<Graph>;
  /** The structure only; everything else of the file is kept to the byte. */
  pack(source: ByteSource): Promise<Packed>;
}
