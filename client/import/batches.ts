/** Batch nodes of InvokeAI's editor become the data of a batch: those of one group are zipped, the others crossed. @pure */
import { own } from '../../graph/own.ts';
import { type Draft, type DraftDatum, type DraftNode, type Findings, nameOf, type Port } from './draft.ts';
import { GENERATORS, type Generated, generated } from './generators.ts';

/** Batch type → the field that holds its values. */
const BATCHES: Readonly<Record<string, string>> = {
  image_batch: 'images',
  string_batch: 'strings',
  integer_batch: 'integers',
  float_batch: 'floats',
};

const ALONE = 'None';

interface BatchNode {
  node: DraftNode;
  group: string;
  items: unknown[];
  targets: Port[];
}

/** The draft without batch nodes and generators, its data with what they stood for. */
export function withoutBatches(draft: Draft, findings: Findings): Draft {
  const gone = new Set<string>();
  const groups = new Map<string, BatchNode[]>();
  for (const [id, node] of draft.nodes) {
    if (GENERATORS.has(node.type)) gone.add(id);
    const field = own(BATCHES, node.type);
    if (field === undefined) continue;
    gone.add(id);
    const batch = batchOf(draft, node, field, findings);
    if (batch === null) continue;
    const group = batch.group === ALONE ? `${ALONE} ${id}` : batch.group;
    groups.set(group, [...(groups.get(group) ?? []), batch]);
  }
  const data: DraftDatum[][] = [...draft.data];
  for (const [group, batches] of groups) {
    const lengths = new Set(batches.map(({ items }) => items.length));
    if (lengths.size > 1)
      for (const { node, items } of batches)
        findings.add(
          'batch',
          node,
          null,
          true,
          `The lists of "${group}" are zipped and have to be equally long; this one has ${items.length} elements. Write them into "data" of the file.`,
        );
    else
      data.push(
        batches.flatMap(({ items, targets }) => targets.map(({ node, field }) => ({ node, field, items: [...items] }))),
      );
  }
  return {
    ...draft,
    data: data.filter((group) => group.length > 0),
    nodes: new Map([...draft.nodes].filter(([id]) => !gone.has(id))),
    edges: draft.edges.filter(({ from, to }) => !gone.has(from.node) && !gone.has(to.node)),
  };
}

function batchOf(draft: Draft, node: DraftNode, field: string, findings: Findings): BatchNode | null {
  const targets = draft.edges.filter(({ from }) => from.node === node.id).map(({ to }) => to);
  // InvokeAI does not run what feeds nothing.
  if (targets.length === 0) return null;
  const [target = { node: '', field: '' }] = targets;
  const found = itemsOf(draft, node, field);
  const otherwise = `Give them another way: --set ${target.node}.${target.field}=a,b,c makes a batch of a, b and c.`;
  if ('problem' in found) findings.add('batch', node, null, true, `${found.problem}. ${otherwise}`);
  else if (found.items.length === 0) findings.add('batch', node, null, true, `It holds no values. ${otherwise}`);
  else {
    const group = node.fields.get('batch_group_id');
    return { node, group: typeof group === 'string' ? group : ALONE, items: found.items, targets };
  }
  return null;
}

function itemsOf(draft: Draft, node: DraftNode, field: string): Generated {
  const edge = draft.edges.find(({ to }) => to.node === node.id && to.field === field);
  if (edge === undefined) {
    const items = node.fields.get(field) ?? [];
    return Array.isArray(items) ? { items } : { problem: 'Its values are not a list' };
  }
  const source = draft.nodes.get(edge.from.node);
  if (source === undefined || !GENERATORS.has(source.type))
    return {
      problem: `Its values come from ${source === undefined ? 'nowhere' : nameOf(source)}, which is no generator`,
    };
  return generated(source.type, source.fields.get('generator'));
}
