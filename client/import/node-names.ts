/** Short names for nodes whose ids nobody wants to type. @pure */
import { NAME_PATTERN } from '../../contract/name-pattern.ts';
import type { Draft, DraftNode, Port } from './draft.ts';

const WORD_LENGTH_MAX = 40;

/**
 * The draft with other ids: readable ones, made of labels and types (`positive_prompt`, `noise`, `noise_2`), or the
 * document's own where they can be node ids here.
 */
export function renamed(draft: Draft, readable: boolean): Draft {
  const ids = new Map<string, string>();
  const taken = new Set<string>();
  if (!readable) for (const id of draft.nodes.keys()) if (NAME_PATTERN.test(id)) taken.add(id);
  const counts = new Map<string, number>();
  for (const [id, node] of draft.nodes) {
    if (!readable && NAME_PATTERN.test(id)) ids.set(id, id);
    else ids.set(id, free(wordOf(node), taken, counts));
  }
  const renamed = (id: string): string => ids.get(id) ?? id;
  const port = ({ node, field }: Port): Port => ({ node: renamed(node), field });
  return {
    nodes: new Map([...draft.nodes.values()].map((node) => [renamed(node.id), { ...node, id: renamed(node.id) }])),
    edges: draft.edges.map(({ from, to }) => ({ from: port(from), to: port(to) })),
    data: draft.data.map((group) => group.map((datum) => ({ ...datum, node: renamed(datum.node) }))),
    runs: draft.runs,
  };
}

function wordOf({ label, type }: DraftNode): string {
  for (const text of [label, type]) {
    const word = text
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '_')
      .replaceAll(/^_+|_+$/g, '');
    // A whole number would change its place among the keys of an object, and with it the order of the nodes.
    if (/[a-z]/.test(word)) return word.slice(0, WORD_LENGTH_MAX).replace(/_$/, '');
  }
  return 'node';
}

function free(word: string, taken: Set<string>, counts: Map<string, number>): string {
  let count = counts.get(word) ?? 1;
  let name = count === 1 ? word : `${word}_${count}`;
  while (taken.has(name)) name = `${word}_${++count}`;
  counts.set(word, count + 1);
  taken.add(name);
  return name;
}
