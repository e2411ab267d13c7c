import { describe, expect, test } from 'vitest';
import { jsonList, streamedJson } from './streamed-json.ts';

/** Parts as they are made, and what became of their maker. */
function counted(parts: (string | Error)[]) {
  const state = { made: 0, ended: false };
  async function* make() {
    try {
      for (const part of parts) {
        state.made++;
        if (part instanceof Error) throw part;
        yield part;
      }
    } finally {
      state.ended = true;
    }
  }
  return { state, parts: make() };
}

describe('streamed JSON', () => {
  test('is the parts in order', async () => {
    const response = await streamedJson(counted(['[1', ',2', ']']).parts);
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(await response.json()).toEqual([1, 2]);
  });

  test('is made no faster than it is read', async () => {
    const { state, parts } = counted(Array.from({ length: 100 }, () => '0'));
    const reader = (await streamedJson(parts)).body?.getReader();
    await reader?.read();
    expect(state.made).toBeLessThan(5);
  });

  test('a failure before the first part is the caller’s to answer', async () => {
    await expect(streamedJson(counted([new Error('no')]).parts)).rejects.toThrow('no');
  });

  test('a later failure breaks the answer, so that half of it is not taken for the whole', async () => {
    const response = await streamedJson(counted(['[1', new Error('broke'), ']']).parts);
    await expect(response.text()).rejects.toThrow('broke');
  });

  test('a reader that goes away ends the maker', async () => {
    const { state, parts } = counted(Array.from({ length: 100 }, () => '0'));
    const { body } = await streamedJson(parts);
    await body?.cancel();
    expect(state).toMatchObject({ ended: true });
    expect(state.made).toBeLessThan(5);
  });

  test('a large element of a list is made when those before it have been read', async () => {
    let made = 0;
    function* elements() {
      for (; made < 100; made++) yield String(made % 10).repeat(100_000);
    }
    async function* chunks() {
      yield elements();
    }
    const reader = (await streamedJson(jsonList(chunks()))).body?.getReader();
    await reader?.read();
    expect(made).toBeLessThan(5);
    await reader?.cancel();
  });

  test('a list of chunks is one list, whichever of them are empty', async () => {
    const textOf = async (chunks: unknown[][]) => {
      let text = '';
      for await (const part of jsonList(
        (async function* () {
          yield* chunks;
        })(),
      ))
        text += part;
      return text;
    };
    expect(await textOf([])).toBe('[]');
    expect(await textOf([[], []])).toBe('[]');
    expect(await textOf([[], [1, 'a'], [], [{ b: null }]])).toBe('[1,"a",{"b":null}]');
  });
});
