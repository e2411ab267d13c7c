/** Literals of the field types that are no plain JSON values. */

/** An asset that is an image: `image_name` is the sha256 of its bytes. */
export interface ImageRef {
  image_name: string;
}

/** Any other asset. */
export interface FileRef {
  asset_name: string;
  content_type?: string;
}

/** A model of the store. Without a hash it is the one that has this key when the graph is enqueued. */
export interface ModelRef {
  key: string;
  hash?: string;
}

/** 0 to 255 each. */
export interface Color {
  r: number;
  g: number;
  b: number;
  a: number;
}

/** In whole pixels, the maxima exclusive. */
export interface BoundingBox {
  x_min: number;
  x_max: number;
  y_min: number;
  y_max: number;
  score?: number | null;
}

/** What an input of type `any` takes as a literal. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [name: string]: JsonValue };

declare const LATER: unique symbol;

/** Stands for a value that is not in the graph yet. */
export interface Later {
  readonly [LATER]: true;
}

/**
 * In place of a required value that the graph leaves open: a batch gives it (`vary`), or whoever enqueues the graph.
 */
export const later = Object.freeze({}) as Later;
