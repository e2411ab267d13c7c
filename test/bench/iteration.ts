/** A list, iterated, each element added to, and gathered again: what a session costs besides its nodes. */
import { Graph } from '../../contract/graph/graph.ts';
import { catalogueOf } from '../../gpu-runner/nodes/catalogue.ts';
import { BUILTIN_NODES } from '../../gpu-runner/nodes/registry.ts';
import { Session } from '../../graph/session/session.ts';
import { pinGraph } from '../../graph/validate.ts';
import type { BenchContext, Measurement } from './bench.ts';
import { measured, timed } from './sample.ts';

const CATALOGUE = catalogueOf(BUILTIN_NODES);

const edge = (source: [string, string], destination: [string, string]) => ({
  source: { node_id: source[0], field: source[1] },
  destination: { node_id: destination[0], field: destination[1] },
});

const request = (elements: number): unknown => ({
  nodes: {
    range: { type: 'range', start: 0, stop: elements, step: 1 },
    each: { type: 'iterate' },
    add: { type: 'add', b: 1 },
    sums: { type: 'collect' },
  },
  edges: [
    edge(['range', 'collection'], ['each', 'collection']),
    edge(['each', 'item'], ['add', 'a']),
    edge(['add', 'value'], ['sums', 'item']),
  ],
});

/** From the request's JSON to the last result's: validated, expanded, hydrated, run, written. Answers what was gathered. */
export function runIteration(elements: number): number {
  const body = JSON.parse(JSON.stringify(request(elements)));
  const pinned = pinGraph(Graph.parse(body), CATALOGUE, []);
  if (!pinned.ok) throw new Error(JSON.stringify(pinned.faults));
  const session = new Session(pinned.graph, [], CATALOGUE);
  let length = 0;
  for (let step = session.next(); step.kind === 'invocation'; step = session.next()) {
    const { id, type, inputs } = step.invocation;
    const output =
      type === 'range'
        ? { collection: Array.from({ length: elements }, (_, index) => index) }
        : { value: Number(inputs.a) + Number(inputs.b) };
    length += JSON.stringify(session.complete(id, output)).length;
  }
  const sums = session.derived().get('sums')?.collection as number[];
  if (!session.isComplete || sums.at(-1) !== elements || length < elements) throw new Error('the session went wrong');
  return sums.length;
}

export async function measureIteration({ runs, progress }: BenchContext, elements: number): Promise<Measurement> {
  const samples: number[] = [];
  for (let run = -2; run < runs; run++) {
    const taken = await timed(() => runIteration(elements));
    if (run >= 0) samples.push(taken);
    progress(run + 1, runs);
  }
  return measured(samples);
}
