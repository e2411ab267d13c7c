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

/** Characters of a part that is sent before more elements join it. */
const PART_LENGTH = 64 * 1024;

/** The text of a JSON list whose elements come in chunks. An element is asked for when those before it have been read. */
export async function* jsonList(chunks: AsyncIterable<Iterable<unknown>>): AsyncGenerator<string, void> {
  let text = '[';
  let before = '';
  for await (const chunk of chunks)
    for (const element of chunk) {
      text += before + JSON.stringify(element);
      before = ',';
      if (text.length < PART_LENGTH) continue;
      yield text;
      text = '';
    }
  yield `${text}]`;
}
