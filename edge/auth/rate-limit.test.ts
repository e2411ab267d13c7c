import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseRateLimit, RateLimiter, rateLimitHeaders, take } from './rate-limit.ts';

const LIMIT = { requests: 3, seconds: 6 };

describe('a bucket', () => {
  test('lets a burst pass, then one call each time that one is due', () => {
    let bucket = take(undefined, LIMIT, 0).bucket;
    bucket = take(bucket, LIMIT, 0).bucket;
    const third = take(bucket, LIMIT, 0);
    expect(third).toMatchObject({ allowed: true, remaining: 0, reset_seconds: 6 });
    const fourth = take(third.bucket, LIMIT, 500);
    expect(fourth).toMatchObject({ allowed: false, remaining: 0, reset_seconds: 2 });
    const later = take(fourth.bucket, LIMIT, 2_000);
    expect(later).toMatchObject({ allowed: true, remaining: 0 });
    expect(take(later.bucket, LIMIT, 3_999).allowed).toBe(false);
  });

  test('never lets more pass than the limit and what grew meanwhile', () => {
    fc.assert(
      fc.property(
        fc.record({ requests: fc.integer({ min: 1, max: 50 }), seconds: fc.integer({ min: 1, max: 100 }) }),
        fc.array(fc.integer({ min: -2_000, max: 10_000 }), { maxLength: 200 }),
        (limit, steps) => {
          let [now, latest, passed] = [0, 0, 0];
          let bucket = take(undefined, limit, now).bucket;
          passed = 1;
          for (const step of steps) {
            now += step;
            latest = Math.max(latest, now);
            const taken = take(bucket, limit, now);
            bucket = taken.bucket;
            if (taken.allowed) passed += 1;
            expect(taken.remaining).toBeLessThanOrEqual(limit.requests);
            expect(passed).toBeLessThanOrEqual(
              limit.requests + (latest / 1000 / limit.seconds) * limit.requests + 1e-6,
            );
          }
        },
      ),
    );
  });

  test('that refused has room when it said it would', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000 }), fc.integer({ min: 1, max: 3_600 }), (requests, seconds) => {
        const empty = { tokens: 0, at: 0 };
        const refused = take(empty, { requests, seconds }, 0);
        expect(refused.allowed).toBe(false);
        expect(take(refused.bucket, { requests, seconds }, refused.reset_seconds * 1000 + 1).allowed).toBe(true);
      }),
    );
  });
});

test('the limiter keeps so many buckets, and a key that speaks keeps its own', () => {
  const limiter = new RateLimiter(2);
  const limit = { requests: 1, seconds: 1_000 };
  expect(limiter.take('a', limit, 0).allowed).toBe(true);
  expect(limiter.take('b', limit, 0).allowed).toBe(true);
  expect(limiter.take('a', limit, 0).allowed).toBe(false);
  expect(limiter.take('c', limit, 0).allowed).toBe(true);
  expect(limiter.take('a', limit, 0).allowed).toBe(false);
  expect(limiter.take('b', limit, 0).allowed).toBe(true);
});

test('RATE_LIMIT says requests and seconds', () => {
  expect(parseRateLimit(' 6000;w=60 ')).toEqual({ requests: 6000, seconds: 60 });
  for (const text of ['', '6000', '0;w=60', '6000;w=0', '6000/60', '1.5;w=60', '-1;w=1'])
    expect(() => parseRateLimit(text), text).toThrow('RATE_LIMIT');
});

test('the headers are those of the draft', () => {
  const taken = take(undefined, LIMIT, 0);
  expect(rateLimitHeaders('default', LIMIT, taken)).toEqual({
    'ratelimit-policy': '"default";q=3;w=6',
    ratelimit: '"default";r=2;t=2',
  });
});
