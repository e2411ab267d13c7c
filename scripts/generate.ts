// Makes what is generated and committed: the database migrations, and what is made from the nodes (their catalogue, its
// JSON Schema, its page and its types for the SDK, the lock of their versions). With --force that lock takes nodes whose version stayed.
// With --check nothing here changes: it generates in a copy, and fails when the copy then differs.
import * as fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { root, run } from './process.ts';

/** Where generated files and what they are made from live. */
const ROOMS = ['contract', 'graph', 'edge', 'gpu-runner', 'client', 'scripts', 'docs'];
const CATALOGUE = 'gpu-runner/nodes/generate-catalogue.ts';

const check = process.argv.includes('--check');
const force = process.argv.includes('--force') ? ['--force'] : [];
const skipped = (file: string): boolean => /(?:^|\/)(?:node_modules|dist|\.wrangler|\.switchyard)$/.test(file);

function filesBelow(folder: string): string[] {
  if (!fs.existsSync(folder)) return [];
  return fs.readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(folder, entry.name);
    if (skipped(file)) return [];
    return entry.isDirectory() ? filesBelow(file) : [file];
  });
}

function copy(): string {
  const place = fs.mkdtempSync(path.join(os.tmpdir(), 'switchyard-generate-'));
  for (const entry of fs.readdirSync(root, { withFileTypes: true })) {
    const source = path.join(root, entry.name);
    if (ROOMS.includes(entry.name)) {
      fs.cpSync(source, path.join(place, entry.name), { recursive: true, filter: (file) => !skipped(file) });
    } else if (entry.isFile()) fs.copyFileSync(source, path.join(place, entry.name));
  }
  fs.symlinkSync(path.join(root, 'node_modules'), path.join(place, 'node_modules'));
  return place;
}

async function generate(place: string): Promise<boolean> {
  const configs = filesBelow(path.join(place, 'edge'))
    .filter((file) => /^drizzle.*\.config\.ts$/.test(path.basename(file)))
    .map((file) => path.relative(place, file));
  const commands = configs.map((config) => ['drizzle-kit', 'generate', `--config=${config}`]);
  if (fs.existsSync(path.join(place, CATALOGUE)))
    commands.push([process.execPath, ...process.execArgv, CATALOGUE, ...force]);
  let made = true;
  for (const [command = '', ...args] of commands) {
    const { code, output } = await run(command, args, { cwd: place });
    if (code === 0) continue;
    console.log(`${path.basename(command)} ${args.join(' ')} failed:\n${output}`);
    made = false;
  }
  return made;
}

/** The files that are not the same, byte for byte, in two trees. */
function differences(before: string, after: string): string[] {
  const contents = (place: string) =>
    new Map(
      ROOMS.flatMap((room) => filesBelow(path.join(place, room))).map((file) => [
        path.relative(place, file),
        fs.readFileSync(file),
      ]),
    );
  const [old, made] = [contents(before), contents(after)];
  return [...new Set([...old.keys(), ...made.keys()])].filter((file) => {
    const [left, right] = [old.get(file), made.get(file)];
    return left === undefined || right === undefined || !left.equals(right);
  });
}

if (check) {
  const place = copy();
  try {
    // What is compared with the result is the copy as it was: nobody's edit meanwhile looks like a difference.
    const original = `${place}-before`;
    fs.cpSync(place, original, { recursive: true, verbatimSymlinks: true });
    const made = await generate(place);
    const changed = made ? differences(original, place) : [];
    fs.rmSync(original, { recursive: true, force: true });
    for (const file of changed) console.log(`${file} is not what would be generated: run npm run generate`);
    process.exitCode = made && changed.length === 0 ? 0 : 1;
  } finally {
    fs.rmSync(place, { recursive: true, force: true });
  }
} else {
  process.exitCode = (await generate(root)) ? 0 : 1;
}
