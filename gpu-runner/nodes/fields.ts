/**
 * Field helpers: how a node says what goes in and out of it. Each helper pairs a field type of the catalogue with the
 * zod schema of its literal, so that the catalogue entry and the types of `invoke` come from one place.
 */
import { z } from 'zod';
import type { InputField, JsonSchema } from '../../contract/graph/catalogue.ts';
import { FIELD_TYPES, type FieldType, type FieldTypeName } from '../../contract/graph/field-type.ts';
import { ImageField } from '../../contract/graph/graph.ts';
import { NAME_LENGTH_MAX } from '../../contract/limits.ts';
import type { Conditioning, DenoiseMask, Latents } from '../diffusion/latents.ts';
import type { Tensor } from './tensor-value.ts';

export type InputKind = InputField['input'];

export interface FieldOptions<Value> {
  /** Derived from the field's name when absent. */
  title?: string;
  description?: string;
  default?: Value;
  /** False makes the field optional: `invoke` sees null when nothing was given. A default makes it optional too. */
  required?: boolean;
  /** `any` when absent; ephemeral values have no literal, so their fields are always `connection`. */
  input?: InputKind;
  /** Hints for a user interface; they change no meaning. */
  ui?: Record<string, unknown>;
}

/** One input or output of a node. `Value` is what `invoke` sees, or returns. */
export interface Field<Value = unknown> {
  readonly field_type: FieldType;
  /** What a literal may be, before defaults and null. */
  readonly literal: z.ZodType<Value>;
  readonly options: FieldOptions<Value>;
  /** Its values stay on the device (D1). */
  readonly ephemeral: boolean;
  /** May be null: neither required nor with a default. */
  readonly nullable: boolean;
}

/** The value of a field whose options are `Options`: null joins in when it is optional without a default. */
type Given<Value, Options> = Options extends { default: unknown }
  ? Value
  : Options extends { required: false }
    ? Value | null
    : Value;

function field<Value, const Options extends FieldOptions<Value>>(
  fieldType: FieldType,
  ephemeral: boolean,
  literal: z.ZodType<Value>,
  options: Options,
): Field<Given<Value, Options>> {
  const nullable = options.required === false && options.default === undefined;
  return { field_type: fieldType, ephemeral, literal, options, nullable } as unknown as Field<Given<Value, Options>>;
}

const named = <Value, const Options extends FieldOptions<Value>>(
  name: FieldTypeName,
  literal: z.ZodType<Value>,
  options: Options,
) => field(name, FIELD_TYPES[name].ephemeral, literal, options);

export interface NumberOptions extends FieldOptions<number> {
  minimum?: number;
  maximum?: number;
  exclusive_minimum?: number;
  exclusive_maximum?: number;
  multiple_of?: number;
}

function bounded(schema: z.ZodNumber, options: NumberOptions): z.ZodNumber {
  let result = schema;
  if (options.minimum !== undefined) result = result.min(options.minimum);
  if (options.maximum !== undefined) result = result.max(options.maximum);
  if (options.exclusive_minimum !== undefined) result = result.gt(options.exclusive_minimum);
  if (options.exclusive_maximum !== undefined) result = result.lt(options.exclusive_maximum);
  if (options.multiple_of !== undefined) result = result.multipleOf(options.multiple_of);
  return result;
}

export const integer = <const Options extends NumberOptions>(options: Options) =>
  named('integer', bounded(z.int(), options), options);

export const float = <const Options extends NumberOptions>(options: Options) =>
  named('float', bounded(z.number(), options), options);

export interface StringOptions extends FieldOptions<string> {
  min_length?: number;
  max_length?: number;
}

export function string<const Options extends StringOptions>(options: Options) {
  let literal = z.string();
  if (options.min_length !== undefined) literal = literal.min(options.min_length);
  if (options.max_length !== undefined) literal = literal.max(options.max_length);
  return named('string', literal, options);
}

/** A string out of a closed list. */
export const choice = <
  const Values extends readonly [string, ...string[]],
  const Options extends FieldOptions<Values[number]>,
>(
  values: Values,
  options: Options,
) => named('string', z.enum(values) as unknown as z.ZodType<Values[number]>, options);

export const boolean = <const Options extends FieldOptions<boolean>>(options: Options) =>
  named('boolean', z.boolean(), options);

