/** Nodes of a graph that is being built, as the builder hands them out. */
import type { Flow, Output } from './output.ts';

/** What a node type takes and gives: an entry of the generated `NodeTypes`. */
export interface NodeShape {
  inputs: object;
  outputs: object;
}

/** An interface of node types by name: `NodeTypes`, with those of runners beside it (`NodeTypes & MyNodes`). */
export type NodeShapes<Types> = { [Type in keyof Types]: NodeShape };

declare const TAKES: unique symbol;

/** A node, as far as its fields can be varied. */
export interface Takes<out Inputs extends object = object> {
  readonly id: string;
  readonly type: string;
  readonly [TAKES]: () => Inputs;
}

/** A node of type `Type`. Its outputs are what other nodes take. */
export interface AddedNode<Type extends string, Inputs extends object, Outputs extends object> extends Takes<Inputs> {
  readonly type: Type;
  /** Pass one of them where another node takes a value. */
  readonly out: Outputs;
}

/** Runs what follows it once for each element of a list. */
export interface IterateNode<F extends string> extends Takes {
  readonly type: 'iterate';
  readonly out: {
    /** The element. */
    readonly item: Flow<F>;
    /** Its place in the list, from 0. */
    readonly index: Output<'integer'>;
    /** How many elements the list has. */
    readonly total: Output<'integer'>;
  };
}

/** Gathers values into a list, and ends the innermost iteration that they come from. */
export interface CollectNode<F extends string> extends Takes {
  readonly type: 'collect';
  readonly out: {
    /** The collection, then the items by iteration, then by the order in which they are given. */
    readonly collection: Flow<F>;
  };
}

/** Passes on one of two inputs. */
export interface IfNode<F extends string> extends Takes<{ condition?: boolean }> {
  readonly type: 'if';
  readonly out: {
    /** The input that was chosen. */
    readonly value: Flow<F>;
  };
}

export interface NodeOptions {
  /** Made from the type when it is not given: `noise`, `noise_2`. */
  id?: string;
  /** Its result is not an output of the session. */
  is_intermediate?: boolean;
  /** Whether a cached result may stand in for a run. */
  use_cache?: boolean;
  /** The version of its type that it is made with; refused when the present one means something else. */
  version?: string;
}
