/**
 * How a key is written: `sy_<id>_<secret><checksum>`. The id names the row that holds its hash; the checksum lets
 * a typing error, or a string that was never a key, be refused without a look-up.
 */
const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const ID_LENGTH = 12;
/** 32 characters of 62: 190 bits, so that a plain hash of it is as good as a slow one. */
const SECRET_LENGTH = 32;
/** 62^6 is more than the 2^32 values of a CRC. */
const CHECKSUM_LENGTH = 6;

const PATTERN = new RegExp(
  `^(sy_([0-9A-Za-z]{${ID_LENGTH}})_[0-9A-Za-z]{${SECRET_LENGTH}})([0-9A-Za-z]{${CHECKSUM_LENGTH}})$`,
);

function crc32(text: string): number {
  let crc = 0xffffffff;
  for (let at = 0; at < text.length; at++) {
    crc ^= text.charCodeAt(at);
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}

function checksum(body: string): string {
  let rest = crc32(body);
  let digits = '';
  for (let at = 0; at < CHECKSUM_LENGTH; at++) {
    digits = ALPHABET.charAt(rest % 62) + digits;
    rest = Math.floor(rest / 62);
  }
  return digits;
}

/** Bytes above 4 × 62 are skipped, so that every character is equally likely. */
const characters = (random: Uint8Array): string =>
  [...random]
    .filter((byte) => byte < 248)
    .map((byte) => ALPHABET.charAt(byte % 62))
    .join('');

/** Enough for a key, but for one time in 10^60. */
export const KEY_RANDOM_BYTES = 128;

/** A new key from random bytes. */
export function formatKey(random: Uint8Array): { key_id: string; key: string } {
  const text = characters(random);
  if (text.length < ID_LENGTH + SECRET_LENGTH) throw new RangeError('too few random bytes for a key');
  const key_id = text.slice(0, ID_LENGTH);
  const body = `sy_${key_id}_${text.slice(ID_LENGTH, ID_LENGTH + SECRET_LENGTH)}`;
  return { key_id, key: body + checksum(body) };
}

/** The id of a well-formed key, or null. */
export function keyIdOf(key: string): string | null {
  const match = PATTERN.exec(key);
  if (!match) return null;
  const [, body = '', key_id = '', sum] = match;
  return checksum(body) === sum ? key_id : null;
}
