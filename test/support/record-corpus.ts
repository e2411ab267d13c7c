/**
 * Records the corpus for the engine's present number: `node test/support/record-corpus.ts`, then `npm run format`. Run
 * it when ENGINE_VERSION is raised. What was recorded is never recorded again: it refuses a folder that exists.
 */
import * as fs from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import type { NodeType } from '../../contract/graph/catalogue.ts';
import type { PinnedGraph } from '../../contract/graph/graph.ts';
import { ENGINE_VERSION } from '../../contract/version.ts';
import { type CorpusSession, type FunctionName, newSession, runCorpus } from '../../graph/testing/corpus.ts';
import { CORPUS_GRAPHS } from '../../graph/testing/corpus-graphs.ts';
import { graphOf, pinnedOf } from '../../graph/testing/graph-builder.ts';
import { TEST_CATALOGUE } from '../../graph/testing/node-types.ts';
import { RANDOM_CATALOGUE, randomSession } from '../../graph/testing/random-session.ts';
import { recordsOf } from '../../graph/testing/snapshot.ts';

/** Random graphs that are kept: those with the most of loops and skipped copies, of so many. */
const RANDOM_TRIED = 400;
const RANDOM_KEPT = 4;
const SEED = 20_261_121;

type Unrecorded = Pick<CorpusSession, 'title' | 'graph' | 'values' | 'node_types' | 'functions' | 'fails'>;

function recorded(unrecorded: Unrecorded): CorpusSession {
  const session = newSession(unrecorded);
  const { moments, end } = runCorpus(session, unrecorded);
  return {
    ...unrecorded,
    results: recordsOf(session),
    moments,
    history: [...session.history],
    derived: Object.fromEntries(session.derived()),
    end,
  };
}

function typesOf(graph: PinnedGraph, catalogue: { node_types: Record<string, NodeType> }, name: FunctionName) {
  const types = Object.keys(graph.types).sort();
  return {
    node_types: types.flatMap((type) => catalogue.node_types[type] ?? []),
    functions: Object.fromEntries(types.map((type) => [type, name])),
  };
}

const written = Object.entries(CORPUS_GRAPHS).map(([name, { title, nodes, edges, values = [], fails }]) => {
  const graph = pinnedOf(graphOf(nodes, ...edges));
  const types = typesOf(graph, TEST_CATALOGUE, 'test');
  return [name, recorded({ title, graph, values, ...types, ...(fails === undefined ? {} : { fails }) })] as const;
});

/** How much there is to get wrong: iterated results, and copies that are skipped. */
const richness = ({ results, moments }: CorpusSession): number =>
  Math.min(30, results.filter(({ invocation_id }) => invocation_id.includes(',')).length) +
  5 * Math.min(6, moments.at(-1)?.skipped.length ?? 0);

const random = fc
  .sample(randomSession, { numRuns: RANDOM_TRIED, seed: SEED })
  .map(({ graph, values }) =>
    recorded({ title: 'a random graph', graph, values, ...typesOf(graph, RANDOM_CATALOGUE, 'random') }),
  )
  .filter(({ results }) => results.length <= 60)
  .sort((a, b) => richness(b) - richness(a))
  .slice(0, RANDOM_KEPT)
  .map((session, index) => [`random-${index + 1}`, session] as const);

const folder = path.join(import.meta.dirname, '../../graph/testing/corpus', `engine-${ENGINE_VERSION}`);
if (fs.existsSync(folder)) throw new Error(`${folder} is there already: raise ENGINE_VERSION, or leave it as it is`);
fs.mkdirSync(folder, { recursive: true });
for (const [name, session] of [...written, ...random])
  fs.writeFileSync(path.join(folder, `${name}.json`), `${JSON.stringify(session, null, 2)}\n`);
console.log(`${written.length + random.length} sessions in ${folder}`);
