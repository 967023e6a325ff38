import protobuf from 'protobufjs/minimal.js';
import type { Attribute } from './native.js';
import { BYTES, entry, FIXED32, message, tag, text, VARINT, type Encode } from './wire.js';

const { Writer } = protobuf;

/** libtensorflow's numbers of the types that a graph of ours uses (types.proto). */
export const DATA_TYPE = { float32: 1, int32: 3, uint8: 4, string: 7, int64: 9, bool: 10 } as const;

/**
 * A TensorFlow graph as it grows: nodes are encoded as they are added. The field numbers are those of
 * graph.proto, node_def.proto, attr_value.proto, tensor.proto and saved_model.proto.
 */
export class GraphDef {
  readonly #nodes: Uint8Array[] = [];
  readonly #constants = new Map<string, string>();

  /** `inputs` are names of nodes, `name:1` for a second output, `^name` for "after it". Returns the node's name. */
  add(operation: string, inputs: readonly string[], attributes: Readonly<Record<string, Encode>>, name = `n${this.#nodes.length}`): string {
    const writer = Writer.create();
    text(writer, 1, name);
    text(writer, 2, operation);
    for (const input of inputs) text(writer, 3, input);
    for (const [key, encode] of Object.entries(attributes)) entry(writer, 5, key, encode);
    this.#nodes.push(writer.finish());
    return name;
  }

  /** A constant; equal ones share a node, and one that repeats a number is stored as that number (a graph of zeros stays small). */
  constant(type: number, shape: readonly number[], bytes: Uint8Array): string {
    const splat = splatOf(type, bytes);
    const stored = splat ?? bytes;
    const key = stored.length <= SHARED_BYTES ? `${type}|${String(shape)}|${splat ? 's' : 'v'}${Buffer.from(stored).toString('latin1')}` : undefined;
    const known = key === undefined ? undefined : this.#constants.get(key);
    if (known !== undefined) return known;
    const value = splat ? splatTensor(type, shape, splat) : tensorContent(type, shape, bytes);
    const name = this.add('Const', [], { dtype: attribute.type(type), value });
    if (key !== undefined) this.#constants.set(key, name);
    return name;
  }

  /** A constant of texts: one, or a list of them. */
  texts(values: string | readonly string[], name?: string): string {
    const [list, shape] = typeof values === 'string' ? [[values], []] : [values, [values.length]];
    const value = tensor(DATA_TYPE.string, shape, (proto) => list.forEach((one) => text(proto, 8, one)));
    return this.add('Const', [], { dtype: attribute.type(DATA_TYPE.string), value }, name);
  }

  /**
   * The graph as the bytes of a `saved_model.pb` with the tag `serve`; `describe` writes further fields of its MetaGraphDef.
   * Throws RangeError above protobuf's 2 GB.
   */
  savedModel(describe: Encode = () => undefined): Uint8Array {
    const bytes = this.#nodes.reduce((sum, { length }) => sum + length, 0);
    if (bytes > MAXIMUM_BYTES)
      throw new RangeError(`the graph has ${bytes} bytes of constants and nodes, but a SavedModel holds 2 GB; keep large tensors in the state`);
    const writer = Writer.create().uint32(tag(1, VARINT)).int64(1);
    message(writer, 2, (meta) => {
      message(meta, 1, (info) => text(info, 4, 'serve'));
      message(meta, 2, (graph) => {
        for (const node of this.#nodes) graph.uint32(tag(1, BYTES)).bytes(node);
        message(graph, 4, (versions) => versions.uint32(tag(1, VARINT)).int32(PRODUCER));
      });
      describe(meta);
    });
    return writer.finish();
  }
}

/** Below this, equal constants are looked for. */
const SHARED_BYTES = 4096;
const MAXIMUM_BYTES = 2 ** 31 - 1024;
/** TF_GRAPH_DEF_VERSION of libtensorflow 2.12; later ones read it. */
const PRODUCER = 1395;

const scalar =
  <T>(field: number, wireType: number, write: (writer: protobuf.Writer, value: T) => unknown) =>
  (value: T): Encode =>
  (writer) =>
    write(writer.uint32(tag(field, wireType)), value);

/** Encoders of attribute values. Those of numbers and texts have the same field in an AttrValue and in its ListValue. */
export const attribute = {
  string: scalar<string>(2, BYTES, (writer, value) => writer.string(value)),
  int: scalar<number>(3, VARINT, (writer, value) => writer.int64(value)),
  float: scalar<number>(4, FIXED32, (writer, value) => writer.float(value)),
  bool: scalar<boolean>(5, VARINT, (writer, value) => writer.bool(value)),
  type: scalar<number>(6, VARINT, (writer, value) => writer.int32(value)),
  shape:
    (dimensions: readonly number[]): Encode =>
    (writer) =>
      message(writer, 7, shapeOf(dimensions)),
  types:
    (types: readonly number[]): Encode =>
    (writer) =>
      message(writer, 1, (list) => types.forEach((type) => attribute.type(type)(list))),
} as const;

/** By the addon's number of the kind. */
const KINDS = [attribute.string, attribute.int, attribute.float, attribute.bool, attribute.type] as readonly ((value: unknown) => Encode)[];
const SHAPE_KIND = 5;

/** An attribute as tfjs-node hands it to the addon → as a graph holds it. */
export function encodeAttribute({ name, type, value }: Attribute): Encode {
  if (type === SHAPE_KIND) return attribute.shape(value as number[]);
  const encode = KINDS[type];
  if (!encode) throw new TypeError(`the attribute ${name} is of the kind ${type}, which a compiled step cannot hold`);
  if (!Array.isArray(value)) return encode(value);
  return (writer) => message(writer, 1, (list) => value.forEach((item) => encode(item)(list)));
}

/** The four bytes that all of the numbers are, if they are. */
function splatOf(type: number, bytes: Uint8Array): Uint8Array | undefined {
  if ((type !== DATA_TYPE.float32 && type !== DATA_TYPE.int32) || bytes.length <= 64) return undefined;
  const words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  return words.every((word) => word === words[0]) ? bytes.subarray(0, 4) : undefined;
}

function splatTensor(type: number, shape: readonly number[], bytes: Uint8Array): Encode {
  const view = new DataView(bytes.buffer, bytes.byteOffset, 4);
  return tensor(type, shape, (writer) =>
    type === DATA_TYPE.float32 ? writer.uint32(tag(5, FIXED32)).float(view.getFloat32(0, true)) : writer.uint32(tag(7, VARINT)).int32(view.getInt32(0, true)),
  );
}

function tensorContent(type: number, shape: readonly number[], bytes: Uint8Array): Encode {
  return tensor(type, shape, (writer) => writer.uint32(tag(4, BYTES)).bytes(bytes));
}

function tensor(type: number, shape: readonly number[], content: Encode): Encode {
  return (writer) =>
    message(writer, 8, (proto) => {
      proto.uint32(tag(1, VARINT)).int32(type);
      message(proto, 2, shapeOf(shape));
      content(proto);
    });
}

/** A TensorShapeProto; -1 is a side of any length. */
export function shapeOf(dimensions: readonly number[]): Encode {
  return (writer) => dimensions.forEach((size) => message(writer, 2, (dimension) => dimension.uint32(tag(1, VARINT)).int64(size)));
}
