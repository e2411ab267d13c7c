/** Names that nobody else has: for batches and for attempts. */

/** 128 random bits. `crypto.randomUUID` is absent from pages that came without TLS. */
export const freshId = (): string => hex(crypto.getRandomValues(new Uint8Array(16)));

export const hex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
