import protobuf from 'protobufjs/minimal.js';
import { PipelineError } from '../errors.js';
import { DATA_TYPE, type GraphDef } from './graph-def.js';
import type { RecordedConstant, RecordedGraph, RecordedNode } from './recorded-graph.js';
import type { Encode } from './wire.js';

/** One function recorded for batches of one size. */
export interface BatchRecording {
  readonly graph: RecordedGraph;
  /** Names of nodes. */
  readonly outputs: readonly string[];
}

/**
 * Adds to `graph` what two recordings of one function, for batches of different sizes, compute, so that it takes batches of any size.
 * The shape that a Reshape is given may differ in one side, which becomes -1: whatever is left. `bound` are nodes that both read, and that
 * `graph` has already. Nodes that no output needs are left out. Returns the nodes of the outputs.
 *
 * Throws COMPILE_UNSUPPORTED, with the operation, where the recordings differ in anything else.
 */
export function addFreeBatch(graph: GraphDef, first: BatchRecording, second: BatchRecording, bound: ReadonlySet<string>): string[] {
  const twins = findTwins(first, second, bound);
  const added = new Map<string, string>(); // by name in the first recording
  const nameOf = (output: string): string => {
    const [node, index] = split(output);
    return bound.has(node) ? output : `${added.get(node)!}${index}`;
  };
  const inputOf = (node: RecordedNode, twin: RecordedNode, position: number): string => {
    const [input, other] = [node.inputs[position]!, twin.inputs[position]!];
    const constant = first.graph.constants.get(input);
    return constant ? addConstant(graph, node.operation, constant, second.graph.constants.get(other)!) : nameOf(input);
  };
  for (const node of first.graph.nodes) {
    const twin = twins.get(node.name);
    if (!twin) continue;
    const inputs = node.inputs.map((_, position) => inputOf(node, twin, position));
    added.set(node.name, graph.add(node.operation, inputs, node.attributes));
  }
  return first.outputs.map(nameOf);
}

/** Every node of the first recording that an output needs, but for constants, and the node that does the same in the second one. */
function findTwins(first: BatchRecording, second: BatchRecording, bound: ReadonlySet<string>): Map<string, RecordedNode> {
  const others = new Map(second.graph.nodes.map((node) => [node.name, node]));
  const twins = new Map<string, RecordedNode>();
  const pair = (reader: string, output: string, other: string): void => {
    const [[node, index], [twin, twinIndex]] = [split(output), split(other)];
    const [isConstant, isTwinConstant] = [first.graph.constants.has(node), second.graph.constants.has(twin)];
    const known = twins.get(node)?.name ?? twin;
    const fits = bound.has(node) ? node === twin : isConstant ? isTwinConstant : others.has(twin) && !isTwinConstant && known === twin;
    if (!fits || index !== twinIndex) throw differs(reader, 'reads different results');
    if (!isConstant && !bound.has(node)) twins.set(node, others.get(twin)!);
  };
  for (const [i, output] of first.outputs.entries()) {
    if (first.graph.constants.has(output)) throw differs('an output', 'is a constant');
    pair('an output', output, second.outputs[i]!);
  }
  for (const node of [...first.graph.nodes].reverse()) {
    const twin = twins.get(node.name);
    if (!twin) continue;
    if (node.operation !== twin.operation) throw differs(node.operation, `is ${twin.operation} for another batch`);
    if (!sameAttributes(node, twin)) throw differs(node.operation, 'has other attributes');
    if (node.inputs.length !== twin.inputs.length) throw differs(node.operation, 'has another number of inputs');
    for (const [position, input] of node.inputs.entries()) pair(node.operation, input, twin.inputs[position]!);
  }
  return twins;
}

/** The constant of both recordings. In the shape for a Reshape, one side may depend on the batch. */
function addConstant(graph: GraphDef, reader: string, constant: RecordedConstant, twin: RecordedConstant): string {
  const { type, shape, bytes } = constant;
  const isSame = type === twin.type && String(shape) === String(twin.shape) && Buffer.compare(bytes, twin.bytes) === 0;
  if (isSame) return graph.constant(type, shape, bytes);
  if (reader !== 'Reshape' || type !== DATA_TYPE.int32 || bytes.length !== twin.bytes.length)
    throw differs(reader, 'reads a constant that depends on the batch');
  const [sides, twinSides] = [integers(bytes), integers(twin.bytes)];
  const free = sides.map((side, i) => (side === twinSides[i] ? side : -1));
  if (free.filter((side) => side === -1).length !== 1)
    throw differs(reader, `to [${[...sides]}] and [${[...twinSides]}] has more than one side that depends on the batch`);
  return graph.constant(type, shape, new Uint8Array(free.buffer));
}

function integers(bytes: Uint8Array): Int32Array {
  return new Int32Array(bytes.slice().buffer);
}

function sameAttributes(node: RecordedNode, twin: RecordedNode): boolean {
  const [keys, twinKeys] = [Object.keys(node.attributes), Object.keys(twin.attributes)];
  return String(keys) === String(twinKeys) && keys.every((key) => Buffer.compare(encoded(node.attributes[key]!), encoded(twin.attributes[key]!)) === 0);
}

function encoded(attribute: Encode): Uint8Array {
  const writer = protobuf.Writer.create();
  attribute(writer);
  return writer.finish();
}

/** `name:1` → the node and which of its outputs, with the colon. */
function split(output: string): readonly [node: string, index: string] {
  const colon = output.indexOf(':');
  return colon === -1 ? [output, ''] : [output.slice(0, colon), output.slice(colon)];
}

function differs(operation: string, how: string): PipelineError {
  return new PipelineError(
    'COMPILE_UNSUPPORTED',
    `${operation} ${how}, when the function is recorded for batches of two sizes · a saved function takes batches of any size; ` +
      'let the number of images reach no constant but the shape of a reshape',
  );
}
