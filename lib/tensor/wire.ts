import type protobuf from 'protobufjs/minimal.js';

/** Writes the fields of one protobuf message. */
export type Encode = (writer: protobuf.Writer) => unknown;

/** Wire types of protobuf. */
export const VARINT = 0;
export const BYTES = 2;
export const FIXED32 = 5;

export function tag(field: number, wireType: number): number {
  return (field << 3) | wireType;
}

/** A message as the field of another. */
export function message(writer: protobuf.Writer, field: number, content: Encode): void {
  writer.uint32(tag(field, BYTES)).fork();
  content(writer);
  writer.ldelim();
}

/** A text, or a message that is encoded already. */
export function text(writer: protobuf.Writer, field: number, value: string): void {
  writer.uint32(tag(field, BYTES)).string(value);
}

/** An entry of a map whose keys are texts. */
export function entry(writer: protobuf.Writer, field: number, key: string, value: Encode): void {
  message(writer, field, (own) => {
    text(own, 1, key);
    message(own, 2, value);
  });
}
