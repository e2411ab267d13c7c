import { expect, onTestFinished, test } from 'vitest';
import type { UnapprovedNode } from '../../contract/graph/custom-node.ts';
import type { RegisterResult, RunnerTypesBody } from '../../contract/runner/register.ts';
import { Approval } from './approval.ts';
import { EdgeRefusal, FatalError } from './edge-error.ts';

const node = (name: string, reason: UnapprovedNode['reason'] = 'pending'): UnapprovedNode => ({
  ...{ type: `acme:${name}`, version: '1.0.0', digest: '0'.repeat(64), reason, detail: 'Have it approved.' },
});

type Answer = UnapprovedNode[] | Error;

/** An approval whose waits pass at once, until there is no answer left. */
function world(registered: UnapprovedNode[], answers: Answer[]) {
  const ending = new AbortController();
  const seen = { asked: [] as RunnerTypesBody[], waits: [] as number[], approved: 0, log: [] as string[] };
  const state = { epoch: 1, unapproved: registered };
  const write = (_: unknown, text: string) => void seen.log.push(text);
  const approval = new Approval({
    api: {
      async types(body) {
        seen.asked.push(body);
        const answer = answers.shift() ?? [];
        if (answers.length === 0) ending.abort();
        if (answer instanceof Error) throw answer;
        return { unapproved: answer };
      },
    },
    registration: {
      get identity() {
        return { runner_id: 'r', epoch: state.epoch };
      },
      get current() {
        return state as unknown as RegisterResult;
      },
    },
    clock: {
      now: () => 0,
      random: () => 1,
      later(ms, callback) {
        seen.waits.push(ms);
        queueMicrotask(callback);
        return () => undefined;
      },
    },
    log: { warn: write, info: write, debug: () => undefined } as never,
    ending: ending.signal,
    onApproved: () => void seen.approved++,
  });
  onTestFinished(() => ending.abort());
  return { approval, seen, state, ending };
}

const ABILITIES = { types: { add: '1.0.0', 'acme:a': '1.0.0' }, nodes: [] };

test('asks with what it registered until nothing is left, and says each thing once', async () => {
  const { approval, seen } = world([node('a'), node('b')], [[node('a'), node('b')], [node('b')], [node('b')], []]);
  approval.registered();
  await approval.run(ABILITIES);
  expect(seen.asked[0]).toEqual({ runner_id: 'r', epoch: 1, ...ABILITIES });
  expect(seen.asked).toHaveLength(4);
  expect(seen.approved).toBe(2);
  expect(seen.log).toEqual([
    'no work comes with "acme:a" 1.0.0: Have it approved.',
    'no work comes with "acme:b" 1.0.0: Have it approved.',
    '"acme:a" is approved',
    '"acme:b" is approved',
  ]);
});

test('asks less and less often', async () => {
  const { approval, seen } = world(
    [node('a')],
    Array.from({ length: 10 }, () => [node('a')]),
  );
  approval.registered();
  await approval.run(ABILITIES);
  expect(seen.waits.slice(0, 3)).toEqual([2_000, 3_000, 4_500]);
  expect(Math.max(...seen.waits)).toBe(30_000);
});

test('a decision that changes is told anew', async () => {
  const { approval, seen } = world([node('a')], [[node('a', 'rejected')], [node('a', 'rejected')]]);
  approval.registered();
  await approval.run(ABILITIES);
  expect(seen.log).toHaveLength(2);
});

test('an edge that does not answer, or has another registration, is asked again', async () => {
  const away = [new Error('no answer'), new EdgeRefusal(409, null), new EdgeRefusal(503, null)];
  const { approval, seen } = world([node('a')], [...away, []]);
  approval.registered();
  await approval.run(ABILITIES);
  expect([seen.asked.length, seen.approved]).toEqual([4, 1]);
});

test('a key that is no longer good ends the runner', async () => {
  const { approval } = world([node('a')], [new EdgeRefusal(401, null), []]);
  approval.registered();
  await expect(approval.run(ABILITIES)).rejects.toThrow(FatalError);
});

test('with everything approved it asks nothing, until another registration says otherwise', async () => {
  const { approval, seen, state } = world([], [[]]);
  approval.registered();
  const running = approval.run(ABILITIES);
  await Promise.resolve();
  expect(seen.asked).toEqual([]);
  state.unapproved = [node('a')];
  approval.registered();
  await running;
  expect(seen.asked).toHaveLength(1);
});
