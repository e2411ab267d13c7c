// npm run bench: measures what the design promises.
//
//   npm run bench -- --only NAME    one row (may be repeated)      --runs N   so many measurements a row
//   npm run bench -- --json         the figures as JSON in the last line
//
// It exits with 1 when a row could not be measured; a target that is not met shows in the table.
import { parseArgs } from 'node:util';
import type { Bench, BenchContext } from './bench.ts';
import { loadRows } from './rows.ts';
import { json, type Result, resultsOf, table } from './table.ts';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true },
    runs: { type: 'string' },
  },
});
const runs = values.runs === undefined ? undefined : Number(values.runs);
if (runs !== undefined && !(Number.isInteger(runs) && runs > 0)) {
  console.error('bench: --runs takes a whole number above 0');
  process.exit(2);
}

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());

/** One line on a terminal, rewritten; elsewhere nothing, so that a log holds results alone. */
function showProgress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}

async function measure(bench: Bench, position: string): Promise<Result[]> {
  const context: BenchContext = {
    runs: runs ?? bench.runs,
    progress: (done, total, note = '') => showProgress(`${position} ${bench.name}  ${done}/${total}  ${note}`),
    signal: stop.signal,
  };
  context.progress(0, context.runs);
  try {
    const measured = await bench.run(context);
    showProgress('');
    return resultsOf(bench, measured);
  } catch (error) {
    showProgress('');
    console.error(`${bench.name}: ${error instanceof Error ? error.stack : error}`);
    return resultsOf(bench, undefined);
  }
}

const all = await loadRows();
const unknown = values.only?.filter((name) => !all.some((bench) => bench.name === name)) ?? [];
if (unknown.length > 0) {
  console.error(`bench: no row is named ${unknown.join(', ')}; there are ${all.map((bench) => bench.name).join(', ')}`);
  process.exit(2);
}
const chosen = all.filter((bench) => values.only?.includes(bench.name) ?? true);
const results: Result[] = [];
for (const [index, bench] of chosen.entries()) {
  if (stop.signal.aborted) break;
  results.push(...(await measure(bench, `[${index + 1}/${chosen.length}]`)));
}
console.log(table(results));
if (values.json) console.log(json(results));
process.exitCode = stop.signal.aborted || results.some((result) => result.measured === undefined) ? 1 : 0;
