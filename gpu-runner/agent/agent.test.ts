import { describe, expect, test } from 'vitest';
import type { EdgeCall, EdgeFault } from '../../test/support/fake-edge.ts';
import { EXIT } from './edge-error.ts';
import { edge, graphOf, start, statuses, useEdge, values, wholeLog } from './testing/agents.ts';

useEdge();

test('announces its types, and every item gets exactly its entries, in order', async () => {
  edge.queue.enqueue('b', graphOf('integer', 'add'), values(200));
  start();
  await edge.until(() => edge.queue.isDone);
  for (const item of edge.queue.items.values()) {
    expect(item.log).toEqual(wholeLog('n0', 'n1'));
    const value = item.values[0]?.value;
    expect(item.results.map(({ result }) => result)).toEqual([
      { type: 'integer_output', value },
      { type: 'integer_output', value },
    ]);
  }
  expect(edge.registrations[0]).toMatchObject({ engine: 1, types: { integer: '1.0.0' }, devices: [{ id: 'cpu' }] });
});

test('a wake over the socket fetches what was enqueued later', async () => {
  start();
  await edge.until(() => edge.socketCount === 1 && edge.calls.claim > 0);
  edge.queue.enqueue('b', graphOf('integer'), values(1));
  edge.order({ order: 'wake' });
  await edge.until(() => edge.queue.isDone);
  expect(edge.heartbeats.every(({ held }) => held.length === 0)).toBe(true);
});

test('without a wake the heartbeat finds the work', async () => {
  edge.heartbeatSeconds = 0.05;
  start();
  await edge.until(() => edge.calls.claim > 0);
  edge.queue.enqueue('b', graphOf('integer'), values(1));
  await edge.until(() => edge.queue.isDone);
});

describe('faults of the network', () => {
  const FAULTS: EdgeFault[] = ['lose', 'cut', 'twice', 'busy'];
  test.each(FAULTS)('every other call meets "%s", and nothing is lost or recorded twice', async (fault) => {
    edge.queue.enqueue('b', graphOf('integer', 'add'), values(40));
    edge.faultOf = (_, number) => (number % 2 === 1 ? fault : undefined);
    start();
    await edge.until(() => edge.queue.isDone);
    for (const item of edge.queue.items.values()) expect(item.log).toEqual(wholeLog('n0', 'n1'));
  });

  test('a repeated claim keeps its number until it is answered', async () => {
    edge.queue.enqueue('b', graphOf('integer'), values(3));
    edge.faultOf = (call, number) => (call === 'claim' && number <= 2 ? 'lose' : undefined);
    start();
    await edge.until(() => edge.queue.isDone);
    for (const item of edge.queue.items.values()) expect(item.state.fence).toBe(1);
  });

  test('an edge that forgot the registration is registered with again, and the work goes on', async () => {
    edge.queue.enqueue('b', graphOf('integer'), values(30));
    edge.faultOf = (call: EdgeCall, number) => (call === 'callbacks' && number === 1 ? 'over' : undefined);
    start();
    await edge.until(() => edge.queue.isDone);
    expect(edge.calls.register).toBe(2);
    expect(new Set(statuses())).toEqual(new Set(['completed']));
  });

  test('a heartbeat that hangs is not waited for longer than the runner may be silent', async () => {
    edge.heartbeatSeconds = 0.2;
    edge.faultOf = (call, number) => (call === 'heartbeat' && number === 1 ? 'hang' : undefined);
    start();
    await edge.until(() => edge.heartbeats.length > 0);
  });

  test('the socket comes back', async () => {
    start();
    await edge.until(() => edge.socketCount === 1);
    edge.cutSockets();
    await edge.until(() => edge.socketCount === 0);
    await edge.until(() => edge.socketCount === 1);
  });
});

