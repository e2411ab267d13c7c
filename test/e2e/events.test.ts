import http from 'node:http';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createClient } from '../../client/client.ts';
import { EventReader } from '../../edge/testing/event-reader.ts';
import { LocalSystem } from '../../infra/local/system.ts';
import { scratch } from './support/command.ts';

const PATIENCE_MS = 60_000;
const graph = { nodes: { sum: { id: 'sum', type: 'add', a: 1, b: 2 } } };

async function system(runners: number): Promise<LocalSystem> {
  const started = await LocalSystem.start({ state: path.join(scratch(), 'state'), port: 0, runners, temporary: false });
  onTestFinished(() => started.kill());
  return started;
}

test('server-sent events come over a real connection, and one that breaks leaves nothing behind', {
  timeout: PATIENCE_MS,
}, async () => {
  const { url, key } = await system(0);
  const queue = createClient({ url, key }).queue();
  const address = `${url}/api/v1/queue/default/events`;
  const headers = { authorization: `Bearer ${key}`, accept: 'text/event-stream' };
  const open = async () => {
    const abort = new AbortController();
    const response = await fetch(address, { headers, signal: abort.signal });
    expect(response.status).toBe(200);
    return { abort, reader: new EventReader(response) };
  };
  const { abort, reader } = await open();
  await reader.until(({ event }) => event === 'live');
  await queue.enqueueGraph({ graph });
  expect(await reader.next()).toMatchObject({ id: '1', event: 'batch_enqueued' });
  const sockets = async () => {
    const text = await (
      await fetch(`${url}/api/v1/queue/default/metrics`, { headers: { authorization: `Bearer ${key}` } })
    ).text();
    const found = /^switchyard_sockets\{[^}]*kind="events"[^}]*\} (\d+)$/m.exec(text);
    if (!found) throw new Error(`no such metric in: ${text}`);
    return Number(found[1]);
  };
  expect(await sockets()).toBe(1);
  abort.abort();
  while ((await sockets()) > 0) await queue.enqueueGraph({ graph });
});

test('a held request is answered by the runner’s work', { timeout: PATIENCE_MS }, async () => {
  const { url, key } = await system(1);
  const { item_id } = await createClient({ url, key }).queue().enqueueGraph({ graph });
  const held = await new Promise<{ status: string; applied: unknown }>((resolve, reject) => {
    const headers = { authorization: `Bearer ${key}`, prefer: 'wait=60' };
    http
      .get(`${url}/api/v1/queue/default/i/${item_id}/outputs`, { headers }, async (answer) => {
        let body = '';
        for await (const chunk of answer) body += chunk;
        resolve({ ...JSON.parse(body), applied: answer.headers['preference-applied'] });
      })
      .on('error', reject);
  });
  expect(held).toMatchObject({ status: 'completed', applied: 'wait=60', outputs: [{ result: { value: 3 } }] });
});
