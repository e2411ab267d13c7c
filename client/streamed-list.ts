/** A JSON list too large to hold, element by element as it arrives. */
import { ConnectionError } from './errors.ts';
import { JsonElements } from './json-elements.ts';
import { chunksOf } from './receive.ts';
import type { Call, Transport } from './transport.ts';

/**
 * Asked for again when the connection breaks before the first element; after it that is an error: what was given cannot be
 * taken back. The call is one that may be made twice.
 */
export async function* streamedList<Row>(
  transport: Transport,
  method: string,
  path: string,
  call: Call,
): AsyncGenerator<Row, void> {
  for (let attempt = 0; ; attempt++) {
    const response = await transport.read(method, path, call, async (answer) => answer);
    const elements = new JsonElements();
    const decoder = new TextDecoder();
    let given = false;
    try {
      for await (const chunk of chunksOf(response)) {
        const rows = elements.take(decoder.decode(chunk, { stream: true })) as Row[];
        given ||= rows.length > 0;
        yield* rows;
      }
      if (elements.ended) return;
      throw new Error('the list broke off');
    } catch (error) {
      call.signal?.throwIfAborted();
      const broken = new ConnectionError(path, error);
      if (given || error instanceof SyntaxError) throw broken;
      await transport.wait(broken, attempt, true, call.signal);
    }
  }
}
