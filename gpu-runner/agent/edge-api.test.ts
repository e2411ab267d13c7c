import { getEventListeners } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { EdgeApi } from './edge-api.ts';

/** An edge that answers, and hangs while it is asked for a heartbeat. */
async function edge() {
  const server = http.createServer((request, response) => {
    request.resume().on('end', () => {
      if (!request.url?.includes('heartbeat')) response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const ending = new AbortController();
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { ending, api: new EdgeApi({ url, key: 'k', queue_id: 'default' }, ending.signal) };
}

const BEAT = { runner_id: 'r', epoch: 1, claim: 0, held: [], draining: false };

test('what is no name of an asset never becomes a part of an address', async () => {
  const { api } = await edge();
  for (const name of ['../keys', 'a'.repeat(63), `${'a'.repeat(64)}?queue_id=other`])
    await expect(api.getAsset(name)).rejects.toMatchObject({
      status: 404,
      message: `"${name}" is no name of an asset`,
    });
});

test('a call ends at its limit, and with the agent', async () => {
  const { api, ending } = await edge();
  await expect(api.heartbeat(BEAT, 20)).rejects.toThrow('no answer within 20 ms');
  const hanging = api.heartbeat(BEAT, 60_000);
  ending.abort();
  await expect(hanging).rejects.toMatchObject({ name: 'AbortError' });
  await expect(api.heartbeat(BEAT, 60_000)).rejects.toMatchObject({ name: 'AbortError' });
});

test('a call that is over leaves nothing that waits', async () => {
  const { api, ending } = await edge();
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  const before = timers();
  for (let call = 0; call < 20; call++) await api.putAsset('a'.repeat(64), 'text/plain', Buffer.from('x'));
  expect(getEventListeners(ending.signal, 'abort')).toHaveLength(0);
  expect(timers() - before).toBeLessThan(20);
});
