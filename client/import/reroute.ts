/** Nodes that have no counterpart and need none: they are taken out, and what went through them goes past. @pure */
import { own } from '../../graph/own.ts';
import { type Draft, type DraftEdge, type DraftNode, type Findings, nameOf, type Port } from './draft.ts';
import { RULES, type Rule } from './rules.ts';

type Bypassed = Extract<Rule, { kind: 'bypassed' }>;

export function withoutBypassed(draft: Draft, findings: Findings): Draft {
  const bypassed = new Map<string, Bypassed>();
  const inlined = new Map<string, unknown>();
  const varied = new Set(draft.data.flatMap((group) => group.map(({ node }) => node)));
  for (const [id, node] of draft.nodes) {
    const rule = RULES.get(node.type);
    if (rule?.kind === 'inlined') inlined.set(id, node.fields.get(rule.field));
    if (rule?.kind !== 'bypassed') continue;
    bypassed.set(id, rule);
    if (varied.has(id) || !isIdle(node, rule))
      findings.add(
        'node',
        node,
        null,
        false,
        `${rule.why}: there is no such node here, and what it passed on goes past.`,
      );
  }
  if (bypassed.size === 0 && inlined.size === 0) return draft;
  const into = new Map(draft.edges.map(({ from, to }) => [key(to), from]));
  const known = new Map<string, Port | null>();
  const edges: DraftEdge[] = [];
  for (const { from, to } of draft.edges) {
    if (bypassed.has(to.node) || inlined.has(to.node)) continue;
    const source = sourceOf(from, bypassed, into, known);
    const target = draft.nodes.get(to.node);
    if (source !== null && inlined.has(source.node)) {
      const value = inlined.get(source.node);
      if (value !== undefined) target?.fields.set(to.field, value);
    } else if (source !== null) edges.push({ from: source, to });
    else if (target !== undefined)
      findings.add(
        'edge',
        target,
        to.field,
        false,
        `It took its value through ${nameOf(draft.nodes.get(from.node) ?? target)}, into which nothing led.`,
      );
  }
  const nodes = new Map([...draft.nodes].filter(([id]) => !bypassed.has(id) && !inlined.has(id)));
  return { ...draft, nodes, edges };
}

/** It does nothing: the fields of one of the alternatives all have such a value. */
const isIdle = (node: DraftNode, { idle }: Bypassed): boolean =>
  idle.some((fields) => Object.entries(fields).every(([field, values]) => values.includes(node.fields.get(field))));

const key = ({ node, field }: Port): string => `${node} ${field}`;

/** Where a value comes from that leaves a bypassed node; null when nothing led into it. */
function sourceOf(
  port: Port,
  bypassed: ReadonlyMap<string, Bypassed>,
  into: ReadonlyMap<string, Port>,
  known: Map<string, Port | null>,
): Port | null {
  const passed: string[] = [];
  let at: Port | null = port;
  while (at !== null) {
    const rule = bypassed.get(at.node);
    if (rule === undefined) break;
    const found = known.get(key(at));
    if (found !== undefined) {
      at = found;
      break;
    }
    // A circle leads nowhere.
    known.set(key(at), null);
    passed.push(key(at));
    at = before(at, rule, into);
  }
  for (const each of passed) known.set(each, at);
  return at;
}

function before(port: Port, { through }: Bypassed, into: ReadonlyMap<string, Port>): Port | null {
  const input = own(through, port.field);
  if (input === undefined) return null;
  const direct = into.get(key({ node: port.node, field: input }));
  if (direct !== undefined) return direct;
  // The size of an image comes from the node that made the image.
  const image =
    input === 'width' || input === 'height' ? into.get(key({ node: port.node, field: 'image' })) : undefined;
  return image === undefined ? null : { node: image.node, field: input };
}
