/** The quickstarts, run as they are written, block by block, on one whole system. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LocalSystem } from '../../infra/local/system.ts';
import { CAN_SEE_PROCESSES, ROOT } from './support/command.ts';
import { type LoopbackRegistry, loopbackRegistry } from './support/loopback-registry.ts';
import { blocksOf, looksLike, Shell } from './support/page.ts';

/** Room for a busy machine. */
const PATIENCE_MS = 240_000;
const PAGES = ['docs/quickstart-curl.md', 'docs/quickstart-cli.md', 'docs/quickstart-sdk.md'];

/** Where the reader is: a folder that looks like the repository, and has its system's state. */
let folder: string;
let repository: string;
let system: LocalSystem;
/** Has what the pages install. */
let registry: LoopbackRegistry;

describe.runIf(CAN_SEE_PROCESSES)('a reader who types what the page says', () => {
  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'switchyard-quickstart-'));
    repository = path.join(folder, 'switchyard');
    mkdirSync(repository);
    for (const name of readdirSync(ROOT).filter((each) => each !== '.switchyard' && each !== '.git'))
      symlinkSync(path.join(ROOT, name), path.join(repository, name));
    const state = path.join(repository, '.switchyard');
    [system, registry] = await Promise.all([
      LocalSystem.start({ state, port: 0, runners: 1, temporary: false }),
      loopbackRegistry(),
    ]);
  }, PATIENCE_MS);
  afterAll(async () => {
    await system?.kill();
    registry?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test.each(PAGES)('%s', { timeout: PATIENCE_MS }, async (page) => {
    const shell = new Shell(repository, path.join(folder, 'scripts', page), environment());
    try {
      let printed = '';
      for (const { language, word, text, line } of blocksOf(page)) {
        const place = `${page}:${line}`;
        // The one command that does not end; its system is there already.
        if (language === 'sh' && word === 'start') expect(text).toBe('npm start\n');
        else if (language === 'sh') {
          const { stdout, stderr, failed } = await shell.run(text);
          expect(failed, `${place}\n${stderr}${stdout}`).toEqual([]);
          printed = `${stdout.trim()}\n`;
        } else if (language === 'text') expect(printed, place).toMatch(looksLike(text));
        else if (word !== '') writeFileSync(path.join((await shell.run('pwd')).stdout.trim(), word), text);
        if (word === 'use-queue.js') expect((await shell.run(HOOK_IS_USED)).stdout.trim()).toBe('true');
      }
    } finally {
      shell.close();
    }
  });
});

/** The page's one file that is for a page in a browser: it is called as React would call it. */
const HOOK_IS_USED = `
mkdir -p node_modules/react
echo '{"type": "module", "exports": "./index.js"}' > node_modules/react/package.json
cat > node_modules/react/index.js << 'END'
export function useSyncExternalStore(subscribe, getSnapshot) {
  const unsubscribe = subscribe(() => {});
  unsubscribe();
  return getSnapshot();
}
END
node --input-type=module -e "
  import { createClient } from '@switchyard/client';
  import { useQueue } from './use-queue.js';
  const mirror = createClient({ url: process.env.SWITCHYARD_URL, key: process.env.SWITCHYARD_KEY }).queue().mirror();
  await mirror.ready;
  console.log(useQueue(mirror) === mirror.state && mirror.state.connected);
  mirror.close();
"`;

/** A terminal that knows nothing of this project but where the repository is. */
function environment(): Record<string, string> {
  const inherited = Object.entries(process.env).filter(
    ([name, value]) => value !== undefined && !/^(npm_|VITEST|NODE_OPTIONS$|SWITCHYARD_)/i.test(name),
  );
  return {
    ...(Object.fromEntries(inherited) as Record<string, string>),
    TMPDIR: folder,
    NO_COLOR: '1',
    npm_config_registry: registry.url,
    npm_config_cache: path.join(folder, 'npm-cache'),
  };
}
