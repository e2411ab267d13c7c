import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { heavyModel, modelChurn } from '../support/model-churn.ts';
import { defineBench } from './bench.ts';
import { measured } from './sample.ts';

const LAYERS = 20;
const USES = 200;

export default defineBench({
  name: 'model_memory',
  what: `by how much a process grows that uses three models of 80 MB in a random order, ${USES} times, to its budget, which is for two`,
  unit: '×',
  target: { at_most: 1.15 },
  runs: 1,
  parts: {
    grown: { what: 'the largest of a look after each use, over what it was before', unit: 'MB' },
    left: { what: 'when all of them have been released', unit: 'MB' },
  },
  run: async ({ runs, progress, signal }) => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'switchyard-bench-models-'));
    try {
      const kinds = ['float32', 'external', 'float16'] as const;
      const models = kinds.map((kind, seed) => heavyModel(path.join(folder, kind), kind, LAYERS, seed));
      const churns = [];
      for (let run = 0; run < runs; run++) {
        churns.push(await modelChurn(models, run, USES, signal));
        progress(run + 1, runs);
      }
      const megabytes = (bytes: number[]) => measured(bytes.map((each) => each / 1e6));
      return {
        ...measured(churns.map(({ largest, budget }) => largest / budget)),
        parts: {
          grown: megabytes(churns.map(({ largest }) => largest)),
          left: megabytes(churns.map(({ after }) => Math.max(0, after))),
        },
      };
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
});
