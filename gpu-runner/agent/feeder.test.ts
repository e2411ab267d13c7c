import { describe, expect, test } from 'vitest';
import { BatchGraphs } from './batch-graphs.ts';
import { type DevicePort, Feeder } from './feeder.ts';
import { type Held, Holdings } from './holdings.ts';

const grant = (item_id: number, fence = 1) => ({
  ...{
    item_id,
    fence,
    token: 't',
    session_id: 's',
    batch_id: 'b',
    user_id: 'u',
    values: [],
    results: [],
    max_run_seconds: null,
    max_node_seconds: null,
    traceparent: null,
  },
});

describe('the feeder', () => {
  function feeding(sessions: number, suspects: number[] = []) {
    const holdings = new Holdings();
    const runsAlone = ({ item_id }: { item_id: number }) => suspects.includes(item_id);
    const feeder = new Feeder({ holdings, graphs: new BatchGraphs(), sessions, runsAlone });
    const told: number[] = [];
    const port: DevicePort = {
      name: 'cpu',
      post: (message) => void (message.kind === 'run' && told.push(message.ticket)),
      kill: () => {},
    };
    const add = (...item_ids: number[]) =>
      item_ids.map((item_id) => {
        const held = holdings.add(grant(item_id));
        feeder.add(held);
        return held;
      });
    const finish = (held: Held | undefined) => {
      if (!held) return;
      holdings.work(held, 'end');
      feeder.finished(held);
      feeder.feed(null);
    };
    return { holdings, feeder, port, told, add, finish };
  }

  test('an item that is taken from the buffer of a device’s new process leaves no room there', () => {
    const { holdings, feeder, port, told, add, finish } = feeding(1);
    const held = add(1, 2, 3);
    feeder.ready(0, port);
    feeder.feed(0.005);
    expect(told).toEqual([1, 2, 3]);
    feeder.lost(0);
    for (const each of held) holdings.work(each, 'unfeed');
    feeder.putBack(held);
    feeder.ready(0, port);
    feeder.feed(null);
    const [, recalled] = held;
    if (recalled) feeder.remove(recalled);
    finish(recalled);
    expect(told).toEqual([1, 2, 3, 1]);
  });

  test('a suspect waits until its device is empty, and has it for itself until it has ended', () => {
    const { feeder, port, told, add, finish } = feeding(3, [2, 3]);
    const [first, second, third] = add(1, 2, 3, 4, 5, 6);
    feeder.ready(0, port);
    feeder.feed(0.000_1);
    expect(told).toEqual([1]);
    finish(first);
    expect(told).toEqual([1, 2]);
    finish(second);
    expect(told).toEqual([1, 2, 3]);
    finish(third);
    expect(told).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test('a device that died alone with a suspect takes others again', () => {
    const { holdings, feeder, port, told, add, finish } = feeding(2, [1]);
    const [suspect] = add(1, 2);
    feeder.ready(0, port);
    feeder.feed(null);
    feeder.lost(0);
    if (suspect) holdings.work(suspect, 'end');
    if (suspect) feeder.finished(suspect);
    feeder.ready(0, port);
    finish(undefined);
    feeder.feed(null);
    expect(told).toEqual([1, 2]);
  });
});
