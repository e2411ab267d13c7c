/** Calls with an Idempotency-Key that make something of the account: run once, answered as often as they come. */
import { ERROR_CODES } from '../contract/error/codes.ts';
import { accountDb } from './account/database.ts';
import { beginCall, forgetCall, handOn, keepAnswer } from './account/idempotent-calls.ts';
import { bearerOf } from './auth/authenticate.ts';
import { derivedBytes, freshIv, seal, unseal } from './auth/sealed.ts';
import { hex } from './digest.ts';
import type { AppContext } from './env.ts';
import { idempotencyOf } from './idempotency.ts';
import { logError } from './log.ts';
import { ProblemError } from './problem.ts';

interface Answer {
  status: number;
  headers: [string, string][];
  body: string;
}

const SALT_BYTES = 16;
const KEPT_HEADERS = ['content-type', 'cache-control', 'location', 'preference-applied'];

/** Answers as the call with the same key was answered, or runs it. A refusal is not kept: it changed nothing. */
export async function replayed(c: AppContext, run: () => Promise<Response>): Promise<Response> {
  const call = await idempotencyOf(c);
  if (!call) return run();
  const db = accountDb(c.env);
  const bearer = bearerOf(c) ?? '';
  const fresh = hex(crypto.getRandomValues(new Uint8Array(SALT_BYTES)));
  const begun = await beginCall(db, call, fresh, Date.now());
  if (begun.state === 'other_body')
    throw new ProblemError('idempotency_key_reused', 'This key came with another body before; take a new one.');
  if (begun.state === 'running')
    throw new ProblemError('idempotency_in_progress', 'The first call with this key is still running; ask again.', {
      headers: { 'retry-after': '1' },
    });
  if (begun.state === 'answered') return again(await unseal(begun.answer, bearer, begun.salt));
  c.set('repeat_salt', begun.salt);
  let response: Response;
  try {
    response = await run();
  } catch (error) {
    const refused = error instanceof ProblemError && ERROR_CODES[error.code].status < 500;
    await (refused ? forgetCall(db, call.key) : handOn(db, call.key));
    throw error;
  }
  try {
    await keepAnswer(db, call.key, await seal(await text(response.clone()), bearer, begun.salt, freshIv()));
  } catch (error) {
    // It is done and gets its answer; a repeated call runs again and finds what this one made.
    logError(c, 'the answer was not kept', error);
  }
  return response;
}

async function text(response: Response): Promise<string> {
  const headers = KEPT_HEADERS.flatMap((name): [string, string][] => {
    const value = response.headers.get(name);
    return value === null ? [] : [[name, value]];
  });
  const answer: Answer = { status: response.status, headers, body: await response.text() };
  return JSON.stringify(answer);
}

function again(kept: string): Response {
  const { status, headers, body } = JSON.parse(kept) as Answer;
  return new Response(body, { status, headers: [...headers, ['idempotency-replayed', 'true']] });
}

/**
 * Random bytes for what the call makes. Under an Idempotency-Key they are the same when the call is repeated, so that
 * one that died after its change finds what it made.
 */
export async function randomBytes(c: AppContext, length: number): Promise<Uint8Array> {
  const { repeat_salt } = c.var;
  if (repeat_salt === undefined) return crypto.getRandomValues(new Uint8Array(length));
  return derivedBytes(bearerOf(c) ?? '', repeat_salt, length);
}
