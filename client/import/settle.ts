/** Makes what was translated into a graph that validates, or says what keeps it from that. @pure */
import type { Fault } from '../../contract/error/problem.ts';
import type { Catalogue } from '../../contract/graph/catalogue.ts';
import type { Graph } from '../../contract/graph/graph.ts';
import { LiteralCheck } from '../../graph/literal.ts';
import { put } from '../../graph/own.ts';
import { pinGraph } from '../../graph/validate.ts';
import type { Draft, DraftNode, Findings } from './draft.ts';
import { nameOf } from './draft.ts';
import { ImportError } from './import-error.ts';
import { excerpt, placeOf, type Translated, type TranslatedNode } from './translate.ts';

/** Each round takes out what the last one found; what one takes out seldom shows another fault. */
const ROUNDS_MAX = 10;

export function settled(translated: Translated, catalogue: Catalogue, findings: Findings): Graph {
  translated.data = dataThatFits(translated, findings);
  for (let round = 0; ; round++) {
    const graph = graphOf(translated);
    const pinned = pinGraph(graph, catalogue, [], suppliedTo(translated));
    if (pinned.ok) break;
    const before = findings.unmapped.length;
    if (round < ROUNDS_MAX) resolve(pinned.faults, translated, findings);
    if (findings.unmapped.length > before) continue;
    const [fault] = pinned.faults;
    if (fault !== undefined && !findings.unmapped.some(({ required }) => required))
      throw new ImportError('', `The graph has more faults than can be taken out of it, as this one: ${fault.detail}`);
    break;
  }
  optionalOrphans(translated, findings);
  return graphOf(translated);
}

/** Values that the field does not take: a batch with one is refused whole. */
function dataThatFits({ nodes, data }: Translated, findings: Findings): Draft['data'] {
  return data.flatMap((group) => {
    const fits = group.filter(({ node, field, items }) => {
      const translated = nodes.get(node);
      const input = translated?.type.inputs[field];
      if (translated === undefined || input === undefined) return false;
      const check = new LiteralCheck(input);
      for (const item of items) {
        const fault = isBatchValue(item) ? check.evaluate(item).faults[0]?.detail : 'Give it in the graph.';
        if (fault === undefined) continue;
        const detail = `The batch varies it, and ${excerpt(item)} is no value for that: ${fault}`;
        findings.add('batch', translated.draft, field, input.required, detail);
        return false;
      }
      return true;
    });
    return fits.length > 0 ? [fits] : [];
  });
}

/** A scalar or a list of scalars: images have been taken out before. */
const isBatchValue = (value: unknown): boolean =>
  Array.isArray(value) ? value.every((element) => typeof element !== 'object') : typeof value !== 'object';

function graphOf({ nodes, edges }: Translated): Graph {
  const graph: Graph = { nodes: {}, edges: [] };
  for (const [id, { draft, type, fields }] of nodes) {
    const node: Graph['nodes'][string] = {
      type: type.type,
      is_intermediate: draft.is_intermediate,
      use_cache: draft.use_cache,
    };
    for (const [field, value] of fields) put(node, field, value);
    put(graph.nodes, id, node);
  }
  graph.edges = edges.map(({ from, to }) => ({
    source: { node_id: from.node, field: from.field },
    destination: { node_id: to.node, field: to.field },
  }));
  return graph;
}

function suppliedTo({ data, awaited }: Translated): Map<string, Set<string>> {
  const supplied = new Map<string, Set<string>>();
  const add = (node: string, field: string) => {
    const fields = supplied.get(node) ?? new Set<string>();
    supplied.set(node, fields.add(field));
  };
  for (const group of data) for (const { node, field } of group) add(node, field);
  for (const place of awaited) {
    const space = place.indexOf(' ');
    add(place.slice(0, space), place.slice(space + 1));
  }
  return supplied;
}

/** Takes the value or the edge out that each fault is about, and says so. */
function resolve(faults: readonly Fault[], translated: Translated, findings: Findings): void {
  const edges = new Set<number>();
  for (const { pointer, code, detail } of faults) {
    const [, part = '', key = '', field] = pointer.split('/');
    const index = Number(key);
    const edge = part === 'edges' ? translated.edges[index] : undefined;
    const node = translated.nodes.get(edge === undefined ? key : edge.to.node);
    if (node === undefined) throw new ImportError('', detail);
    if (edge !== undefined) {
      if (edges.has(index)) continue;
      edges.add(index);
      const input = edge.to.field;
      translated.awaited.add(placeOf(edge.to.node, input));
      findings.add('edge', node.draft, input, node.type.inputs[input]?.required ?? false, detail);
    } else if (field === undefined) findings.add('node', node.draft, null, true, detail);
    else if (code === 'missing') {
      if (translated.awaited.has(placeOf(key, field))) continue;
      translated.awaited.add(placeOf(key, field));
      findings.add('field', node.draft, field, true, missing(detail, translated.orphans.get(placeOf(key, field))));
    } else if (node.fields.has(field)) refuse(node, field, detail, translated, findings);
  }
  translated.edges = translated.edges.filter((_, index) => !edges.has(index));
}

function refuse(node: TranslatedNode, field: string, detail: string, translated: Translated, findings: Findings): void {
  const value = node.fields.get(field);
  node.fields.delete(field);
  const required = node.type.inputs[field]?.required ?? false;
  if (required) translated.awaited.add(placeOf(node.draft.id, field));
  const instead = required ? 'give another' : 'it has its default now';
  findings.add('value', node.draft, field, required, `${excerpt(value)} is left out, ${instead}: ${detail}`);
}

const missing = (detail: string, origin: DraftNode | undefined): string =>
  origin === undefined ? detail : `Its value came from ${nameOf(origin)}, of the type "${origin.type}". ${detail}`;

/** What lost its source and goes on without one: with its default, or nothing. */
function optionalOrphans({ nodes, orphans, awaited, edges }: Translated, findings: Findings): void {
  const connected = new Set(edges.map(({ to }) => placeOf(to.node, to.field)));
  for (const [place, origin] of orphans) {
    const space = place.indexOf(' ');
    const [id, field] = [place.slice(0, space), place.slice(space + 1)];
    const node = nodes.get(id);
    if (node === undefined || awaited.has(place) || connected.has(place) || node.fields.has(field)) continue;
    const detail = `Its value came from ${nameOf(origin)}, of the type "${origin.type}"; it has its default now.`;
    findings.add('edge', node.draft, field, false, detail);
  }
}
