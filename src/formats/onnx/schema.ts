import protobuf from 'protobufjs';
import { FormatError } from '../errors.js';
import { LIMITS } from '../limits.js';

/**
 * The fields of onnx.proto3 (Apache-2.0, field numbers of IR version 14) that are read here. Everything else is skipped.
 * Integer payloads are declared because shapes, axes and indices travel in them.
 */
const SCHEMA = `
syntax = "proto3";
message StringStringEntry { string key = 1; string value = 2; }
message OperatorSetId { string domain = 1; int64 version = 2; }
message Model {
  int64 ir_version = 1; string producer_name = 2; string producer_version = 3;
  Graph graph = 7; repeated OperatorSetId opset_import = 8; repeated Function functions = 25;
}
message Function {
  string name = 1; repeated string input = 4; repeated string output = 5; repeated Node node = 7; string domain = 10;
  repeated Attribute attribute_proto = 11; string overload = 13;
}
message Graph {
  repeated Node node = 1; string name = 2; repeated Tensor initializer = 5;
  repeated ValueInfo input = 11; repeated ValueInfo output = 12; repeated ValueInfo value_info = 13;
  repeated SparseTensor sparse_initializer = 15;
}
message Node {
  repeated string input = 1; repeated string output = 2; string name = 3; string op_type = 4;
  repeated Attribute attribute = 5; string domain = 7; string overload = 8;
  repeated StringStringEntry metadata_props = 9;
}
message Attribute {
  string name = 1; float f = 2; int64 i = 3; bytes s = 4; Tensor t = 5; Graph g = 6;
  repeated float floats = 7; repeated int64 ints = 8; repeated bytes strings = 9; int32 type = 20;
  string ref_attr_name = 21; SparseTensor sparse_tensor = 22;
}
message Tensor {
  repeated int64 dims = 1; int32 data_type = 2; repeated float float_data = 4; repeated int32 int32_data = 5;
  repeated int64 int64_data = 7; string name = 8; bytes raw_data = 9; repeated double double_data = 10;
  repeated uint64 uint64_data = 11;
}
message SparseTensor { Tensor values = 1; repeated int64 dims = 3; }
message ValueInfo { string name = 1; Type type = 2; }
message Type { TensorType tensor_type = 1; }
message TensorType { int32 elem_type = 1; Shape shape = 2; }
message Shape { repeated Dimension dim = 1; }
message Dimension { oneof value { int64 dim_value = 1; string dim_param = 2; } }
`;

export interface OnnxModel {
  readonly irVersion: number;
  readonly producerName: string;
  readonly producerVersion: string;
  readonly graph?: OnnxGraph | null;
  readonly opsetImport: readonly { readonly domain: string; readonly version: number }[];
  readonly functions: readonly OnnxFunction[];
}

/** An operator that the file itself defines by a body of nodes. */
export interface OnnxFunction {
  readonly name: string;
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly node: readonly OnnxNode[];
  readonly domain: string;
  /** Attributes with their defaults. */
  readonly attributeProto: readonly OnnxAttribute[];
  readonly overload: string;
}

export interface OnnxGraph {
  readonly node: readonly OnnxNode[];
  readonly name: string;
  readonly initializer: readonly OnnxTensor[];
  readonly input: readonly OnnxValueInfo[];
  readonly output: readonly OnnxValueInfo[];
  readonly valueInfo: readonly OnnxValueInfo[];
  readonly sparseInitializer: readonly OnnxSparseTensor[];
}

export interface OnnxNode {
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly name: string;
  readonly opType: string;
  readonly attribute: readonly OnnxAttribute[];
  readonly domain: string;
  readonly overload: string;
  readonly metadataProps: readonly { readonly key: string; readonly value: string }[];
}

export interface OnnxAttribute {
  readonly name: string;
  readonly f: number;
  readonly i: number;
  readonly s: Uint8Array;
  readonly t?: OnnxTensor | null;
  readonly g?: OnnxGraph | null;
  readonly sparseTensor?: OnnxSparseTensor | null;
  readonly floats: readonly number[];
  readonly ints: readonly number[];
  readonly strings: readonly Uint8Array[];
  readonly type: number;
  /** In the body of a function: the attribute of the call whose value this one has. */
  readonly refAttrName: string;
}

