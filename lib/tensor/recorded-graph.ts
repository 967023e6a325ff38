import { GraphDef } from './graph-def.js';
import type { Encode } from './wire.js';

export interface RecordedNode {
  readonly name: string;
  readonly operation: string;
  /** As `GraphDef.add` takes them. */
  readonly inputs: readonly string[];
  readonly attributes: Readonly<Record<string, Encode>>;
}

export interface RecordedConstant {
  readonly type: number;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

/** A graph whose nodes and constants can be read again, to compare it with another and to write a new one. */
export class RecordedGraph extends GraphDef {
  /** In the order in which they were added, so that every node stands behind its inputs. */
  readonly nodes: RecordedNode[] = [];
  /** By the node's name. */
  readonly constants = new Map<string, RecordedConstant>();

  override add(operation: string, inputs: readonly string[], attributes: Readonly<Record<string, Encode>>, given?: string): string {
    const name = super.add(operation, inputs, attributes, given);
    this.nodes.push({ name, operation, inputs, attributes });
    return name;
  }

  override constant(type: number, shape: readonly number[], bytes: Uint8Array): string {
    const name = super.constant(type, shape, bytes);
    this.constants.set(name, { type, shape, bytes });
    return name;
  }
}
