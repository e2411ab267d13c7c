/** Which nodes have no place in the graph, and which lose their purpose or their source with them. @pure */
import type { Catalogue } from '../../contract/graph/catalogue.ts';
import { nodeTypeOf } from '../../graph/catalogue.ts';
import type { Draft, DraftNode, Findings } from './draft.ts';
import { adviceFor, RULES } from './rules.ts';

export interface Gone {
  /** Nodes that are left out. */
  nodes: ReadonlySet<string>;
  /** Of those that somebody misses: the node whose type is unknown. */
  missed: ReadonlyMap<string, DraftNode>;
}

export function goneFrom(draft: Draft, catalogue: Catalogue, findings: Findings): Gone {
  const nodes = new Set<string>();
  const missed = new Map<string, DraftNode>();
  for (const [id, node] of draft.nodes) {
    const rule = RULES.get(node.type);
    if (rule?.kind === 'dropped') {
      nodes.add(id);
      if (rule.why !== undefined) findings.add('node', node, null, false, rule.why);
    } else if (nodeTypeOf(catalogue, (rule?.kind === 'mapped' ? rule.type : undefined) ?? node.type) === undefined) {
      nodes.add(id);
      missed.set(id, node);
      findings.add('node', node, null, true, adviceFor(node.type));
    }
  }
  if (nodes.size > 0) {
    withoutSource(draft, nodes, missed);
    withoutPurpose(draft, nodes, missed, findings);
  }
  return { nodes, missed };
}

/** What gathers, or goes through, the values of such nodes alone has nothing left to do. */
function withoutSource(draft: Draft, gone: Set<string>, missed: Map<string, DraftNode>): void {
  const sources = grouped(draft, ({ from, to }) => [to.node, from.node]);
  const targets = grouped(draft, ({ from, to }) => [from.node, to.node]);
  const queue = [...gone];
  for (let id = queue.pop(); id !== undefined; id = queue.pop())
    for (const target of targets.get(id) ?? []) {
      const node = draft.nodes.get(target);
      if (node === undefined || gone.has(target) || (node.type !== 'collect' && node.type !== 'iterate')) continue;
      const from = sources.get(target) ?? [];
      if (!from.every((source) => gone.has(source))) continue;
      gone.add(target);
      const origin = from.flatMap((source) => missed.get(source) ?? [])[0];
      if (origin !== undefined) missed.set(target, origin);
      queue.push(target);
    }
}

/**
 * What only fed nodes that were left out on purpose would be computed for nothing. What feeds a node of an unknown type
 * stays: it is wanted as soon as another takes that node's place.
 */
function withoutPurpose(
  draft: Draft,
  gone: Set<string>,
  missed: ReadonlyMap<string, DraftNode>,
  findings: Findings,
): void {
  const sources = grouped(draft, ({ from, to }) => [to.node, from.node]);
  const targets = grouped(draft, ({ from, to }) => [from.node, to.node]);
  const isIdle = (id: string) => gone.has(id) && !missed.has(id);
  const queue = [...gone].filter(isIdle);
  const without: string[] = [];
  for (let id = queue.pop(); id !== undefined; id = queue.pop())
    for (const source of sources.get(id) ?? []) {
      const node = draft.nodes.get(source);
      if (node === undefined || gone.has(source) || !node.is_intermediate) continue;
      if (!(targets.get(source) ?? []).every(isIdle)) continue;
      gone.add(source);
      without.push(source);
      queue.push(source);
    }
  if (without.length > 0)
    findings.note(`Left out as well, since nothing else takes what they give: ${without.join(', ')}.`);
}

function grouped(draft: Draft, pair: (edge: Draft['edges'][number]) => [string, string]): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const edge of draft.edges) {
    const [key, value] = pair(edge);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [value]);
    else group.push(value);
  }
  return groups;
}
