/** What a node returns, as types: for `result.output` of a run. */
import type { EphemeralMark, StoredValue } from '../../contract/graph/graph.ts';
import type { LiveName, Port } from './output.ts';
import type { BoundingBox, Color, FileRef, ImageRef, JsonValue, ModelRef } from './value.ts';

/** What may be large is kept as an asset that holds its JSON, where it is. */
interface Values {
  any: JsonValue | StoredValue;
  boolean: boolean;
  integer: number;
  float: number;
  string: string | StoredValue;
  color: Color;
  bounding_box: BoundingBox;
  image: ImageRef;
  file: FileRef;
  model: ModelRef;
  unet: { readonly [name: string]: JsonValue };
  clip: { readonly [name: string]: JsonValue };
  vae: { readonly [name: string]: JsonValue };
  null: null;
}

/** The recorded value of a field type. */
type ValueOf<F> = F extends keyof Values
  ? Values[F]
  : F extends LiveName
    ? EphemeralMark
    : F extends `${infer Element}[]`
      ? ValueOf<Element>[] | StoredValue
      : never;

/** What a node of the builder returns: `ResultOf<typeof save>`. */
export type ResultOf<Node extends { readonly out: object }> = { type: string } & {
  [Field in keyof Node['out']]: Node['out'][Field] extends Port<infer F> ? ValueOf<F> : never;
};
