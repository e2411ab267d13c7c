// Type-checks every project of the repository. A project that has no file yet is left out, as tsc refuses it.
import * as fs from 'node:fs';
import path from 'node:path';
import { root, run } from './process.ts';

const PROJECTS = [
  'tsconfig.json',
  'contract/tsconfig.json',
  'graph/tsconfig.json',
  'client/tsconfig.json',
  'edge/tsconfig.json',
  'edge/tsconfig.test.json',
];

const tsc = path.join(root, 'node_modules/.bin/tsc');
const outcomes = await Promise.all(
  PROJECTS.filter((project) => fs.existsSync(path.join(root, project))).map(async (project) => {
    const outcome = await run(tsc, ['-p', project, '--pretty', 'false']);
    return { project, output: outcome.output, failed: outcome.code !== 0 && !outcome.output.includes('error TS18003') };
  }),
);
const failed = outcomes.filter((outcome) => outcome.failed);
for (const { project, output } of failed) console.log(`${project}:\n${output}`);
console.log(`${outcomes.length} projects, ${failed.length} with faults`);
process.exitCode = failed.length > 0 ? 1 : 0;