describe('cancel', () => {
  test('stops a session at its next checkpoint; the device goes on with the next item', async () => {
    const [stepping = 0] = edge.queue.enqueue('b', graphOf('steps'), values(1));
    edge.queue.enqueue('c', graphOf('integer'), values(1));
    start();
    await edge.until(() => edge.queue.item(stepping).log.includes('invocation_started n0'));
    edge.cancel(stepping);
    await edge.until(() => edge.queue.isDone);
    expect(statuses()).toEqual(['canceled', 'completed']);
    expect(edge.queue.item(stepping).results).toEqual([]);
  });

  test('an order that got lost is repeated by the heartbeat', async () => {
    edge.heartbeatSeconds = 0.05;
    const [stepping = 0] = edge.queue.enqueue('b', graphOf('steps'), values(1));
    edge.queue.enqueue('c', graphOf('integer'), values(1));
    start();
    await edge.until(() => edge.queue.item(stepping).log.includes('invocation_started n0'));
    edge.queue.cancel(stepping);
    await edge.until(() => edge.queue.isDone);
  });

  test('a node that never returns costs its device the process, and nobody else anything', async () => {
    const [hanging = 0] = edge.queue.enqueue('b', graphOf('hang'), values(1));
    const [next = 0] = edge.queue.enqueue('c', graphOf('integer'), values(1));
    start({ hardCancelMs: 50 });
    await edge.until(() => edge.queue.item(hanging).log.includes('invocation_started n0'));
    edge.cancel(hanging);
    await edge.until(() => edge.queue.isDone);
    expect(edge.queue.item(next).log).toEqual(wholeLog('n0'));
  });

  test('does not wait for what the network brings, and costs no process', async () => {
    const image = { node_path: 'n0', field_name: 'image', value: { image_name: 'c'.repeat(64) } };
    edge.queue.enqueue('a', graphOf('pid'), values(1));
    const [reading = 0] = edge.queue.enqueue('b', graphOf('read'), [[image]]);
    const [last = 0] = edge.queue.enqueue('c', graphOf('pid'), values(1));
    edge.faultOf = (call) => (call === 'asset' ? 'hang' : undefined);
    start();
    await edge.until(() => edge.calls.asset === 1);
    edge.cancel(reading);
    await edge.until(() => edge.queue.isDone);
    expect(edge.queue.item(last).results).toEqual([{ ...edge.queue.item(1).results[0], invocation_id: 'n0' }]);
  });

  test('a lease that ended is dropped, and the item runs under its new one', async () => {
    edge.heartbeatSeconds = 0.05;
    const [stepping = 0] = edge.queue.enqueue('b', graphOf('steps'), values(1));
    start();
    await edge.until(() => edge.queue.item(stepping).log.includes('invocation_started n0'));
    edge.queue.revoke(stepping);
    await edge.until(() => edge.queue.item(stepping).state.fence === 2);
    await edge.until(() => edge.queue.item(stepping).log.filter((kind) => kind === 'session_started').length === 2);
    edge.cancel(stepping);
  });
});

describe('failures', () => {
  test('a node error ends its session with the class of the error, and keeps what ran', async () => {
    const [item_id = 0] = edge.queue.enqueue('b', graphOf('integer', 'fail'), values(1));
    start();
    await edge.until(() => edge.queue.isDone);
    const { state, log, results } = edge.queue.item(item_id);
    expect(log.slice(-2)).toEqual(['invocation_started n1', 'invocation_error n1']);
    expect(state.error).toMatchObject({ error_type: 'DeedError', error_message: 'it did not work' });
    expect(state.error?.error_traceback).toContain('device-child.ts');
    expect(results).toHaveLength(1);
  });

  test('inputs that do not fit are a node error too', async () => {
    const tooSmall = [{ node_path: 'n0', field_name: 'value', value: -1 }];
    const [item_id = 0] = edge.queue.enqueue('b', graphOf('integer', 'long'), [tooSmall]);
    start();
    await edge.until(() => edge.queue.isDone);
    const { state, log } = edge.queue.item(item_id);
    expect(state.error?.error_type).toBe('NodeInputError');
    expect(log.at(-1)).toBe('invocation_error n1');
  });

  test('a session that kills its device is tried once more and then fails; its neighbours complete', async () => {
    const [first = 0] = edge.queue.enqueue('a', graphOf('integer'), values(1));
    const [deadly = 0] = edge.queue.enqueue('b', graphOf('integer', 'die'), values(1));
    const [last = 0] = edge.queue.enqueue('c', graphOf('integer'), values(1));
    start();
    await edge.until(() => edge.queue.isDone);
    const { state, log } = edge.queue.item(deadly);
    expect(state.error).toMatchObject({ error_type: 'ProcessorError' });
    expect(state.error?.error_message).toMatch(/2 times in a row at the node "n1".*SIGKILL.*dmesg/);
    expect(log.at(-1)).toBe('invocation_error n1');
    expect(log.filter((kind) => kind === 'session_started')).toHaveLength(2);
    expect(log.filter((kind) => kind === 'invocation_complete n0')).toHaveLength(1);
    expect(edge.queue.item(first).log).toEqual(wholeLog('n0'));
    expect(edge.queue.item(last).log).toEqual(wholeLog('n0'));
  });
});

