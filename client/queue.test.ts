import { describe, expect, test } from 'vitest';
import { QueueClient } from './queue.ts';
import { FakeService, ok } from './testing/fake-service.ts';
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

describe('lists that are too large for one answer', () => {
  const rows = (ids: number[]) => ids.map((item_id) => ({ item_id, text: '],[{"é' }));
  /** In pieces of `size` bytes. */
  const inPieces = (text: string, size: number, end: (controller: ReadableStreamDefaultController) => void) => {
    const bytes = new TextEncoder().encode(text);
    let at = 0;
    return new Response(
      new ReadableStream({
        pull(controller) {
          if (at >= bytes.length) return end(controller);
          controller.enqueue(bytes.slice(at, at + size));
          at += size;
        },
      }),
    );
  };
  const closes = (controller: ReadableStreamDefaultController) => controller.close();
  const breaks = (controller: ReadableStreamDefaultController) => controller.error(new TypeError('terminated'));
  const idsOf = async (list: AsyncIterable<{ item_id: number }>) => {
    const ids: number[] = [];
    for await (const { item_id } of list) ids.push(item_id);
    return ids;
  };

  test('come element by element, however they are cut, and as many ids at a time as a call takes', async () => {
    const wanted = Array.from({ length: 2_300 }, (_, index) => index + 1);
    const fake = new FakeService().on('POST items_by_ids', ({ body }) =>
      inPieces(JSON.stringify(rows((body as { item_ids: number[] }).item_ids)), 7, closes),
    );
    expect(await idsOf(fake.client.queue().itemsByIds(wanted))).toEqual(wanted);
    expect(fake.asked.map(({ body }) => (body as { item_ids: number[] }).item_ids.length)).toEqual([1_000, 1_000, 300]);
    expect(await idsOf(fake.client.queue().itemsByIds([]))).toEqual([]);
  });

  test('are errors when they break off, also where the connection ends well', async () => {
    for (const [end, text] of [
      [breaks, '[{"item_id":1},{"item_'],
      [closes, '[{"item_id":1},{"item_'],
      [closes, '[{"item_id":1},x]'],
    ] as const) {
      const fake = new FakeService().on('GET list_all', () => inPieces(text, 100, end));
      const seen: number[] = [];
      const read = async () => {
        for await (const { item_id } of fake.client.queue().listAll()) seen.push(item_id);
      };
      await expect(read()).rejects.toMatchObject({ name: 'ConnectionError' });
      expect(fake.asked).toHaveLength(1);
    }
  });

  test('are asked for again when they break off before the first element', async () => {
    const again = (first: Response) =>
      new FakeService().on(
        'GET list_all',
        () => first,
        () => inPieces(JSON.stringify(rows([1, 2])), 100, closes),
      );
    for (const first of [
      inPieces('[{"item_', 100, breaks),
      inPieces('[{"item_id":1}', 100, closes),
      new Response(''),
    ]) {
      const fake = again(first);
      expect(await idsOf(fake.client.queue().listAll())).toEqual([1, 2]);
      expect(fake.asked).toHaveLength(2);
    }
    const stop = new AbortController();
    const fake = new FakeService().on('GET list_all', () => {
      stop.abort(new Error('enough'));
      return inPieces('[', 100, breaks);
    });
    await expect(idsOf(fake.client.queue().listAll({ signal: stop.signal }))).rejects.toThrow('enough');
    expect(fake.asked).toHaveLength(1);
  });

  test('end their connection when nobody reads on', async () => {
    let canceled = false;
    const body = new ReadableStream({
      pull: (controller) => controller.enqueue(new TextEncoder().encode('[{"item_id":1},')),
      cancel: () => {
        canceled = true;
      },
    });
    const fake = new FakeService().on('GET list_all', () => new Response(body));
    for await (const item of fake.client.queue().listAll({ destination: 'a b' })) if (item) break;
    expect(canceled).toBe(true);
    expect(fake.asked[0]?.url.search).toBe('?destination=a+b');
  });
});

test('names stand in paths as they are, whatever is in them', async () => {
  const fake = new FakeService().on('DELETE d/a%2Fb%3Fc%23', ok({ deleted: 1 }));
  expect(await fake.client.queue('q/..').deleteByDestination('a/b?c#')).toEqual({ deleted: 1 });
  expect(fake.asked[0]?.url.pathname).toBe('/api/v1/queue/q%2F../d/a%2Fb%3Fc%23');
});

test('a wait goes on until the item is final, and then reads it', async () => {
  const page = (status: string) => ok({ item_id: 7, status, outputs: [], next_cursor: null });
  const fake = new FakeService()
    .on('GET i/7/outputs', page('pending'), page('in_progress'), page('failed'))
    .on('GET i/7', ok({ item_id: 7, status: 'failed' }));
  expect(await fake.client.queue().wait(7)).toEqual({ item_id: 7, status: 'failed' });
  expect(fake.asked.map(({ url }) => url.search)).toEqual([...Array(3).fill('?wait=60&limit=1'), '']);
});
