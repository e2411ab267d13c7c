import { expect, test } from 'vitest';
import { systemClock } from './clock.ts';
import { makeLog } from './log.ts';
import { Work } from './work.ts';

const grant = (item_id: number, fence = 1) => ({
  ...{ item_id, fence, token: 't', session_id: 's', batch_id: 'b', user_id: 'u' },
  ...{ values: [], results: [], max_run_seconds: null, max_node_seconds: null, traceparent: null },
});

test('what waits behind a suspect goes on when the suspect’s lease ends before its turn', () => {
  const work = new Work({ clock: systemClock, log: makeLog('text', 'error'), sessions: 2 });
  const ran: number[] = [];
  const port = {
    name: 'cpu',
    post: (message: { kind: string; grant?: { item_id: number } }) => {
      if (message.kind === 'run' && message.grant) ran.push(message.grant.item_id);
    },
    kill: () => {},
  };
  const granted = (...grants: ReturnType<typeof grant>[]) => work.granted({ claim: 1, grants, batches: [] });
  work.deviceReady(0, port);
  granted(grant(1), grant(2));
  const running = [1, 2].map((ticket) => ({ ticket, invocation_id: 'n' }));
  work.deviceLost(0, { running, current: 1, sequence: 2 }, { deliberate: false, reason: 'it crashed' });
  work.deviceReady(0, port);
  granted(grant(3), grant(1, 2), grant(4));
  expect(ran).toEqual([1, 2, 3]);
  work.gone([1]);
  expect(ran).toEqual([1, 2, 3, 4]);
});
