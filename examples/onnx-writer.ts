/** Writes small ONNX files, for the demo, the fixtures and the benchmarks: structure, and weights only where asked. */
import protobuf from 'protobufjs';

export interface NodeDescription {
  readonly type: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly name?: string;
  readonly domain?: string;
  readonly attributes?: Readonly<Record<string, number | string | readonly number[] | GraphDescription>>;
  readonly metadata?: Readonly<Record<string, string>>;
}

export interface InitializerDescription {
  readonly name: string;
  readonly dims: readonly number[];
  /** Small constants; without any, the payload is said to lie in another file. */
  readonly ints?: readonly number[];
  readonly floats?: readonly number[];
  /** A payload of this many zero bytes in the file itself. */
  readonly inlineBytes?: number;
}

export interface ValueDescription {
  readonly name: string;
  readonly dims: readonly (number | string)[];
  readonly integer?: boolean;
}

export interface GraphDescription {
  readonly name: string;
  readonly nodes: readonly NodeDescription[];
  readonly initializers?: readonly InitializerDescription[];
  readonly inputs: readonly ValueDescription[];
  readonly outputs: readonly ValueDescription[];
}

type Writer = protobuf.Writer;

const BYTES = 2;
const key = (field: number, wireType: number): number => (field << 3) | wireType;
const FLOAT = 1;
const INT64 = 7;
const EXTERNAL = 1;

function text(writer: Writer, field: number, value: string): Writer {
  return writer.uint32(key(field, BYTES)).string(value);
}

function number(writer: Writer, field: number, value: number): Writer {
  return writer.uint32(key(field, 0)).int64(value);
}

function message(writer: Writer, field: number, fill: (inner: Writer) => void): Writer {
  writer.uint32(key(field, BYTES)).fork();
  fill(writer);
  return writer.ldelim();
}

/** The bytes of a ModelProto. */
export function writeModel(graph: GraphDescription, opset = 17): Uint8Array {
  const fields = graphFields(graph);
  return Uint8Array.from([...modelHead(fields.byteLength, opset), ...fields]);
}

/** Everything of a ModelProto in front of its graph's fields, so that files of gigabytes can be written in parts. */
export function modelHead(graphBytes: number, opset = 17): Uint8Array {
  const writer = protobuf.Writer.create();
  number(writer, 1, 8);
  text(writer, 2, 'layergauge');
  message(writer, 8, (inner) => number(inner, 2, opset));
  return writer.uint32(key(7, BYTES)).uint64(graphBytes).finish();
}

/** The fields of a GraphProto; those of several descriptions, one behind the other, are one graph. */
export function graphFields(graph: GraphDescription): Uint8Array {
  const writer = protobuf.Writer.create();
  writeGraph(writer, graph);
  return writer.finish();
}

function writeGraph(writer: Writer, graph: GraphDescription): void {
  for (const node of graph.nodes) {
    message(writer, 1, (inner) => {
      writeNode(inner, node);
    });
  }
  text(writer, 2, graph.name);
  for (const initializer of graph.initializers ?? []) {
    message(writer, 5, (inner) => {
      writeTensor(inner, initializer);
    });
  }
  for (const [field, values] of [
    [11, graph.inputs],
    [12, graph.outputs],
  ] as const) {
    for (const value of values) {
      message(writer, field, (inner) => {
        writeValue(inner, value);
      });
    }
  }
}

function writeNode(writer: Writer, node: NodeDescription): void {
  for (const name of node.inputs) text(writer, 1, name);
  for (const name of node.outputs) text(writer, 2, name);
  if (node.name !== undefined) text(writer, 3, node.name);
  text(writer, 4, node.type);
  for (const [name, value] of Object.entries(node.attributes ?? {})) {
    message(writer, 5, (inner) => {
      text(inner, 1, name);
      writeAttribute(inner, value);
    });
  }
  if (node.domain !== undefined) text(writer, 7, node.domain);
  for (const [name, value] of Object.entries(node.metadata ?? {})) {
    message(writer, 9, (inner) => {
      text(inner, 1, name);
      text(inner, 2, value);
    });
  }
}

/** A whole number is an int attribute, any other a float: enough for what is written here. */
function writeAttribute(writer: Writer, value: number | string | readonly number[] | GraphDescription): void {
  if (typeof value === 'string') number(text(writer, 4, value), 20, 3);
  else if (typeof value === 'number' && Number.isInteger(value)) number(number(writer, 3, value), 20, 2);
  else if (typeof value === 'number') number(writer.uint32(key(2, 5)).float(value), 20, 1);
  else if ('nodes' in value) {
    message(writer, 6, (inner) => {
      writeGraph(inner, value);
    });
    number(writer, 20, 5);
  } else {
    for (const item of value) number(writer, 8, item);
    number(writer, 20, 7);
  }
}

function writeTensor(writer: Writer, tensor: InitializerDescription): void {
  for (const dim of tensor.dims) number(writer, 1, dim);
  number(writer, 2, tensor.ints ? INT64 : FLOAT);
  text(writer, 8, tensor.name);
  if (tensor.ints) {
    const raw = new DataView(new ArrayBuffer(8 * tensor.ints.length));
    tensor.ints.forEach((value, index) => {
      raw.setBigInt64(8 * index, BigInt(value), true);
    });
    writer.uint32(key(9, BYTES)).bytes(new Uint8Array(raw.buffer));
  } else if (tensor.floats) {
    writer.uint32(key(9, BYTES)).bytes(new Uint8Array(Float32Array.from(tensor.floats).buffer));
  } else if (tensor.inlineBytes !== undefined) {
    writer.uint32(key(9, BYTES)).bytes(new Uint8Array(tensor.inlineBytes));
  } else {
    message(writer, 13, (inner) => text(text(inner, 1, 'location'), 2, 'weights.bin'));
    number(writer, 14, EXTERNAL);
  }
}

function writeValue(writer: Writer, value: ValueDescription): void {
  text(writer, 1, value.name);
  message(writer, 2, (type) => {
    message(type, 1, (tensor) => {
      number(tensor, 1, value.integer === true ? INT64 : FLOAT);
      message(tensor, 2, (shape) => {
        for (const dim of value.dims) {
          message(shape, 1, (inner) => (typeof dim === 'number' ? number(inner, 1, dim) : text(inner, 2, dim)));
        }
      });
    });
  });
}
