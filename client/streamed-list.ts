/** A JSON list too large to hold, element by element as it arrives. */
import { ConnectionError, SwitchyardError } from './errors.ts';
import { JsonElements } from './json-elements.ts';
import { chunksOf } from './receive.ts';
import type { Call, Transport } from './transport.ts';

/** A connection that breaks after the first element is an error: what was given cannot be taken back. */
export async function* streamedList<Row>(
  transport: Transport,
  method: string,
  path: string,
  call: Call,
): AsyncGenerator<Row, void> {
  const response = await transport.read(method, path, call, async (answer) => answer);
  const elements = new JsonElements();
  const decoder = new TextDecoder();
  try {
    for await (const chunk of chunksOf(response))
      yield* elements.take(decoder.decode(chunk, { stream: true })) as Row[];
    if (!elements.ended) throw new Error('the list broke off');
  } catch (error) {
    if (error instanceof SwitchyardError) throw error;
    call.signal?.throwIfAborted();
    throw new ConnectionError(path, error);
  }
}
