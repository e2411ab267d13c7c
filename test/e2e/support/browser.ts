/** A real browser and the pages that it loads, served on the loopback address. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** Where Chromium is on this machine: as CHROMIUM_PATH says, or as the shell finds it. */
export const CHROMIUM = process.env.CHROMIUM_PATH ?? NAMES.map(found).find((file) => file !== null) ?? null;

function found(name: string): string | null {
  try {
    return execFileSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).trim() || null;
  } catch {
    return null;
  }
}

export const launch = (): Promise<Browser> =>
  chromium.launch({ executablePath: CHROMIUM ?? '', args: ['--no-sandbox', '--disable-dev-shm-usage'] });

/** What went wrong on a page, as its console tells it. */
export function faultsOf(page: Page): string[] {
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(message.text());
  });
  return faults;
}

const TYPES: Record<string, string> = { '.js': 'text/javascript', '.mjs': 'text/javascript', '.html': 'text/html' };

export interface PageServer {
  /** On 127.0.0.1; by the name `localhost` the same pages are of another origin. */
  port: number;
  close(): void;
}

/** Serves the files of a folder, and nothing above it; `pages` are made up. */
export async function servePages(folder: string, pages: Record<string, string>): Promise<PageServer> {
  const server = createServer((request, response) => {
    const name = path.posix.normalize(decodeURIComponent(new URL(request.url ?? '/', 'http://page').pathname));
    const type = TYPES[path.extname(name)];
    try {
      const body = pages[name] ?? readFileSync(path.join(folder, name));
      response.writeHead(200, type ? { 'content-type': `${type}; charset=utf-8` } : {}).end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return { port: (server.address() as AddressInfo).port, close };
}
