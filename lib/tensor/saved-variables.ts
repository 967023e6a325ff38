import protobuf from 'protobufjs/minimal.js';
import { attribute, DATA_TYPE, type GraphDef } from './graph-def.js';
import { BYTES, entry, message, tag, text, VARINT, type Encode } from './wire.js';

/** A float32 variable of a SavedModel. */
export interface SavedVariable {
  /** Of its node, and in the checkpoint. */
  readonly name: string;
  readonly shape: readonly number[];
  /** Whether those who train the loaded model change it. */
  readonly trainable: boolean;
}

/** Adds the variables and what saves and restores them. `readOf` says which node reads a variable. */
export function addVariables(graph: GraphDef, variables: readonly SavedVariable[]): void {
  for (const { name, shape } of variables) {
    const handle = graph.add(
      'VarHandleOp',
      [],
      { dtype: FLOAT, shape: attribute.shape(shape), shared_name: attribute.string(name), container: attribute.string('') },
      name,
    );
    graph.add('ReadVariableOp', [handle], { dtype: FLOAT }, readOf(name));
    const [sides, zero] = [
      graph.constant(DATA_TYPE.int32, [shape.length], bytesOf(Int32Array.from(shape))),
      graph.constant(DATA_TYPE.float32, [], new Uint8Array(4)),
    ];
    const zeros = graph.add('Fill', [sides, zero], { T: FLOAT, index_type: attribute.type(DATA_TYPE.int32) }, `${name}/Initializer/zeros`);
    graph.add('AssignVariableOp', [handle, zeros], { dtype: FLOAT }, initialiserOf(name));
  }
  const file = graph.texts('model', SAVER.file);
  const names = graph.texts(variables.map(({ name }) => name), 'save/names'); // prettier-ignore
  const whole = graph.texts(variables.map(() => ''), 'save/slices'); // prettier-ignore
  const types = attribute.types(variables.map(() => DATA_TYPE.float32));
  graph.add('SaveV2', [file, names, whole, ...variables.map(({ name }) => readOf(name))], { dtypes: types }, 'save/SaveV2');
  graph.add('Identity', [file, '^save/SaveV2'], { T: attribute.type(DATA_TYPE.string) }, SAVER.save);
  const restored = graph.add('RestoreV2', [file, names, whole], { dtypes: types }, 'save/RestoreV2');
  const assigned = variables.map(({ name }, i) =>
    graph.add('AssignVariableOp', [name, i === 0 ? restored : `${restored}:${i}`], { dtype: FLOAT }, `save/assign_${i}`),
  );
  graph.add('NoOp', assigned.map((node) => `^${node}`), {}, SAVER.restore); // prettier-ignore
}

export function readOf(variable: string): string {
  return `${variable}/Read/ReadVariableOp`; // where TensorFlow's Python looks for it
}

/** The fields of a MetaGraphDef that tell loaders of the variables: saver_def and collection_def (saver.proto, variable.proto, meta_graph.proto). */
export function describeVariables(variables: readonly SavedVariable[]): Encode {
  return (meta) => {
    message(meta, 3, (saver) => {
      text(saver, 1, `${SAVER.file}:0`);
      text(saver, 2, `${SAVER.save}:0`);
      text(saver, 3, SAVER.restore);
      saver.uint32(tag(7, VARINT)).int32(2); // the checkpoint's format
    });
    const collections = { trainable_variables: variables.filter(({ trainable }) => trainable), variables };
    for (const [name, members] of Object.entries(collections)) {
      entry(meta, 4, name, (collection) => message(collection, 2, (list) => members.forEach((one) => list.uint32(tag(1, BYTES)).bytes(variableDef(one)))));
    }
  };
}

const FLOAT = attribute.type(DATA_TYPE.float32);

/** Names of the nodes that save and restore; the first holds the checkpoint's file. */
const SAVER = { file: 'save/Const', save: 'save/saved', restore: 'save/restore_all' } as const;

function initialiserOf(variable: string): string {
  return `${variable}/Assign`;
}

function variableDef({ name, trainable }: SavedVariable): Uint8Array {
  const writer = protobuf.Writer.create();
  text(writer, 1, `${name}:0`);
  text(writer, 2, initialiserOf(name));
  text(writer, 3, `${readOf(name)}:0`);
  writer.uint32(tag(5, VARINT)).bool(true); // a resource
  writer.uint32(tag(7, VARINT)).bool(trainable);
  return writer.finish();
}

function bytesOf({ buffer }: Int32Array): Uint8Array {
  return new Uint8Array(buffer);
}
