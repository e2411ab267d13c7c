import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { EdgeFault } from '../../test/support/fake-edge.ts';
import { edge, graphOf, start, statuses, useEdge, values, wholeLog } from './testing/agents.ts';

useEdge();

describe('assets', () => {
  const text = (item_id: number) => [{ node_path: 'n0', field_name: 'text', value: `text ${item_id}` }];

  test('an upload holds back the later entries of its own item, and of no other', async () => {
    let open = () => {};
    edge.uploadGate = new Promise((resolve) => {
      open = resolve;
    });
    const [writing = 0] = edge.queue.enqueue('b', graphOf('write'), [text(1)]);
    const [other = 0] = edge.queue.enqueue('c', graphOf('integer'), values(1));
    start();
    await edge.until(() => edge.queue.item(other).state.status === 'completed' && edge.calls.asset === 1);
    expect(edge.queue.item(writing).log).toEqual(['session_started', 'invocation_started n0']);
    open();
    await edge.until(() => edge.queue.isDone);
    expect(edge.queue.item(writing).log).toEqual(wholeLog('n0'));
    const [image_name = '', bytes] = [...edge.assets][0] ?? [];
    expect(edge.queue.item(writing).results[0]?.result).toEqual({ type: 'image_output', image: { image_name } });
    expect(bytes?.toString()).toBe('text 1');
  });

  test('the same bytes go up once', async () => {
    edge.queue.enqueue('b', graphOf('write'), [text(1), text(1), text(1)]);
    start();
    await edge.until(() => edge.queue.isDone);
    expect(edge.calls.asset).toBe(1);
  });

  test('the same bytes go up once, over the end of a registration', async () => {
    edge.queue.enqueue('b', graphOf('write'), [text(1)]);
    start();
    await edge.until(() => edge.queue.isDone);
    edge.faultOf = (call) => (call === 'claim' && edge.registrations.length === 1 ? 'over' : undefined);
    edge.queue.enqueue('c', graphOf('write'), [text(1)]);
    edge.order({ order: 'wake' });
    await edge.until(() => edge.registrations.length === 2 && edge.queue.isDone);
    expect([statuses(), edge.calls.asset]).toEqual([['completed', 'completed'], 1]);
  });

  test.each<EdgeFault>(['cut', 'busy'])('an upload that meets "%s" is made again', async (fault) => {
    edge.faultOf = (call, number) => (call === 'asset' && number <= 2 ? fault : undefined);
    edge.queue.enqueue('b', graphOf('write'), [text(1)]);
    start();
    await edge.until(() => edge.queue.isDone);
    expect([statuses(), edge.calls.asset]).toEqual([['completed'], 3]);
  });

  test('bytes that arrived are not sent again because their answer was lost', async () => {
    edge.faultOf = (call, number) => (call === 'asset' && number === 1 ? 'lose' : undefined);
    edge.queue.enqueue('b', graphOf('write'), [text(1)]);
    start();
    await edge.until(() => edge.queue.isDone);
    expect([statuses(), edge.calls.asset, edge.calls.hold]).toEqual([['completed'], 1, 1]);
  });

  test('many bytes that another runner of the queue stored are not sent at all', async () => {
    const large = 'x'.repeat(256 * 1024);
    edge.assets.set(createHash('sha256').update(large).digest('hex'), Buffer.from(large));
    edge.queue.enqueue('b', graphOf('write'), [[{ node_path: 'n0', field_name: 'text', value: large }]]);
    start();
    await edge.until(() => edge.queue.isDone);
    expect([statuses(), edge.calls.asset, edge.calls.hold]).toEqual([['completed'], 0, 1]);
  });

  test('a session goes on computing while what it stored is on its way', async () => {
    let open = () => {};
    edge.uploadGate = new Promise((resolve) => {
      open = resolve;
    });
    const { nodes, ...rest } = graphOf('write', 'write');
    const graph = { ...rest, nodes: nodes.map((node) => ({ ...node, text: node.id })), edges: [] };
    const [item_id = 0] = edge.queue.enqueue('b', graph, [[]]);
    start();
    await edge.until(() => edge.calls.asset === 2 && edge.queue.item(item_id).log.length === 2);
    expect(edge.queue.item(item_id).log).toEqual(['session_started', 'invocation_started n0']);
    open();
    await edge.until(() => edge.queue.isDone);
    expect(edge.queue.item(item_id).log).toEqual(wholeLog('n0', 'n1'));
  });

  test('an output that is too large for a record goes up as one, before the record that names it', async () => {
    const [item_id = 0] = edge.queue.enqueue('b', graphOf('long'), [
      [{ node_path: 'n0', field_name: 'length', value: 70_000 }],
    ]);
    start();
    await edge.until(() => edge.queue.isDone);
    const [asset_name = '', bytes] = [...edge.assets][0] ?? [];
    expect(edge.queue.item(item_id).log).toEqual(wholeLog('n0'));
    expect(edge.queue.item(item_id).results[0]?.result).toEqual({
      type: 'string_output',
      value: { asset_name, content_type: 'application/json', stored: 'string' },
    });
    expect(JSON.parse(bytes?.toString() ?? '')).toBe('x'.repeat(70_000));
  });

  const INPUT = createHash('sha256').update('input').digest('hex');
  const reading = (image_name: string) => [{ node_path: 'n0', field_name: 'image', value: { image_name } }];

  test.each<EdgeFault>(['cut', 'busy'])('a read that meets "%s" is made again', async (fault) => {
    edge.assets.set(INPUT, Buffer.from('input'));
    edge.faultOf = (call, number) => (call === 'asset' && number <= 2 ? fault : undefined);
    edge.queue.enqueue('b', graphOf('read'), [reading(INPUT)]);
    start();
    await edge.until(() => edge.queue.isDone);
    expect(edge.queue.item(1).results[0]?.result).toEqual({ type: 'string_output', value: 'input' });
  });

  test('a read that brings other bytes than its name says is made again', async () => {
    edge.assets.set(INPUT, Buffer.from('damaged'));
    edge.queue.enqueue('b', graphOf('read'), [reading(INPUT)]);
    start();
    await edge.until(() => edge.calls.asset > 0);
    edge.assets.set(INPUT, Buffer.from('input'));
    await edge.until(() => edge.queue.isDone);
    expect(edge.queue.item(1).results[0]?.result).toEqual({ type: 'string_output', value: 'input' });
  });

  test('an asset that is not there is an error of the node that wants it', async () => {
    edge.queue.enqueue('b', graphOf('read'), [reading('b'.repeat(64))]);
    start();
    await edge.until(() => edge.queue.isDone);
    expect(edge.queue.item(1).state.error).toMatchObject({ error_type: 'AssetError', error_message: 'no asset' });
  });

  test('a refused upload fails its item as ours, not as the node’s', async () => {
    edge.faultOf = (call) => (call === 'asset' ? 'over' : undefined);
    const [item_id = 0] = edge.queue.enqueue('b', graphOf('write'), [text(1)]);
    start();
    await edge.until(() => edge.queue.isDone);
    expect(edge.queue.item(item_id).state.error).toMatchObject({ error_type: 'ProcessorError' });
  });
});
