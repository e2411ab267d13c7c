/** The catalogue: which node types exist, as data that both sides read (D10). */
import { z } from 'zod';
import { FieldType } from './field-type.ts';

/**
 * A JSON Schema 2020-12 document within the subset that `graph/schema` evaluates: type, const, enum, minimum,
 * maximum, exclusiveMinimum, exclusiveMaximum, multipleOf, minLength, maxLength, pattern-free strings, items,
 * minItems, maxItems, properties, required, additionalProperties, anyOf, default, title, description.
 */
export const JsonSchema = z.record(z.string(), z.unknown()).meta({ id: 'JsonSchema' });
export type JsonSchema = z.infer<typeof JsonSchema>;

export const InputField = z
  .object({
    field_type: FieldType,
    /** `direct`: a literal only; `connection`: an edge only; `any`: either. */
    input: z.enum(['direct', 'connection', 'any']),
    required: z.boolean(),
    title: z.string(),
    description: z.string().optional(),
    /** Constraints of a literal value, and its default when it has one. */
    schema: JsonSchema,
    ui: z.record(z.string(), z.unknown()).optional(),
  })
  .meta({ id: 'InputField' });
export type InputField = z.infer<typeof InputField>;

export const OutputField = z
  .object({ field_type: FieldType, title: z.string(), description: z.string().optional() })
  .meta({ id: 'OutputField' });
export type OutputField = z.infer<typeof OutputField>;

export const NodeType = z
  .object({
    type: z.string(),
    version: z.string().regex(/^\d+\.\d+\.\d+$/),
    title: z.string(),
    description: z.string().optional(),
    category: z.string(),
    /** Evaluated by the graph engine itself (D1): its `any` is whatever its edges bring, live values included. */
    control: z.enum(['iterate', 'collect', 'if']).optional(),
    /** The same inputs give the same outputs: may be cached, and may have ephemeral outputs. */
    deterministic: z.boolean(),
    inputs: z.record(z.string(), InputField),
    output_type: z.string().describe('the `type` of what it returns, e.g. "integer_output"'),
    outputs: z.record(z.string(), OutputField),
  })
  .meta({ id: 'NodeType' });
export type NodeType = z.infer<typeof NodeType>;

export const Catalogue = z.object({ node_types: z.record(z.string(), NodeType) }).meta({ id: 'Catalogue' });
export type Catalogue = z.infer<typeof Catalogue>;
