/** The quickstarts, run as they are written, block by block, on one whole system. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LocalSystem } from '../../infra/local/system.ts';
import { CAN_SEE_PROCESSES, ROOT } from './support/command.ts';
import { blocksOf, looksLike, Shell } from './support/page.ts';

const PATIENCE_MS = 120_000;
const PAGES = ['docs/quickstart-curl.md'];

/** Where the reader is: a folder that looks like the repository, and has its system's state. */
let folder: string;
let repository: string;
let system: LocalSystem;

describe.runIf(CAN_SEE_PROCESSES)('a reader who types what the page says', () => {
  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'switchyard-quickstart-'));
    repository = path.join(folder, 'switchyard');
    mkdirSync(repository);
    for (const name of readdirSync(ROOT).filter((each) => each !== '.switchyard' && each !== '.git'))
      symlinkSync(path.join(ROOT, name), path.join(repository, name));
    const state = path.join(repository, '.switchyard');
    system = await LocalSystem.start({ state, port: 0, runners: 1, temporary: false });
  }, PATIENCE_MS);
  afterAll(async () => {
    await system?.kill();
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
          printed = stdout.trim();
        } else if (language === 'text') expect(printed, place).toMatch(looksLike(text));
        else if (word !== '') writeFileSync(path.join((await shell.run('pwd')).stdout.trim(), word), text);
      }
    } finally {
      shell.close();
    }
  });
});

/** A terminal that knows nothing of this project but where the repository is. */
function environment(): Record<string, string> {
  const inherited = Object.entries(process.env).filter(
    ([name, value]) => value !== undefined && !/^(npm_|VITEST|NODE_OPTIONS$|SWITCHYARD_)/i.test(name),
  );
  return { ...(Object.fromEntries(inherited) as Record<string, string>), TMPDIR: folder, NO_COLOR: '1' };
}
