/** Digests as the contract writes them: lower-case hexadecimal SHA-256. */
import { hex } from './fresh-id.ts';

/** Null in pages that came without TLS: browsers lend those no digests. */
export async function sha256Hex(bytes: Uint8Array<ArrayBuffer>): Promise<string | null> {
  const subtle: typeof crypto.subtle | undefined = crypto.subtle;
  return subtle ? hex(new Uint8Array(await subtle.digest('SHA-256', bytes))) : null;
}
