/** Digests as the contract writes them: lower-case hexadecimal SHA-256. */
import type { Bytes } from './transport.ts';

export async function sha256Hex(bytes: Bytes): Promise<string> {
  const buffer = bytes instanceof Blob ? await bytes.arrayBuffer() : bytes;
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', buffer));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
