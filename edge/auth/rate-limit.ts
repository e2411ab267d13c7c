/** How many calls a key may make: a token bucket, which lets a burst pass and holds the average. @pure */
import type { RateLimit } from '../../contract/store/key.ts';

export interface Bucket {
  /** Calls that may still be made at once. */
  tokens: number;
  at: number;
}

export interface Taken {
  allowed: boolean;
  bucket: Bucket;
  remaining: number;
  /** Refused: until the next call passes. Else until all of the limit is there again. */
  reset_seconds: number;
}

/** One call out of the bucket; none yet is a full one. A clock that went back refills nothing. */
export function take(bucket: Bucket | undefined, { requests, seconds }: RateLimit, now: number): Taken {
  const per_ms = requests / (seconds * 1000);
  const grown = bucket ? bucket.tokens + Math.max(0, now - bucket.at) * per_ms : requests;
  const tokens = Math.min(requests, grown);
  const allowed = tokens >= 1;
  const left = allowed ? tokens - 1 : tokens;
  const missing = allowed ? requests - left : 1 - left;
  return {
    allowed,
    bucket: { tokens: left, at: Math.max(now, bucket?.at ?? now) },
    remaining: Math.floor(left),
    reset_seconds: Math.max(1, Math.ceil(missing / per_ms / 1000)),
  };
}

/** `6000;w=60`: so many calls in so many seconds. */
export function parseRateLimit(setting: string): RateLimit {
  const [, requests, seconds] = /^([1-9]\d{0,8});\s*w=([1-9]\d{0,5})$/.exec(setting.trim()) ?? [];
  if (requests === undefined || seconds === undefined)
    throw new Error(`RATE_LIMIT is "${setting}"; write "requests;w=seconds", such as "6000;w=60"`);
  return { requests: Number(requests), seconds: Number(seconds) };
}

/** The header fields of the IETF draft. `name` says whose limit it is: `default`, or the `key`'s own. */
export const rateLimitHeaders = (name: 'default' | 'key', { requests, seconds }: RateLimit, taken: Taken) => ({
  'ratelimit-policy': `"${name}";q=${requests};w=${seconds}`,
  ratelimit: `"${name}";r=${taken.remaining};t=${taken.reset_seconds}`,
});

/**
 * The buckets of one isolate. The key that was silent longest makes room, and begins again with a full bucket: a
 * limit that sometimes lets more pass costs less than one that refuses by mistake.
 */
export class RateLimiter {
  readonly #buckets = new Map<string, Bucket>();
  readonly #size: number;

  constructor(size: number) {
    this.#size = size;
  }

  take(key_id: string, limit: RateLimit, now: number): Taken {
    const taken = take(this.#buckets.get(key_id), limit, now);
    this.#buckets.delete(key_id);
    if (this.#buckets.size >= this.#size) {
      const oldest = this.#buckets.keys().next();
      if (!oldest.done) this.#buckets.delete(oldest.value);
    }
    this.#buckets.set(key_id, taken.bucket);
    return taken;
  }
}
