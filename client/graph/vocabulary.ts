/** The words that generated node types are written in. */
export type { Durable, NoLiveBut, One, Output, Part, Whole } from './output.ts';
export type { BoundingBox, Color, FileRef, ImageRef, JsonValue, Later, ModelRef } from './value.ts';