export interface OnnxTensor {
  readonly dims: readonly number[];
  readonly dataType: number;
  readonly floatData: readonly number[];
  readonly int32Data: readonly number[];
  readonly int64Data: readonly number[];
  readonly name: string;
  readonly rawData: Uint8Array;
  readonly doubleData: readonly number[];
  readonly uint64Data: readonly number[];
}

export interface OnnxSparseTensor {
  readonly values?: OnnxTensor | null;
  readonly dims: readonly number[];
}

export interface OnnxValueInfo {
  readonly name: string;
  readonly type?: { readonly tensorType?: OnnxTensorType | null } | null;
}

export interface OnnxTensorType {
  readonly elemType: number;
  readonly shape?: { readonly dim: readonly OnnxDim[] } | null;
}

/** One of the two, or neither. */
export interface OnnxDim {
  readonly dimValue?: number;
  readonly dimParam?: string;
}

let parsed: protobuf.Type | undefined;

function modelType(): protobuf.Type {
  parsed ??= protobuf.parse(SCHEMA).root.lookupType('Model');
  return parsed;
}

/**
 * Decoded fields take a hundred times their bytes in memory, so they are counted before they are: every field has a tag,
 * and a packed list as many elements as its bytes say.
 */
class CountingReader extends protobuf.Reader {
  private count = 0;
  private readonly strings = new Map<string, string>();

  /** One object for each name, wherever it stands: names are compared all the way from here on. */
  override stringVerify(): string {
    const text = super.stringVerify();
    const known = this.strings.get(text);
    if (known !== undefined) return known;
    this.strings.set(text, text);
    return text;
  }

  override tag(): number {
    this.add(1);
    return super.tag();
  }

  override int32s(array?: number[]): number[] {
    this.addVarints();
    return super.int32s(array);
  }

  override int64s(array?: Parameters<protobuf.Reader['int64s']>[0]): ReturnType<protobuf.Reader['int64s']> {
    this.addVarints();
    return super.int64s(array);
  }

  override uint64s(array?: Parameters<protobuf.Reader['uint64s']>[0]): ReturnType<protobuf.Reader['uint64s']> {
    this.addVarints();
    return super.uint64s(array);
  }

  override floats(array?: number[]): number[] {
    this.add(this.payload().length / 4);
    return super.floats(array);
  }

  override doubles(array?: number[]): number[] {
    this.add(this.payload().length / 8);
    return super.doubles(array);
  }

  /** Each number ends with the one byte whose high bit is 0. */
  private addVarints(): void {
    let ends = 0;
    for (const byte of this.payload()) if (byte < 0x80) ends++;
    this.add(ends);
  }

  /** The bytes of the packed list that is read next. */
  private payload(): Uint8Array {
    const { pos } = this;
    const length = this.uint32();
    const bytes = this.buf.subarray(this.pos, Math.min(this.pos + length, this.len));
    this.pos = pos;
    return bytes;
  }

  private add(more: number): void {
    this.count += more;
    if (this.count > LIMITS.maxFields) throw limit(`the structure holds more than ${LIMITS.maxFields} fields`);
  }
}

/** Decodes a stripped model. 64-bit integers come out as numbers: dims are far below 2^53, and INT64_MAX only means "the end". */
export function decodeModel(bytes: Uint8Array): OnnxModel {
  try {
    const message = modelType().decode(new CountingReader(bytes));
    return modelType().toObject(message, { longs: Number, arrays: true, defaults: true }) as OnnxModel;
  } catch (cause) {
    throw cause instanceof FormatError ? cause : refused(cause);
  }
}

/** protobufjs says by a RangeError that a message ends too soon, and in words that messages nest too deep. */
function refused(cause: unknown): FormatError {
  if (cause instanceof Error && cause.message.includes('depth')) {
    return limit(`messages nest deeper than ${protobuf.util.recursionLimit}`, cause);
  }
  const isEnd = cause instanceof RangeError;
  return new FormatError({
    code: isEnd ? 'TRUNCATED' : 'MALFORMED',
    format: 'onnx',
    message: isEnd ? 'a message ends before its length says' : 'not a valid protobuf message',
    cause,
  });
}

function limit(message: string, cause?: unknown): FormatError {
  return new FormatError({ code: 'LIMIT_EXCEEDED', format: 'onnx', message, cause });
}
