import { expect, test } from 'vitest';
import type { CallbackKind } from '../../contract/runner/callbacks.ts';
import type { Grant } from '../../contract/runner/claim.ts';
import type { ToDevice } from '../device/messages.ts';
import type { EdgeApi } from './edge-api.ts';
import { Exchange, LINGER_MS, START_LINGERS_MS } from './exchange.ts';
import { makeLog } from './log.ts';
import type { Registration } from './registration.ts';
import { HandClock, settled } from './testing/hand-clock.ts';
import { Work } from './work.ts';

/** A runner with one device that has started the only item there is; `posts` is what went to the queue. */
async function running(watched = false) {
  const clock = new HandClock();
  const ending = new AbortController();
  const parts = { clock, log: makeLog('text', 'error'), ending: ending.signal };
  const work = new Work(parts);
  const posts: CallbackKind[][] = [];
  const grant: Grant = {
    ...{ item_id: 1, fence: 1, token: 't', session_id: 's', batch_id: 'b', user_id: 'u' },
    ...{ values: [], results: [], max_run_seconds: null, max_node_seconds: null, traceparent: null },
  };
  let claims = 0;
  const registration = {
    identity: { runner_id: 'r', epoch: 1 },
    nextClaim: () => ++claims,
    claimAnswered: () => {},
  } as unknown as Registration;
  const api = {
    claim: async ({ claim }: { claim: number }) => ({ claim, grants: claim === 1 ? [grant] : [], batches: [] }),
    async callbacks(body: string) {
      const { entries, claim } = JSON.parse(body) as {
        entries: { kind: CallbackKind }[];
        claim?: { claim: number };
      };
      posts.push(entries.map(({ kind }) => kind));
      return {
        answers: entries.map(() => ({ answer: 'recorded' })),
        ...(claim ? { claim: { claim: claim.claim, grants: [], batches: [] } } : {}),
      };
    },
  } as unknown as EdgeApi;
  let ticket = 0;
  const post = (message: ToDevice) => {
    if (message.kind === 'run') ticket = message.ticket;
  };
  work.deviceReady(0, { name: 'cpu', post, kill: () => {} });
  const exchange = new Exchange({
    ...parts,
    api,
    work,
    registration,
    uploadBytes: () => 0,
    loadedModels: () => [],
    isWatched: () => watched,
  });
  void exchange.run();
  await settled();
  const say = async (...kinds: CallbackKind[]) => {
    for (const kind of kinds) work.entry({ kind: 'entry', ticket, entry: kind, json: JSON.stringify({ kind }) });
    work.changed();
    await settled();
  };
  await say('session_started');
  await clock.pass(START_LINGERS_MS);
  return { clock, posts, say, stop: () => ending.abort() };
}

test('a start waits a little for company, and what follows it a tenth of a second', async () => {
  const { clock, posts, say, stop } = await running();
  expect(posts).toEqual([['session_started']]);
  await say('invocation_started', 'invocation_complete');
  await clock.pass(LINGER_MS - 1);
  await say('invocation_started');
  expect(posts).toHaveLength(1);
  await clock.pass(1);
  expect(posts[1]).toEqual(['invocation_started', 'invocation_complete', 'invocation_started']);
  stop();
});

test('an end goes at once, and takes along what waited', async () => {
  const { posts, say, stop } = await running();
  await say('invocation_started', 'invocation_complete');
  await say('session_complete');
  expect(posts[1]).toEqual(['invocation_started', 'invocation_complete', 'session_complete']);
  stop();
});

test('while somebody watches nothing waits', async () => {
  const { posts, say, stop } = await running(true);
  await say('invocation_started');
  await say('invocation_complete');
  expect(posts).toEqual([['session_started'], ['invocation_started'], ['invocation_complete']]);
  stop();
});

test('a time of day that is set back, or forward, makes nothing wait for longer', async () => {
  const { clock, posts, say, stop } = await running();
  await say('invocation_started');
  clock.jump(-3_600_000);
  await say('invocation_complete');
  expect(posts).toHaveLength(2);
  await say('invocation_started');
  clock.jump(3_600_000);
  await say('invocation_complete');
  expect(posts.slice(1).flat()).toHaveLength(4);
  stop();
});
