/** Digests as the contract writes them: lower-case hexadecimal SHA-256. */
import type { Bytes } from './transport.ts';

export const hexOf = (digest: ArrayBuffer): string =>
  Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');

export async function sha256Hex(bytes: Bytes): Promise<string> {
  const buffer = bytes instanceof Blob ? await bytes.arrayBuffer() : bytes;
  return hexOf(await crypto.subtle.digest('SHA-256', buffer));
}
