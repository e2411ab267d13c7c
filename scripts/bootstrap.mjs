// Runs one of the project's TypeScript programs on a machine that has only Node >= 20 and npm:
//
//   node scripts/bootstrap.mjs <script.ts> [arguments]
//
// It installs what the lockfile names if that is not there, finds a Node that runs TypeScript, and becomes that
// program: same terminal, same signals, same exit code. Plain JavaScript with nothing but Node's own modules,
// because it runs before anything is installed.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { constants } from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const modules = path.join(root, 'node_modules');
const binaries = path.join(modules, '.bin');
const marker = path.join(modules, '.switchyard-install');
const lockFile = path.join(root, '.install.lock');

/** A holder renews its lock this often; a lock not renewed for `LOCK_STALE_MS` belongs to nobody. */
const LOCK_RENEW_MS = 2_000;
const LOCK_STALE_MS = 30_000;
const LOCK_POLL_MS = 200;

/** What `npm run` and `npx` pass on that would make `npm ci` install something else than this tree. */
const SELECTION = /^npm_config_(local_prefix|workspaces?|include_workspace_root|package|omit|global)$/i;

/** @type {NodeJS.Signals[]} */
const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** @typedef {{ code: number | null, signal: NodeJS.Signals | null }} Ended how a process ended */
/** @typedef {{ version?: string, integrity?: string, optional?: boolean, devOptional?: boolean, peer?: boolean }} Entry */
/** @typedef {{ packages?: Record<string, Entry> }} Lock a package-lock.json, or npm's record of what it installed */

/**
 * Whether this version runs TypeScript without a flag and has node:sqlite without one.
 * @param {string} version
 */
export function runsTypeScript(version) {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  return major >= 24 || (major === 23 && minor >= 6) || (major === 22 && minor >= 18);
}

/**
 * Whether an installed tree, as npm's hidden lockfile describes it, is the one that the lockfile asks for. Packages
 * for other platforms may be missing; nothing may be missing, older or newer otherwise.
 * @param {Lock} wanted
 * @param {Lock} installed
 */
export function fits(wanted, installed) {
  for (const [place, entry] of Object.entries(wanted.packages ?? {})) {
    if (!place.startsWith('node_modules/') && !place.includes('/node_modules/')) continue;
    const found = installed.packages?.[place];
    if (found === undefined) {
      if (entry.optional || entry.devOptional || entry.peer) continue;
      return false;
    }
    if (found.version !== entry.version || found.integrity !== entry.integrity) return false;
  }
  return true;
}

function fingerprint() {
  const hash = createHash('sha256').update(`${process.platform}-${process.arch}\n`);
  return hash.update(fs.readFileSync(path.join(root, 'package-lock.json'))).digest('hex');
}

