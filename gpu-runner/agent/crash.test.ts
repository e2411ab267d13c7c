import { describe, expect, test } from 'vitest';
import { defaultMemoryLimit } from '../device/memory-limit.ts';
import { type Blame, type LossCause, lastEntries, nextCrashCount } from './crash.ts';
import { CrashCounts } from './crash-counts.ts';
import { causeOf, type ProcessEnd } from './device-end.ts';

describe('crashes', () => {
  test('count in a row, and start again after a new result', () => {
    const once = nextCrashCount(undefined, 3);
    expect(once).toEqual({ crashes: 1, results: 3 });
    expect(nextCrashCount(once, 3).crashes).toBe(2);
    expect(nextCrashCount(once, 4).crashes).toBe(1);
  });

  const crashed = { deliberate: false, reason: 'device crashed: signal SIGSEGV', advice: 'Look there.' };
  const running = { canceled: false, results: 7, started: true };
  const at = { node: { invocation_id: 'n1', since: 1_000 }, device: 'cpu', now: 3_500 };
  const guilty = (crashes: number): Blame => ({ blame: 'guilty', crashes });
  test.each<[string, Partial<typeof running>, LossCause, Blame, string[]]>([
    ['alone, the first time', {}, crashed, guilty(1), ['session_released']],
    ['alone, the second time', {}, crashed, guilty(2), ['invocation_error', 'session_failed']],
    ['one of several', {}, crashed, { blame: 'suspect', among: 2 }, ['session_released']],
    ['killed by the agent', {}, { deliberate: true, reason: 'drained' }, { blame: 'innocent' }, ['session_released']],
    ['canceled', { canceled: true }, crashed, guilty(2), ['session_stopped']],
    [
      'never heard of',
      { started: false },
      crashed,
      guilty(2),
      ['session_started', 'invocation_error', 'session_failed'],
    ],
  ])('%s → its last entries', (_, over, cause, blame, kinds) => {
    expect(lastEntries({ ...running, ...over }, cause, blame, at).map(({ kind }) => kind)).toEqual(kinds);
  });

  test('the error stands on the node, says what happened and what to look at, and follows the results', () => {
    const [ofNode, ofSession] = lastEntries(running, crashed, guilty(2), at);
    expect(ofNode).toMatchObject({ invocation_id: 'n1', seconds: 2.5, error: { error_type: 'ProcessorError' } });
    expect(JSON.stringify(ofNode)).toMatch(/2 times in a row at the node .*n1.*SIGSEGV\. Look there\./);
    expect(ofSession).toMatchObject({ kind: 'session_failed', results: 7 });
  });

  test('only who was alone is charged; a suspect is remembered until it ends by itself', () => {
    const counts = new CrashCounts();
    counts.suspect(1);
    expect([counts.isSuspect(1), counts.isSuspect(2)]).toEqual([true, false]);
    expect(counts.charge(1, 0).crashes).toBe(1);
    counts.suspect(1);
    expect(counts.charge(1, 0).crashes).toBe(2);
    counts.forget(1);
    expect(counts.isSuspect(1)).toBe(false);
    for (let item_id = 0; item_id < 2_000; item_id++) counts.suspect(item_id);
    expect([counts.isSuspect(0), counts.isSuspect(1_999)]).toEqual([false, true]);
  });
});

describe('how a device ended', () => {
  const end = { killed: null, how: 'signal SIGKILL', memory: null, lines: [] };
  test.each<[string, Partial<ProcessEnd>, string, RegExp]>([
    ['by the agent', { killed: 'drained' }, 'drained', /^$/],
    ['from outside', {}, 'device crashed: signal SIGKILL', /memory ran out.*dmesg/],
    ['in native code', { how: 'signal SIGSEGV' }, 'device crashed: signal SIGSEGV', /onnxruntime/],
    ['by itself', { how: 'exit code 3' }, 'device crashed: exit code 3', /process\.exit/],
    ['with words', { how: 'exit code 1', lines: ['Error: no', ' at x'] }, 'device crashed: exit code 1', /Error: no/],
    [
      'of its memory',
      { memory: { taken: 3 * 1024 ** 3, limit: 2 * 1024 ** 3 } },
      'it took 3 GB of memory, and 2 GB is what it may (--memory-limit)',
      /more memory/,
    ],
    [
      'of its heap',
      { how: 'signal SIGABRT', lines: ['FATAL ERROR: … JavaScript heap out of memory'] },
      'the JavaScript heap is full',
      /max-old-space-size/,
    ],
  ])('%s', (_, over, reason, advice) => {
    const cause = causeOf({ ...end, ...over });
    expect(cause.reason).toBe(reason);
    expect(cause.advice ?? '').toMatch(advice);
    expect(cause.error_type).toBe(/memory|heap/.test(reason) ? 'MemoryLimitError' : undefined);
  });

  test('of what a machine has, most may be taken; of what its control group allows, if that is less', () => {
    expect(defaultMemoryLimit({ total: 1_000, constrained: 0 })).toBe(900);
    expect(defaultMemoryLimit({ total: 1_000, constrained: 100 })).toBe(90);
    expect(defaultMemoryLimit({ total: 1_000, constrained: 2 ** 64 })).toBe(900);
  });
});
