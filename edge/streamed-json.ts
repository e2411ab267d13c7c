/** Answers that are made as fast as they are read: however large, neither the Worker nor the queue holds them whole. */

const encoder = new TextEncoder();

/**
 * Answers with the JSON whose text `parts` yields. The first part is made before the answer begins, so that what goes
 * wrong until then is still a problem document; later it breaks the connection, which no client takes for the end.
 */
export async function streamedJson(parts: AsyncGenerator<string, void>): Promise<Response> {
  let next = await parts.next();
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        if (next.done) return controller.close();
        controller.enqueue(encoder.encode(next.value));
        next = await parts.next();
      },
      async cancel() {
        await parts.return();
      },
    },
    { highWaterMark: 1 },
  );
  return new Response(body, { headers: { 'content-type': 'application/json' } });
}

/** The text of a JSON list whose elements come in chunks. */
export async function* jsonList(chunks: AsyncIterable<readonly unknown[]>): AsyncGenerator<string, void> {
  let before = '[';
  for await (const chunk of chunks) {
    if (chunk.length === 0) continue;
    yield before + chunk.map((element) => JSON.stringify(element)).join(',');
    before = ',';
  }
  yield before === '[' ? '[]' : ']';
}
