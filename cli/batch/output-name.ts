/**
 * Names of output files, from a template: `{item}`, `{node}` (with its iteration), and any field that was set or stands
 * in the graph, as `{prompt.prompt}` or `{seed}`. A `/` makes a folder. @pure
 */
import type { NodeFieldValue } from '../../contract/queue/batch.ts';
import { AssignmentError, parseTarget } from './assignment.ts';
import { type OpenGraph, type Place, Targets } from './target.ts';

export const DEFAULT_NAME = '{item}-{node}';

/** A prompt is no file name. */
const VALUE_LENGTH_MAX = 60;

const ITEM_DIGITS = 6;

export interface Named {
  item_id: number;
  /** Of the output, see NamedAsset. */
  label: string;
  field_values: readonly NodeFieldValue[];
}

/** Throws an AssignmentError for a template that names what there is not, or leads out of the folder. */
export function nameTemplate(template: string, graph: OpenGraph): (named: Named) => string {
  const targets = new Targets(graph, { node_types: {} });
  const pieces = template.split(/(\{[^{}]*\})/).map((piece): ((named: Named) => string) => {
    if (!/^\{.*\}$/.test(piece)) return () => piece;
    const name = piece.slice(1, -1);
    if (name === 'item') return ({ item_id }) => String(item_id).padStart(ITEM_DIGITS, '0');
    if (name === 'node') return ({ label }) => harmlessName(label);
    const place = targets.find(parseTarget(name));
    return ({ field_values }) => wordsOf(valueAt(place, field_values, graph));
  });
  if (template.trim() === '' || template.startsWith('/') || template.split(/[/\\]/).includes('..'))
    throw new AssignmentError(`"${template}" is no name in the folder of --out: write one like {item}-{node}.`);
  return (named) => pieces.map((piece) => piece(named)).join('');
}

const valueAt = ({ node_path, field_name }: Place, values: readonly NodeFieldValue[], graph: OpenGraph): unknown =>
  values.find((each) => each.node_path === node_path && each.field_name === field_name)?.value ??
  graph.nodes[node_path]?.[field_name];

/** Ids of nodes may hold `:`, which not every file system takes. */
const harmlessName = (label: string): string => label.replaceAll(/[^A-Za-z0-9_.,-]/g, '_');

/** Letters and digits of any language, and dashes. */
function wordsOf(value: unknown): string {
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  const words = text.replaceAll(/[^\p{L}\p{N}.]+/gu, '-').replaceAll(/^[-.]+|[-.]+$/g, '');
  return [...words].slice(0, VALUE_LENGTH_MAX).join('') || 'none';
}
