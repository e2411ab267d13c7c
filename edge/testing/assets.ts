/** Assets as the tests send and read them: text, by the name that it has. */
import { sha256Hex } from '../digest.ts';
import type { Call } from './account.ts';

interface Sent {
  method?: string;
  path?: string;
  headers?: Record<string, string>;
}

/** Sends `text` as an asset, by default to its own name. */
export async function putAsset(
  call: Call,
  text: string,
  { method = 'PUT', path, headers }: Sent = {},
): Promise<Response> {
  return call(method, path ?? `/api/v1/assets/${await sha256Hex(text)}`, {
    body: text,
    headers: { 'content-type': 'image/png', 'content-length': String(text.length), ...headers },
  });
}

/** Asks for the asset whose bytes are `text`. */
export const readAsset = async (
  call: Call,
  text: string,
  headers: Record<string, string> = {},
  method = 'GET',
): Promise<Response> => call(method, `/api/v1/assets/${await sha256Hex(text)}`, { headers });
