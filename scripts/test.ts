// npm test: every check of the repository and every test; the last line counts both.
//
//   npm test                     everything
//   npm test -- PATTERN …        the tests whose file matches; vitest's own flags pass through
//   npm run check                the checks alone
import * as fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type Outcome, root, run } from './process.ts';
import { tally } from './tally.ts';

interface Check {
  name: string;
  command: string[];
  env?: Record<string, string>;
}

const script = (file: string, ...args: string[]): string[] => [process.execPath, ...process.execArgv, file, ...args];

const args = process.argv.slice(2);
const onlyChecks = args[0] === '--checks';
const onlyTests = args.length > 0 && !onlyChecks;
const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'switchyard-test-'));

/** Without these wrangler looks up hosts and writes to the user's folders: a check needs neither. */
const OFFLINE = {
  CLOUDFLARE_CF_FETCH_ENABLED: 'false',
  WRANGLER_SEND_METRICS: 'false',
  WRANGLER_SEND_ERROR_REPORTS: 'false',
  WRANGLER_HIDE_BANNER: 'true',
  WRANGLER_LOG_PATH: path.join(scratch, 'wrangler-logs'),
};

const CHECKS: Check[] = [
  { name: 'format and lint', command: ['biome', 'ci', '--colors=off', '.'] },
  { name: 'types', command: script('scripts/types.ts') },
  { name: 'house rules', command: script('scripts/tidy.ts') },
  { name: 'generated files', command: script('scripts/generate.ts', '--check') },
  ...['', 'staging', 'production'].map((environment) => ({
    name: `deploy dry run${environment && `, ${environment}`}`,
    command: [
      'wrangler',
      'deploy',
      '--dry-run',
      '--env',
      environment,
      '--outdir',
      path.join(scratch, environment || 'bundle'),
    ],
    env: OFFLINE,
  })),
  {
    name: 'images',
    // Installing the runner alone takes a while: always in CI, on request here.
    command: script('infra/docker/check.ts', ...(process.env.CI ? ['--install'] : [])),
  },
];

function report(name: string, { code, output, seconds }: Outcome): void {
  console.log(`  ${code === 0 ? 'ok    ' : 'FAILED'} ${name} (${seconds.toFixed(1)} s)`);
  if (code !== 0) console.log(output.trimEnd().replaceAll(/^/gm, '         '));
}

/** Runs the checks two at a time and returns how many failed. */
async function checks(): Promise<number> {
  console.log('Checks');
  const queue = [...CHECKS];
  let failed = 0;
  const work = async () => {
    for (let check = queue.shift(); check !== undefined; check = queue.shift()) {
      const [command = '', ...rest] = check.command;
      const outcome = await run(command, rest, { env: { NO_COLOR: '1', ...check.env } });
      report(check.name, outcome);
      if (outcome.code !== 0) failed += 1;
    }
  };
  await Promise.all([work(), work()]);
  return failed;
}

async function tests(): Promise<{ passed: number; failed: number }> {
  console.log('\nTests');
  const results = path.join(scratch, 'vitest.json');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${results}`];
  const { code } = await run('vitest', ['run', ...reporters, ...args], { live: true, env: OFFLINE });
  const report = fs.existsSync(results) ? JSON.parse(fs.readFileSync(results, 'utf8')) : undefined;
  return tally(report, code);
}

process.chdir(root);
process.once('exit', () => fs.rmSync(scratch, { recursive: true, force: true }));
let passed = 0;
let failed = 0;
if (!onlyTests) {
  failed = await checks();
  passed = CHECKS.length - failed;
}
if (!onlyChecks) {
  const counted = await tests();
  passed += counted.passed;
  failed += counted.failed;
}
process.exitCode = failed > 0 ? 1 : 0;
console.log(`${passed} passed, ${failed} failed`);