/** @param {string} file */
function readText(file) {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function isInstalled() {
  const wanted = fingerprint();
  if (readText(marker) === wanted) return true;
  // No mark of ours: somebody ran npm by hand. npm's own record of what it installed decides, and saves a reinstall.
  const hidden = readText(path.join(modules, '.package-lock.json'));
  if (hidden === undefined) return false;
  const lock = JSON.parse(fs.readFileSync(path.join(root, 'package-lock.json'), 'utf8'));
  if (!fits(lock, JSON.parse(hidden))) return false;
  try {
    fs.writeFileSync(marker, wanted);
  } catch {
    // A tree that cannot be written to is still a good tree.
  }
  return true;
}

/** @param {unknown} error */
function codeOf(error) {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

/** Removes a lock whose holder is gone. Two callers may see the same stale lock: only what was judged is removed. */
function breakStaleLock() {
  const holder = readText(lockFile);
  if (holder === undefined) return;
  const age = Date.now() - (fs.statSync(lockFile, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
  if (isAlive(Number(holder)) && age < LOCK_STALE_MS) return;
  const aside = `${lockFile}.${process.pid}`;
  try {
    fs.renameSync(lockFile, aside);
    if (readText(aside) !== holder) fs.linkSync(aside, lockFile);
  } catch {
    // Another process was faster; the next round sees what it left.
  }
  fs.rmSync(aside, { force: true });
}

function tryLock() {
  try {
    fs.writeFileSync(lockFile, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
    breakStaleLock();
    return false;
  }
}

/**
 * How to start npm: the one that started us when there is one, else the first on PATH that is not from our tree.
 * @param {NodeJS.ProcessEnv} environment
 * @returns {[string, string[]]}
 */
function npmCommand(environment) {
  const started = environment.npm_execpath;
  const node = environment.npm_node_execpath;
  if (started && node && path.basename(started) === 'npm-cli.js' && !node.startsWith(modules)) return [node, [started]];
  return [process.platform === 'win32' ? 'npm.cmd' : 'npm', []];
}

/** npm replaces node_modules, so it must not itself run on the Node inside it, nor inherit a workspace selection. */
function npmEnvironment() {
  /** @type {NodeJS.ProcessEnv} */
  const environment = { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip' };
  const folders = (environment.PATH ?? '').split(path.delimiter);
  environment.PATH = folders.filter((folder) => !folder.startsWith(modules)).join(path.delimiter);
  for (const name of Object.keys(environment)) {
    if (SELECTION.test(name)) delete environment[name];
  }
  return environment;
}

/**
 * Starts a program, passes signals on to it, and returns how it ended. At a terminal Ctrl-C already reached the whole
 * foreground group, so it is not sent a second time.
 * @param {string} command
 * @param {string[]} args
 * @param {import('node:child_process').SpawnOptions} options
 * @returns {Promise<Ended>}
 */
function run(command, args, options) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, options);
    const atTerminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY;
    /** @param {NodeJS.Signals} signal */
    const forward = (signal) => {
      if (signal !== 'SIGINT' || !atTerminal) child.kill(signal);
    };
    for (const signal of FORWARDED) process.on(signal, forward);
    const finish = () => {
      for (const signal of FORWARDED) process.off(signal, forward);
    };
    child.once('error', (error) => {
      finish();
      reject(error);
    });
    child.once('close', (code, signal) => {
      finish();
      resolve({ code, signal });
    });
  });
}

/**
 * Ends this process the way its child ended, so that a shell sees the same status.
 * @param {Ended} ended
 * @returns {never}
 */
function endLike({ code, signal }) {
  if (signal === null) process.exit(code ?? 1);
  process.kill(process.pid, signal);
  return process.exit(128 + (constants.signals[signal] ?? 0));
}

async function npmCi() {
  console.error('switchyard: installing dependencies (npm ci), once; this takes about half a minute …');
  const started = Date.now();
  const environment = npmEnvironment();
  const [command, args] = npmCommand(environment);
  // Engine warnings of packages that run on the newer Node this very step brings would only confuse: errors alone.
  const flags = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const ended = await run(command, [...args, ...flags], {
    cwd: root,
    env: environment,
    // npm's report goes to stderr: stdout belongs to the program that is about to run.
    stdio: ['ignore', process.stderr, process.stderr],
    shell: process.platform === 'win32',
  });
  if (ended.code === 0) {
    fs.writeFileSync(marker, fingerprint());
    console.error(`switchyard: installed in ${Math.round((Date.now() - started) / 1000)} s`);
  } else {
    console.error('switchyard: npm ci failed; what it said stands above.');
  }
  return ended;
}

async function install() {
  let announced = false;
  while (!isInstalled()) {
    if (tryLock()) {
      const renewal = setInterval(() => fs.utimesSync(lockFile, new Date(), new Date()), LOCK_RENEW_MS);
      /** @type {Ended} */
      let ended = { code: 0, signal: null };
      try {
        if (!isInstalled()) ended = await npmCi();
      } finally {
        clearInterval(renewal);
        fs.rmSync(lockFile, { force: true });
      }
      if (ended.code !== 0) endLike(ended);
      return;
    }
    if (!announced) console.error('switchyard: another process is installing; waiting for it …');
    announced = true;
    await new Promise((resolve) => setTimeout(resolve, LOCK_POLL_MS));
  }
}

/** The Node to run TypeScript on: this one, or the one that npm brought for this platform. */
function findNode() {
  if (runsTypeScript(process.version)) return process.execPath;
  const bundled = path.join(binaries, process.platform === 'win32' ? 'node.cmd' : 'node');
  if (fs.existsSync(bundled)) return fs.realpathSync(bundled);
  console.error(
    `switchyard: this is Node ${process.version} on ${process.platform}-${process.arch}; it takes Node >= 22.18 here.`,
  );
  return process.exit(1);
}

export async function main() {
  const [script, ...args] = process.argv.slice(2);
  if (script === undefined) {
    console.error('usage: node scripts/bootstrap.mjs <script.ts> [arguments]');
    process.exit(2);
  }
  await install();
  const node = findNode();
  const environment = { ...process.env, PATH: [binaries, process.env.PATH].filter(Boolean).join(path.delimiter) };
  const argv = ['--disable-warning=ExperimentalWarning', path.resolve(root, script), ...args];
  // Becoming the program leaves no second process that a signal could miss. Node 20 cannot: there we stay its parent.
  if (node === process.execPath && typeof process.execve === 'function' && process.platform !== 'win32') {
    process.execve(node, [node, ...argv], environment);
  }
  endLike(await run(node, argv, { env: environment, stdio: 'inherit' }));
}

const started = process.argv[1];
if (started !== undefined && import.meta.url === pathToFileURL(fs.realpathSync(started)).href) await main();
