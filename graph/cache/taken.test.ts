import { hash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { NodeOutput } from '../../contract/graph/graph.ts';
import type { RecordedResult } from '../../contract/runner/claim.ts';
import { ENGINE_VERSION } from '../../contract/version.ts';
import { preparedGraph } from '../session/prepared-graph.ts';
import { Session } from '../session/session.ts';
import { TEST_CATALOGUE } from '../testing/node-types.ts';
import { RANDOM_CATALOGUE, type RandomSession, randomSession, runRandom } from '../testing/random-session.ts';
import { runNode, runSession } from '../testing/run-session.ts';
import { DerivationKeys } from './derivation-keys.ts';
import { takenResults } from './taken.ts';

const open = ({ graph, values }: RandomSession) => new Session(graph, values, RANDOM_CATALOGUE);
const recordsOf = (session: Session): RecordedResult[] =>
  [...session.results].map(([invocation_id, result]) => ({ invocation_id, result }));

/** Runs to the end with what is offered; what ran, and what was recomputed. */
function runTaking(session: Session, offered: ReadonlyMap<string, NodeOutput>, run = runRandom) {
  const ran: string[] = [];
  session.offer(offered);
  for (let step = session.next(); step.kind === 'invocation'; step = session.next()) {
    const { id, recompute, offered: result } = step.invocation;
    if (result !== undefined) session.take(id);
    else {
      ran.push(recompute ? `${id}!` : id);
      session.complete(id, run(step.invocation));
    }
  }
  return ran;
}

/** What is durable of results, and that the rest was made. */
const resultsOf = (session: Session) => Object.fromEntries(session.results);

describe('a session that takes results of another', () => {
  test('records the same, whatever it takes of the same work', () => {
    fc.assert(
      fc.property(randomSession, fc.array(fc.boolean(), { minLength: 40, maxLength: 40 }), (random, picks) => {
        const whole = open(random);
        runSession(whole, runRandom);
        const taken = new Map(
          recordsOf(whole)
            .filter((_, at) => picks[at % 40])
            .map((r) => [r.invocation_id, r.result]),
        );
        const session = open(random);
        runTaking(session, taken);
        expect(resultsOf(session)).toEqual(resultsOf(whole));
        expect(session.isComplete).toBe(whole.isComplete);
        expect(session.history).toEqual(whole.history);
      }),
      { numRuns: 300 },
    );
  });

  test('never makes a value again that was only marked, when it takes what is worth taking', () => {
    let spared = 0;
    fc.assert(
      fc.property(
        randomSession,
        fc.array(fc.boolean(), { minLength: 40, maxLength: 40 }),
        fc.nat(6),
        (random, picks, resumeAt) => {
          const whole = open(random);
          runSession(whole, runRandom);
          const records = recordsOf(whole);
          const before = records.slice(0, resumeAt);
          const offered = records.filter((_, at) => picks[at % 40]);
          const graph = preparedGraph(random.graph, RANDOM_CATALOGUE);
          const taken = takenResults(graph, before, offered);
          const session = open(random);
          session.restore(before);
          const ran = runTaking(session, taken);
          expect(resultsOf(session)).toEqual(resultsOf(whole));
          // What is recomputed is what the earlier lease had, never what was taken here.
          const restored = new Set(before.map(({ invocation_id }) => `${invocation_id}!`));
          expect(ran.filter((id) => id.endsWith('!') && !restored.has(id))).toEqual([]);
          for (const [id] of taken)
            spared += (graph.nodes[graph.indexOf.get(id) ?? -1]?.liveChildren.length ?? 0) > 0 ? 1 : 0;
        },
      ),
      { numRuns: 300 },
    );
    // Random graphs are seldom of use here; some always are.
    expect(spared).toBeGreaterThan(0);
  });

  test('keys that are equal in two random sessions mean equal results', () => {
    const digest = (text: string) => hash('sha256', text);
    const known = new Map<string, NodeOutput>();
    let again = 0;
    fc.assert(
      fc.property(randomSession, (random) => {
        const session = open(random);
        runSession(session, runRandom);
        const key = new DerivationKeys(random.graph, digest).of(random.values);
        for (const { id } of random.graph.nodes) {
          const result = session.results.get(id);
          const name = key(id);
          if (result === undefined || name === undefined) continue;
          again += known.has(name) ? 1 : 0;
          expect(known.get(name) ?? result).toEqual(result);
          known.set(name, result);
        }
      }),
      { numRuns: 300 },
    );
    expect(again).toBeGreaterThan(50);
  });
});

describe('of a text-to-image graph', () => {
  const node = (id: string, type: string) => ({ id, type, is_intermediate: false, use_cache: true });
  const graph = {
    engine: ENGINE_VERSION,
    types: { noise: '1.0.0', denoise: '1.0.0', latents_to_image: '1.0.0' },
    nodes: [
      { ...node('n', 'noise'), seed: 1, width: 64 },
      { ...node('d', 'denoise'), steps: 3 },
      node('l', 'latents_to_image'),
    ],
    edges: [
      { source: { node_id: 'n', field: 'noise' }, destination: { node_id: 'd', field: 'noise' } },
      { source: { node_id: 'd', field: 'latents' }, destination: { node_id: 'l', field: 'latents' } },
    ],
  };
  const sessionOf = () => new Session(graph, [], TEST_CATALOGUE);
  const first = sessionOf();
  runSession(first, runNode);
  const records = recordsOf(first);
  const only = (...ids: string[]) => records.filter(({ invocation_id }) => ids.includes(invocation_id));
  const taken = (cached: RecordedResult[], g = graph) =>
    [...takenResults(preparedGraph(g, TEST_CATALOGUE), [], cached).keys()].sort();

  test('the image spares everything before it, as far as that was kept', () => {
    expect(taken(records)).toEqual(['d', 'l', 'n']);
    expect(taken(only('d', 'l'))).toEqual(['d', 'l']);
    expect(taken(only('n', 'l'))).toEqual(['l']);
    expect(taken(only('n', 'd'))).toEqual([]);
    const session = sessionOf();
    expect(runTaking(session, new Map(records.map((r) => [r.invocation_id, r.result])), runNode)).toEqual([]);
    expect(session.isComplete).toBe(true);
  });

  test('a node that must not use the cache takes nothing, and what it needs runs', () => {
    const strict = {
      ...graph,
      nodes: graph.nodes.map((each) => (each.id === 'l' ? { ...each, use_cache: false } : each)),
    };
    expect(taken(records, strict)).toEqual([]);
  });

  test('what does not fit the outputs of its node is not taken', () => {
    const broken = records.map((record) =>
      record.invocation_id === 'l' ? { ...record, result: { type: 'latents_to_image_output' } } : record,
    );
    expect(taken(broken)).toEqual([]);
  });

  test('a result that was recorded before is nobody’s to take', () => {
    expect(() => {
      const session = sessionOf();
      session.restore(only('n'));
      session.offer(new Map([['n', records[0]!.result]]));
      const step = session.next();
      session.take(step.kind === 'invocation' ? step.invocation.id : '');
    }).toThrow('nothing was offered');
  });
});
