/** The published SDK in a real browser: on a page of another origin than the service's, as pages are. */
import { copyFileSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createClient } from '../../client/client.ts';
import { LocalSystem } from '../../infra/local/system.ts';
import { CHROMIUM, faultsOf, launch, type PageServer, servePages } from './support/browser.ts';
import { ROOT } from './support/command.ts';
import { elsewhere, installedProject, packClient } from './support/packages.ts';

/** Room for a busy machine. */
const PATIENCE_MS = 60_000;
/** Of a page with the SDK and all that it needs, minified and packed: the library of the schemas alone is larger. */
const PAGE_BYTES_MAX = 60_000;

/** Browsers ask for an icon unless the page has one. */
const HEAD = '<!doctype html><link rel="icon" href="data:,">';
const BUNDLED = `${HEAD}<script type="module" src="/bundled.js"></script>`;
/** Nothing between the package and the browser: its names are addresses. */
const RAW = `${HEAD}<script type="importmap">${JSON.stringify({
  imports: { '@switchyard/client': '/node_modules/@switchyard/client/index.js', zod: '/node_modules/zod/index.js' },
})}</script>
<script type="module" src="/page.mjs"></script>`;

describe.skipIf(CHROMIUM === null)(`in Chromium${CHROMIUM === null ? ', which is not on this machine' : ''}`, () => {
  const scratch = elsewhere();
  const project = path.join(scratch.folder, 'project');
  let starting: Promise<LocalSystem> | undefined;
  let system: LocalSystem;
  let pages: PageServer;
  let browser: Browser;

  beforeAll(async () => {
    pages = await servePages(project, { '/bundled.html': BUNDLED, '/raw.html': RAW });
    const origins = `http://127.0.0.1:${pages.port}`;
    const install = async () => {
      await installedProject(project, [await packClient(path.join(scratch.folder, 'packages'))]);
      copyFileSync(path.join(ROOT, 'test/e2e/support/page.mjs'), path.join(project, 'page.mjs'));
      await build({
        absWorkingDir: project,
        entryPoints: ['page.mjs'],
        outfile: 'bundled.js',
        bundle: true,
        format: 'esm',
        minify: true,
        logLevel: 'silent',
      });
    };
    const state = path.join(scratch.folder, 'state');
    starting = LocalSystem.start({ state, port: 0, runners: 1, temporary: true, origins });
    [system, browser] = await Promise.all([starting, launch(), install()]);
  }, PATIENCE_MS);
  afterAll(async () => {
    await browser?.close();
    pages?.close();
    // Also one that was still starting when something else failed.
    await starting?.then((started) => started.kill()).catch(() => {});
    scratch.remove();
  });

  const addressOf = (name: string, host = '127.0.0.1', more: Record<string, string> = {}) => {
    const hash = new URLSearchParams({ url: system.url, key: system.key, queue: 'default', ...more });
    return `http://${host}:${pages.port}/${name}.html#${hash}`;
  };

  test.each(['bundled', 'raw'])(
    'a page uploads, runs, watches and downloads (%s)',
    async (name) => {
      const page = await browser.newPage();
      const faults = faultsOf(page);
      const sockets: string[] = [];
      page.on('websocket', (socket) => sockets.push(socket.url()));
      await page.goto(addressOf(name));
      await page.waitForFunction('globalThis.page');
      const told = await page.evaluate<Record<'sent' | 'seen' | 'received', unknown[]>>('page.resize()');
      expect(faults).toEqual([]);
      expect(told).toMatchObject({ width: 32, height: 16 });
      expect(told.sent[0]).toBe(0);
      expect(told.sent.at(-1)).toBe(1);
      expect(told.seen[0]).toBe('hello');
      expect(told.seen).toContain('invocation_complete');
      expect(told.received.at(-1)).toBe((told as { bytes?: number }).bytes);
      // A page cannot send its key with a socket, and does not write it into an address.
      expect(sockets).toHaveLength(1);
      expect(sockets[0]).toContain('ticket=');
      expect(sockets[0]).not.toContain(system.key);
      await page.close();
    },
    PATIENCE_MS,
  );

  test(
    '[RQ2] a page that is left and loaded anew shows each result once, also those of the time between',
    async () => {
      const queue = createClient(system).queue();
      const drawing = { image: { type: 'blank_image', width: 8, height: 8, color: { r: 1, g: 2, b: 3, a: 255 } } };
      const enqueued: string[] = [];
      const enqueue = async (runs: number) => {
        const { item_ids } = await queue.enqueueBatch({ batch: { graph: { nodes: drawing }, runs } });
        enqueued.push(...item_ids.map((item_id) => `${item_id}/image`));
        return item_ids;
      };
      // Its own storage, as every user has.
      const context = await browser.newContext();
      const page = await context.newPage();
      const faults = faultsOf(page);
      const open = async () => {
        await page.goto(addressOf('bundled'));
        await page.waitForFunction('globalThis.page');
        await page.evaluate('page.showResults()');
      };
      const shows = (count: number) => page.waitForFunction(`page.shown().length >= ${count}`);
      await open();
      await enqueue(2);
      await shows(2);

      await page.goto('about:blank');
      for (const item_id of await enqueue(2)) await queue.outputs(item_id, { wait: 20 });
      await open();
      await shows(4);

      await enqueue(4);
      await shows(5);
      await page.reload();
      await page.waitForFunction('globalThis.page');
      await page.evaluate('page.showResults()');
      await shows(8);
      await open();
      expect(await page.evaluate('page.shown()')).toEqual(enqueued);
      expect(faults).toEqual([]);
      await context.close();
    },
    PATIENCE_MS,
  );

  test('a page of an origin that the service does not name gets nothing', async () => {
    const page = await browser.newPage();
    await page.goto(addressOf('bundled', 'localhost', { retries: '0' }));
    await page.waitForFunction('globalThis.page');
    expect(await page.evaluate('page.failure()')).toBe('ConnectionError');
    await page.close();
  });

  test('the SDK and all that it needs are not much to load', () => {
    expect(gzipSync(readFileSync(path.join(project, 'bundled.js'))).length).toBeLessThan(PAGE_BYTES_MAX);
  });
});