const Channel = z.int().min(0).max(255);
const Color = z.object({ r: Channel, g: Channel, b: Channel, a: Channel });
export type Color = z.infer<typeof Color>;
export const color = <const Options extends FieldOptions<Color>>(options: Options) => named('color', Color, options);

/** Whole pixels; the maxima are exclusive, so that the width is x_max − x_min. */
const BoundingBox = z.object({
  x_min: z.int(),
  x_max: z.int(),
  y_min: z.int(),
  y_max: z.int(),
  score: z.number().min(0).max(1).nullable().optional(),
});
export type BoundingBox = z.infer<typeof BoundingBox>;
export const boundingBox = <const Options extends FieldOptions<BoundingBox>>(options: Options) =>
  named('bounding_box', BoundingBox, options);

const FileReference = z.looseObject({ asset_name: z.string(), content_type: z.string().optional() });
export type FileReference = z.infer<typeof FileReference>;
export const file = <const Options extends FieldOptions<FileReference>>(options: Options) =>
  named('file', FileReference, options);

/** Any durable value. */
export const any = <const Options extends FieldOptions<unknown>>(options: Options) =>
  named('any', z.unknown(), options);

export const image = <const Options extends FieldOptions<ImageField>>(options: Options) =>
  named('image', ImageField, options);

/** As contract's ModelIdentifier, which holds patterns that the catalogue's schemas leave to the edge. */
const ModelReference = z.looseObject({
  key: z.string().min(1).max(NAME_LENGTH_MAX),
  hash: z.string().min(64).max(64).optional(),
});
export const model = <const Options extends FieldOptions<z.infer<typeof ModelReference>>>(options: Options) =>
  named('model', ModelReference, options);

/** A part of a model, by reference: small, durable, and the same on every device. */
const Submodel = z.object({
  key: z.string().min(1).max(NAME_LENGTH_MAX),
  hash: z.string().min(64).max(64).optional(),
  submodel_type: z.enum(['unet', 'text_encoder', 'vae']),
});
export type Submodel = z.infer<typeof Submodel>;

const submodel =
  (name: 'unet' | 'clip' | 'vae') =>
  <const Options extends FieldOptions<Submodel>>(options: Options) =>
    named(name, Submodel, { input: 'connection', ...options });
export const unet = submodel('unet');
export const clip = submodel('clip');
export const vae = submodel('vae');

/** Options of a field that only an edge can fill. */
export type EphemeralOptions = Pick<FieldOptions<never>, 'title' | 'description' | 'required' | 'ui'>;

const ephemeral =
  <Value>(name: FieldTypeName) =>
  <const Options extends EphemeralOptions>(options: Options) =>
    named(name, z.custom<Value>(), { ...options, input: 'connection' });
export const latents = ephemeral<Latents>('latents');
export const conditioning = ephemeral<Conditioning>('conditioning');
export const denoiseMask = ephemeral<DenoiseMask>('denoise_mask');
export const tensor = ephemeral<Tensor>('tensor');

export interface ListOptions<Element> extends FieldOptions<Element[]> {
  min_items?: number;
  max_items?: number;
}

/** A list of what `element` describes; the element's own title, default and input kind play no part. */
export function listOf<Element, const Options extends ListOptions<Element>>(element: Field<Element>, options: Options) {
  let literal = z.array(element.literal);
  if (options.min_items !== undefined) literal = literal.min(options.min_items);
  if (options.max_items !== undefined) literal = literal.max(options.max_items);
  return field(`${element.field_type}[]`, element.ephemeral, literal as unknown as z.ZodType<Element[]>, options);
}

/** One element or a list of them. */
export function oneOrMany<Element, const Options extends FieldOptions<Element | Element[]> & { max_items?: number }>(
  element: Field<Element>,
  options: Options,
) {
  let list = z.array(element.literal);
  if (options.max_items !== undefined) list = list.max(options.max_items);
  const literal = z.union([element.literal, list]) as unknown as z.ZodType<Element | Element[]>;
  return field(`${element.field_type}|${element.field_type}[]`, element.ephemeral, literal, options);
}

/** The JSON Schema of a field's literal: constraints and default. Empty where there can be no literal. */
export function literalSchema(source: Field): JsonSchema {
  if (source.ephemeral || source.options.input === 'connection') return {};
  let schema: z.ZodType = source.literal;
  if (source.nullable) schema = schema.nullable().default(null);
  if (source.options.default !== undefined) schema = schema.default(source.options.default);
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input' });
  return rest;
}
