/**
 * What flows along an edge, as types: an output says what it gives as a union of field types (`'string' | 'image[]' |
 * 'null'`), an input says which outputs fit by what it asks of that union. All of it is variance of function types, which
 * the compiler compares without evaluating anything; `graph/field-type/compatible.ts` is the rule that it follows.
 */

/** These keys exist for the compiler alone: no value has them. */
declare const GIVES: unique symbol;
declare const WHOLE: unique symbol;
declare const PART: unique symbol;
declare const ONE: unique symbol;
declare const LIVE: unique symbol;

/** One output of one node of a graph: where an edge begins. */
export interface Port<out F extends string = string> {
  readonly node_id: string;
  readonly field: string;
  readonly [GIVES]: () => F;
}

/** An output whose type the catalogue declares. */
export interface Output<in out F extends string> extends Port<F> {
  readonly [WHOLE]: () => F;
  readonly [PART]: (value: F) => void;
}

/** An output of a control node: what it gives follows from the edges that lead into that node. */
export interface Flow<in out F extends string> extends Port<F> {
  readonly [ONE]: (value: Told<F>) => void;
  readonly [LIVE]: () => LiveOf<F>;
}

/** Asks of an output that all it may give is among `F`. */
export interface Whole<out F extends string> {
  readonly [WHOLE]: () => F;
}

/** Asks of an output that `F` is among what it may give: what really comes is judged by value. */
export interface Part<in F extends string> {
  readonly [PART]: (value: F) => void;
}

/** Asks of a control node's output that it may give `F`, and nothing that stays on the device but `L`. */
export interface One<in F extends string, out L extends string = never> extends NoLiveBut<L> {
  readonly [ONE]: (value: F) => void;
}

/** Asks of a control node's output that it gives nothing that stays on the device but `L`. */
export interface NoLiveBut<out L extends string = never> {
  readonly [LIVE]: () => L;
}

/** Field types whose values never leave the device. */
export type LiveName = 'conditioning' | 'latents' | 'denoise_mask' | 'tensor';
export type DurableName =
  | 'any'
  | 'boolean'
  | 'integer'
  | 'float'
  | 'string'
  | 'color'
  | 'bounding_box'
  | 'image'
  | 'file'
  | 'model'
  | 'unet'
  | 'clip'
  | 'vae';

/** All that an input of type `any` takes. */
export type Durable = DurableName | `${DurableName}[]` | 'null';

/** The members of `F` that stay on the device, lists of them included. */
export type LiveOf<F extends string> = F extends LiveName | `${LiveName}[]${string}` ? F : never;

/** Durable lists of lists are told apart by nothing: inputs have no type for them but `any`. */
type Told<F extends string> = F extends `${LiveName}[]${string}` ? F : F extends `${string}[][]` ? 'any[][]' : F;
