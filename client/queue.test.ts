import { describe, expect, test } from 'vitest';
import { QueueClient } from './queue.ts';
import { Transport } from './transport.ts';

/** A queue of a service that answers with `pages`, by the cursor that is asked for. */
function queueOf(pages: Record<string, object>) {
  const asked: string[] = [];
  const transport = new Transport({
    url: 'http://127.0.0.1',
    key: 'k',
    fetch: async (input) => {
      const url = new URL(String(input));
      asked.push(url.pathname + url.search);
      return Response.json(pages[url.searchParams.get('cursor') ?? '']);
    },
  });
  return { queue: new QueueClient(transport, 'q'), asked };
}

describe('what an item ran and returned', () => {
  const output = (invocation_id: string) => ({ invocation_id, invocation_source_id: 'n', type: 'integer', result: {} });

  test('outputs are put together from all of their pages, with the status of the last', async () => {
    const { queue, asked } = queueOf({
      '': { item_id: 7, status: 'in_progress', outputs: [output('a'), output('b')], next_cursor: 'x' },
      x: { item_id: 7, status: 'completed', outputs: [output('c')], next_cursor: null },
    });
    const { outputs, ...rest } = await queue.outputs(7);
    expect(outputs.map((one) => one.invocation_id)).toEqual(['a', 'b', 'c']);
    expect(rest).toEqual({ item_id: 7, status: 'completed' });
    expect(asked).toEqual(['/api/v1/queue/q/i/7/outputs', '/api/v1/queue/q/i/7/outputs?cursor=x']);
  });

  test('invocations come one by one, and a page is asked for when the one before it was read', async () => {
    const page = (ids: string[], next_cursor: string | null) => ({ invocations: ids.map(output), next_cursor });
    const { queue, asked } = queueOf({ '': page(['a', 'b'], 'x'), x: page([], 'y'), y: page(['c'], null) });
    const seen: string[] = [];
    for await (const { invocation_id } of queue.invocations(7)) {
      seen.push(invocation_id);
      if (invocation_id === 'b') expect(asked).toHaveLength(1);
    }
    expect(seen).toEqual(['a', 'b', 'c']);
    expect(asked).toHaveLength(3);
  });
});
