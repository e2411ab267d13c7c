/** Images and models are named by ids of InvokeAI's own: what they are has to be given anew. @pure */
import type { InputField, NodeType } from '../../contract/graph/catalogue.ts';
import { NAME_PATTERN } from '../../contract/name-pattern.ts';
import { own } from '../../graph/own.ts';
import { type DraftNode, type Findings, isObject } from './draft.ts';

/** InvokeAI's name or key of a model → its key in the store. */
export type ModelKeys = Readonly<Record<string, string>>;

/** Takes what cannot be taken along out of `fields`, says so, and returns the fields that wait for a value. */
export function takeReferences(
  node: DraftNode,
  type: NodeType,
  fields: Map<string, unknown>,
  models: ModelKeys,
  findings: Findings,
): string[] {
  const awaited: string[] = [];
  for (const [field, input] of Object.entries(type.inputs)) {
    const value = fields.get(field);
    if (value === undefined) continue;
    if (/\bimage\b/.test(input.field_type)) {
      if (isStored(value)) continue;
      fields.delete(field);
      if (Array.isArray(value) && value.length === 0) continue;
      awaited.push(field);
      findings.add('image', node, field, input.required, imageAdvice(node.id, field, input, value));
    } else if (input.field_type === 'model') {
      const key = names(value).flatMap((name) => own(models, name) ?? [])[0];
      if (key !== undefined && NAME_PATTERN.test(key)) fields.set(field, { key });
      else {
        fields.delete(field);
        awaited.push(field);
        findings.add('model', node, field, input.required, modelAdvice(node.id, field, value));
      }
    }
  }
  return awaited;
}

/** An asset of ours is named by its digest, which is right wherever it comes from. */
function isStored(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0 && value.every(isStored);
  return isObject(value) && /^[0-9a-f]{64}$/.test(String(own(value, 'image_name')));
}

function imageAdvice(id: string, field: string, { field_type }: InputField, value: unknown): string {
  const set = `--set ${id}.${field}=`;
  if (Array.isArray(value) || field_type.endsWith('[]'))
    return `Its images are stored by InvokeAI: give them with ${set}@FOLDER, or ${set}@one.png,@two.png.`;
  const name = isObject(value) ? own(value, 'image_name') : undefined;
  const called = typeof name === 'string' ? ` "${name.slice(0, 80)}"` : '';
  return `The image${called} is stored by InvokeAI: save it from there, and give it with ${set}@FILE.`;
}

/** By which a model may be meant: newer documents have key and name, older ones model_name. */
function names(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (!isObject(value)) return [];
  return ['name', 'key', 'model_name'].flatMap((key) => {
    const name = own(value, key);
    return typeof name === 'string' && name !== '' ? [name] : [];
  });
}

function modelAdvice(id: string, field: string, value: unknown): string {
  const [name] = names(value);
  const base = isObject(value) ? (own(value, 'base') ?? own(value, 'base_model')) : undefined;
  const called = name === undefined ? 'It' : `"${name.slice(0, 80)}"${typeof base === 'string' ? ` (${base})` : ''}`;
  const option = name === undefined ? '' : `--model "${name.slice(0, 80)}=KEY", or `;
  return `${called} is a model of InvokeAI's: publish it as ONNX (switchyard models add), and name it with ${option}--set ${id}.${field}=KEY.`;
}
