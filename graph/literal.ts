/** Judges a value for an input: the field's schema, and the form that its field type promises. */
import type { InputField } from '../contract/graph/catalogue.ts';
import { FIELD_TYPES } from '../contract/graph/field-type.ts';
import { type ParsedType, parseFieldType } from './field-type/parse.ts';
import { fitsType } from './field-type/value.ts';
import { type Evaluation, evaluate } from './schema/evaluate.ts';

export class LiteralCheck {
  readonly type: ParsedType;
  readonly #field: InputField;

  constructor(field: InputField) {
    this.#field = field;
    this.type = parseFieldType(field.field_type);
  }

  /** `null` stands for nothing where the type has no null: InvokeAI's clients send it for a field left empty. */
  isAbsent(value: unknown): boolean {
    return value === undefined || (value === null && !fitsType(this.type, null));
  }

  evaluate(value: unknown): Evaluation {
    const evaluation = evaluate(this.#field.schema, value);
    if (evaluation.faults.length === 0 && !fitsType(this.type, evaluation.value)) {
      const meanings = this.type.members.map(({ name, list }) => (list ? `list of ${name}` : name)).join(' or ');
      const meaning =
        this.type.members.length === 1 ? ` ${FIELD_TYPES[this.type.members[0]?.name ?? 'any'].meaning}` : '';
      evaluation.faults.push({ path: [], code: 'invalid_type', detail: `Give a value of type ${meanings}.${meaning}` });
    }
    return evaluation;
  }
}
