/**
 * The oracle: a second, naive engine. It runs a graph by working out, after every step and from scratch, what is so
 * (oracle-moment.ts), and picks the next invocation by the sentence that declares the order; classes that became ready by
 * the same step are in the order of their first invocations. Quadratic and worse.
 */
import type { Catalogue, InputField } from '../../contract/graph/catalogue.ts';
import type { GraphNode, PinnedGraph } from '../../contract/graph/graph.ts';
import type { NodeFieldValue } from '../../contract/queue/batch.ts';
import { type Copy, invocationId, Moment, type Output } from './oracle-moment.ts';
import { Shape } from './oracle-shape.ts';
import type { Run } from './run-session.ts';

export interface OracleRun {
  /** Invocation ids as they ran, the failed one included. */
  order: string[];
  /** By invocation id. */
  inputs: Record<string, Record<string, unknown>>;
  /** What each step executed, step 0 being the start: sources in node order. */
  executed: string[][];
  /** What was so before each invocation of `order`, and at the end. */
  moments: Moment[];
  end: 'complete' | 'failed' | 'input_error' | 'stalled';
  /** The invocation, or any of the control invocations, that the run failed at. */
  failedAt: string[];
  /** What a session restored with the first `count` results has to run again. */
  recomputed(count: number): string[];
}

export function oracleRun(
  graph: PinnedGraph,
  values: readonly NodeFieldValue[],
  catalogue: Catalogue,
  run: Run,
): OracleRun {
  const shape = new Shape(graph, catalogue);
  const submitted = graph.nodes.map((node) => substituted(node, values));
  const literal = (id: string, field: string) => submitted.find((node) => node.id === id)![field];
  const ran = new Map<string, Output>();
  const makers = new Map<unknown, string>();
  const classes: string[] = [];
  let active: string | undefined;
  const result: OracleRun = {
    ...{ order: [], inputs: {}, executed: [], moments: [], end: 'complete', failedAt: [] },
    recomputed: (count) => recomputed(result, makers, count),
  };
  const over = (end: OracleRun['end'], ...failedAt: string[]) => ({ ...result, end, failedAt });
  for (;;) {
    const moment = new Moment(shape, literal, new Map(ran));
    const known = result.executed.flat();
    const executed = shape.nodes.map(({ id }) => id).filter((id) => moment.executed(id));
    result.moments.push(moment);
    result.executed.push(executed.filter((id) => !known.includes(id)));
    if (moment.faults().length > 0) return over('input_error', ...moment.faults());
    const ready = moment.ready();
    const classOf = ({ id }: Copy) => shape.node(id).type;
    for (const each of ready.map(classOf)) if (!classes.includes(each)) classes.push(each);
    if (!ready.some((copy) => classOf(copy) === active))
      active = classes.find((each) => ready.some((copy) => classOf(copy) === each));
    const next = ready.find((copy) => classOf(copy) === active);
    if (next === undefined) {
      // What nobody asked for until now may yet be too large.
      for (const each of shape.nodes) moment.copies(each.id);
      return over(executed.length === shape.nodes.length ? 'complete' : 'stalled');
    }
    const id = invocationId(next);
    const inputs = inputsOf(moment, next, literal);
    if (inputs === undefined) return over('input_error', id);
    result.order.push(id);
    result.inputs[id] = inputs;
    const node = submitted.find((each) => each.id === next.id)!;
    try {
      const output = run({ id, source_id: next.id, type: node.type, node, inputs, recompute: false });
      ran.set(id, output);
      for (const value of liveValues(shape, next.id, output)) makers.set(value, id);
    } catch {
      return over('failed', id);
    }
  }
}

function substituted(node: GraphNode, values: readonly NodeFieldValue[]): GraphNode {
  const fields = values.filter(({ node_path }) => node_path === node.id);
  return { ...node, ...Object.fromEntries(fields.map(({ field_name, value }) => [field_name, value])) };
}

/** Undefined when an input that must have a value has none. */
function inputsOf(
  moment: Moment,
  copy: Copy,
  literal: (id: string, field: string) => unknown,
): Record<string, unknown> | undefined {
  const inputs: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(moment.shape.typeOf(copy.id).inputs)) {
    const [edge] = moment.shape.into(copy.id, name);
    let value = edge === undefined ? literal(copy.id, name) : moment.read(edge, copy)?.value;
    if (edge !== undefined && isNothing(field, value)) {
      if (field.required) return undefined;
      value = field.schema.default;
    }
    if (value !== undefined) inputs[name] = value;
  }
  return inputs;
}

const isNothing = ({ field_type }: InputField, value: unknown): boolean =>
  value === undefined || (value === null && !field_type.split('|').some((each) => each === 'null' || each === 'any'));

/** What of an output stays on the device. */
function liveValues(shape: Shape, id: string, output: Output): unknown[] {
  return Object.entries(shape.typeOf(id).outputs)
    .filter(([, { field_type }]) => /^(latents|conditioning|tensor)/.test(field_type))
    .flatMap(([field]) => output[field])
    .filter((value) => value !== null && value !== undefined);
}

/** Who made what the rest of the run takes live, and who made what those took. */
function recomputed({ order, inputs }: OracleRun, makers: ReadonlyMap<unknown, string>, count: number): string[] {
  const done = order.slice(0, count);
  const needed = new Set<string>();
  const need = (value: unknown): void => {
    const maker = makers.get(value);
    if (Array.isArray(value)) value.forEach(need);
    else if (maker !== undefined && done.includes(maker) && !needed.has(maker)) {
      needed.add(maker);
      Object.values(inputs[maker]!).forEach(need);
    }
  };
  for (const id of order.slice(count)) Object.values(inputs[id]!).forEach(need);
  return [...needed].sort();
}
