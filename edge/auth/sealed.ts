/**
 * What only the holder of a key can read again: sealed with a key that is derived from the bearer's own, which is
 * stored nowhere. The database alone, or the bearer's key alone once the row is gone, gives nothing.
 */
const encoder = new TextEncoder();
const IV_BYTES = 12;

const derivation = (salt: string, purpose: string) => ({
  name: 'HKDF',
  hash: 'SHA-256',
  salt: encoder.encode(salt),
  info: encoder.encode(`switchyard ${purpose}`),
});

const material = (bearer: string, usage: 'deriveKey' | 'deriveBits') =>
  crypto.subtle.importKey('raw', encoder.encode(bearer), 'HKDF', false, [usage]);

const sealingKey = async (bearer: string, salt: string) =>
  crypto.subtle.deriveKey(
    derivation(salt, 'seal'),
    await material(bearer, 'deriveKey'),
    { name: 'AES-GCM', length: 256 },
    false,
    ['encrypt', 'decrypt'],
  );

const toBase64 = (bytes: Uint8Array): string => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
const fromBase64 = (text: string): Uint8Array => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));

/** `iv` is random and used once. */
export async function seal(text: string, bearer: string, salt: string, iv: Uint8Array): Promise<string> {
  const bytes = await crypto.subtle.encrypt(
    { name: 'AES-GCM', iv },
    await sealingKey(bearer, salt),
    encoder.encode(text),
  );
  return `${toBase64(iv)}.${toBase64(new Uint8Array(bytes))}`;
}

/** Throws when it was sealed by another, or changed since. */
export async function unseal(sealed: string, bearer: string, salt: string): Promise<string> {
  const [iv = '', bytes = ''] = sealed.split('.');
  const opened = await crypto.subtle.decrypt(
    { name: 'AES-GCM', iv: fromBase64(iv) },
    await sealingKey(bearer, salt),
    fromBase64(bytes),
  );
  return new TextDecoder().decode(opened);
}

/** Bytes that nobody else can foresee, and that the same bearer gets again while the salt is kept. */
export async function derivedBytes(bearer: string, salt: string, length: number): Promise<Uint8Array> {
  const bits = await crypto.subtle.deriveBits(
    derivation(salt, 'random'),
    await material(bearer, 'deriveBits'),
    length * 8,
  );
  return new Uint8Array(bits);
}

export const freshIv = (): Uint8Array => crypto.getRandomValues(new Uint8Array(IV_BYTES));