test('progress goes up only while somebody watches', async () => {
  const [stepping = 0] = edge.queue.enqueue('b', graphOf('steps'), values(1));
  start();
  await edge.until(() => edge.socketCount === 1 && edge.queue.item(stepping).log.includes('invocation_started n0'));
  expect(edge.reports).toEqual([]);
  edge.order({ order: 'watch', watched: true });
  await edge.until(() => edge.reports.length > 0);
  expect(edge.reports[0]).toMatchObject({
    report: 'progress',
    item_id: stepping,
    message: 'stepping',
    percentage: 0.5,
  });
  edge.cancel(stepping);
});

describe('the end', () => {
  test('a drain gives back what has not started at once, and what runs after the grace period', async () => {
    edge.queue.enqueue('b', graphOf('steps'), values(2));
    const { agent, ended } = start({ graceMs: 50 });
    await edge.until(
      () => edge.queue.item(1).log.includes('invocation_started n0') && edge.queue.item(2).state.runner_no !== null,
    );
    agent.drain('test');
    expect(await ended).toBe(EXIT.drained);
    expect(edge.queue.item(1).log.at(-1)).toBe('session_released');
    expect(edge.queue.item(2).log).toEqual(['session_released']);
    expect(edge.heartbeats.at(-1)).toMatchObject({ draining: true, held: [] });
  });

  test('a drain lets what runs finish within the grace period', async () => {
    let open = () => {};
    edge.uploadGate = new Promise((resolve) => {
      open = resolve;
    });
    edge.queue.enqueue('b', graphOf('write'), [[{ node_path: 'n0', field_name: 'text', value: 'late' }]]);
    const { agent, ended } = start();
    await edge.until(() => edge.calls.asset === 1);
    agent.drain('test');
    open();
    expect(await ended).toBe(EXIT.drained);
    expect(edge.queue.item(1).log).toEqual(wholeLog('n0'));
  });

  test('an idle runner that drains leaves the list and does not come back, though its goodbye comes twice', async () => {
    edge.faultOf = (call) => (call === 'heartbeat' ? 'twice' : undefined);
    const { agent, ended } = start();
    await edge.until(() => edge.calls.claim === 1);
    agent.drain('test');
    expect(await ended).toBe(EXIT.drained);
    expect(edge.queue.isRegistered).toBe(false);
    expect(edge.registrations).toHaveLength(1);
  });

  test('a drain does not wait for an edge that never answered', async () => {
    edge.faultOf = () => 'cut';
    const { agent, ended } = start();
    await edge.until(() => edge.calls.register > 0);
    agent.drain('test');
    expect(await ended).toBe(EXIT.drained);
  });

  test('nor, with nothing to deliver, for one that has gone away', async () => {
    edge.queue.enqueue('b', graphOf('integer'), values(1));
    const { agent, ended } = start();
    await edge.until(() => edge.queue.isDone);
    // One request follows the other: another claim says that the answers to the entries have arrived.
    edge.order({ order: 'wake' });
    await edge.until(() => edge.calls.claim === 2);
    edge.faultOf = () => 'cut';
    agent.drain('test');
    expect(await ended).toBe(EXIT.drained);
  });

  test('a key that is not accepted ends the runner with its exit code', async () => {
    expect(await start({ key: 'wrong' }).ended).toBe(EXIT.key);
  });

  test('a device that does not work here ends the runner before it registers', async () => {
    expect(await start({ device: 'cuda:7' }).ended).toBe(EXIT.device);
    expect(edge.calls.register).toBe(0);
  });
});
