/** Each node with our type, our fields and values that mean the same here. @pure */
import type { Catalogue, InputField, NodeType } from '../../contract/graph/catalogue.ts';
import { inputOf, nodeTypeOf, outputOf } from '../../graph/catalogue.ts';
import { own } from '../../graph/own.ts';
import { type Draft, type DraftEdge, type DraftNode, type Findings, nameOf } from './draft.ts';
import type { Gone } from './gone.ts';
import { type ModelKeys, takeReferences } from './references.ts';
import { FILING_FIELDS, RULES, type Rule } from './rules.ts';

type Mapped = Extract<Rule, { kind: 'mapped' }>;

const AS_IT_IS: Mapped = { kind: 'mapped' };

/** One node of the graph to be. */
export interface TranslatedNode {
  draft: DraftNode;
  type: NodeType;
  fields: Map<string, unknown>;
}

export interface Translated {
  nodes: Map<string, TranslatedNode>;
  edges: DraftEdge[];
  data: Draft['data'];
  /** `node field` → the node of an unknown type that its value came from. */
  orphans: Map<string, DraftNode>;
  /** `node field` that somebody has to give a value, and that was said of. */
  awaited: Set<string>;
}

export const placeOf = (node: string, field: string): string => `${node} ${field}`;

export function translated(
  draft: Draft,
  gone: Gone,
  catalogue: Catalogue,
  models: ModelKeys,
  findings: Findings,
): Translated {
  const result: Translated = { nodes: new Map(), edges: [], data: [], orphans: new Map(), awaited: new Set() };
  const rules = new Map<string, Mapped>();
  for (const [id, node] of draft.nodes) {
    if (gone.nodes.has(id)) continue;
    const found = RULES.get(node.type);
    const rule = found?.kind === 'mapped' ? found : AS_IT_IS;
    const type = nodeTypeOf(catalogue, rule.type ?? node.type);
    if (type === undefined) continue;
    rules.set(id, rule);
    const fields = fieldsOf(node, rule, type, findings);
    result.nodes.set(id, { draft: node, type, fields });
    for (const field of takeReferences(node, type, fields, models, findings)) result.awaited.add(placeOf(id, field));
    if (rule.note !== undefined) findings.note(rule.note.replaceAll('ID', id));
  }
  for (const edge of draft.edges) translateEdge(edge, gone, rules, result, findings);
  result.data = dataOf(draft.data, rules, result, findings);
  return result;
}

const inputName = (rule: Mapped, field: string): string => own(rule.inputs ?? {}, field) ?? field;

function fieldsOf(node: DraftNode, rule: Mapped, type: NodeType, findings: Findings): Map<string, unknown> {
  const fields = new Map<string, unknown>();
  for (const [theirs, value] of node.fields) {
    // An empty field of InvokeAI's editor.
    if (value === undefined || value === null || FILING_FIELDS.has(theirs)) continue;
    const advice = own(rule.given ?? {}, theirs);
    const field = inputName(rule, theirs);
    const input = inputOf(type, field);
    // What takes its elements along edges holds none of its own.
    if (input?.input === 'connection' && Array.isArray(value) && value.length === 0) continue;
    if (advice !== undefined) findings.add('value', node, theirs, false, advice.replaceAll('ID', node.id));
    else if (input !== undefined) fields.set(field, translatedValue(node, field, value, rule, findings));
    else if (!isIdle(rule, theirs, value))
      findings.add('field', node, theirs, false, `There is no such field here: ${excerpt(value)} is left out.`);
  }
  return fields;
}

function isIdle(rule: Mapped, field: string, value: unknown): boolean {
  const values = own(rule.idle ?? {}, field);
  return values === 'any' || (values?.includes(value) ?? false);
}

/** A word of InvokeAI's as ours. */
function translatedValue(node: DraftNode, field: string, value: unknown, rule: Mapped, findings: Findings): unknown {
  if (typeof value !== 'string') return value;
  const word = own(own(rule.words ?? {}, field) ?? {}, value);
  if (word !== undefined) return word;
  const near = own(own(rule.nearest ?? {}, field) ?? {}, value);
  if (near === undefined) return value;
  const detail = `There is no "${value}" here; "${near}" takes its place, and the result differs.`;
  findings.add('value', node, field, false, detail);
  return near;
}

export function excerpt(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

function translateEdge(
  { from, to }: DraftEdge,
  gone: Gone,
  rules: ReadonlyMap<string, Mapped>,
  result: Translated,
  findings: Findings,
): void {
  const [source, target] = [result.nodes.get(from.node), result.nodes.get(to.node)];
  const [sourceRule, targetRule] = [rules.get(from.node), rules.get(to.node)];
  // Of a node that is left out it has been said already.
  if (target === undefined || targetRule === undefined || FILING_FIELDS.has(to.field)) return;
  const input = inputName(targetRule, to.field);
  const known = inputOf(target.type, input) !== undefined;
  if (source === undefined || sourceRule === undefined) {
    const origin = gone.missed.get(from.node);
    if (known && origin !== undefined) result.orphans.set(placeOf(to.node, input), origin);
    return;
  }
  const output = own(sourceRule.outputs ?? {}, from.field) ?? from.field;
  if (!known) {
    const detail = `There is no such field here: what ${nameOf(source.draft)} gives it is left out.`;
    findings.add('field', target.draft, to.field, false, detail);
  } else if (outputOf(source.type, output) === undefined) {
    const detail = `"${from.field}" of ${nameOf(source.draft)} is no output here: give ${input} another source or a value.`;
    findings.add('edge', target.draft, input, target.type.inputs[input]?.required ?? false, detail);
    result.awaited.add(placeOf(to.node, input));
  } else result.edges.push({ from: { node: from.node, field: output }, to: { node: to.node, field: input } });
}

function dataOf(
  data: Draft['data'],
  rules: ReadonlyMap<string, Mapped>,
  result: Translated,
  findings: Findings,
): Draft['data'] {
  const groups = data.map((group) =>
    group.flatMap(({ node: id, field, items }) => {
      const [node, rule] = [result.nodes.get(id), rules.get(id)];
      if (node === undefined || rule === undefined || FILING_FIELDS.has(field)) return [];
      const name = inputName(rule, field);
      const input = inputOf(node.type, name);
      if (input === undefined) {
        findings.add('field', node.draft, field, false, 'There is no such field here: its values are left out.');
        return [];
      }
      if (/\bimage\b/.test(input.field_type)) {
        result.awaited.add(placeOf(id, name));
        const detail = `Its images are stored by InvokeAI: --set ${id}.${name}=@FOLDER makes a batch of the images in a folder.`;
        findings.add('image', node.draft, name, input.required, detail);
        return [];
      }
      const ours = items.map((item) => asList(input, translatedValue(node.draft, name, item, rule, findings)));
      return [{ node: id, field: name, items: ours }];
    }),
  );
  return groups.filter((group) => group.length > 0);
}

/** A field that takes a list takes one of a single value; InvokeAI's editor varies the elements. */
const asList = ({ field_type }: InputField, item: unknown): unknown =>
  /^[a-z_]+\[\]$/.test(field_type) && !Array.isArray(item) ? [item] : item;
