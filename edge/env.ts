/** What the platform binds to the Worker, and what a request carries through it. */
import type { OpenAPIHono } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { Principal, RateLimit } from '../contract/store/key.ts';
import type { QueueObject } from './queue/object.ts';
import type { Trace } from './trace.ts';

export interface Env {
  QUEUE: DurableObjectNamespace<QueueObject>;
  /** Assets, model files, and what is being uploaded of them; see edge/store/blob.ts for the names inside. */
  BUCKET: R2Bucket;
  /** Queues, keys, models and grants; see edge/account/schema.ts. */
  DB: D1Database;
  /** Days that a user's upload is kept after its last use; 30 when absent. */
  ASSET_RETENTION_DAYS?: string | number;
  /** sha256, in hexadecimal, of a key that acts as admin while this is set: it makes the first keys. */
  BOOTSTRAP_KEY_HASH?: string;
  /** What each key may ask for that has no limit of its own: "6000;w=60" is 6000 calls in 60 seconds. Absent: anything. */
  RATE_LIMIT?: string;
  /** Origins of web pages that may call, with commas between them, or "*". Absent: the Worker's own alone. */
  ALLOWED_ORIGINS?: string;
}

export interface AppEnv {
  Bindings: Env;
  Variables: {
    /** Set by `authenticate`; absent on the few public routes. */
    principal: Principal;
    /** The key's own; null has the deployment's. */
    rate_limit: RateLimit | null;
    /** When the caller's key ends by itself, and with it the sockets that it opens. */
    key_expires_at: number | null;
    /** Names the request in logs and in problem documents. */
    request_id: string;
    trace: Trace;
    /** The version of the settings of the queue of the path, at most 30 s old. */
    queue_version: number;
    /** The operation of /openapi.json that was asked for. */
    operation_id: string;
    /** sha256 of the JSON body's bytes; taken only where an Idempotency-Key asks for it. */
    body_hash?: string;
    /** Set where a call with an Idempotency-Key runs; see randomBytes of edge/replay.ts. */
    repeat_salt?: string;
    /** Set where the call is recorded; its id once the entry stands. */
    audit?: { audit_id: number | null };
  };
}

export type App = OpenAPIHono<AppEnv>;
export type AppContext = Context<AppEnv>;

/** The object of a queue whose existence was checked; where it is placed is decided by the call that creates it. */
export const queueStub = (env: Env, queue_id: string, location?: DurableObjectLocationHint | null) =>
  env.QUEUE.get(env.QUEUE.idFromName(queue_id), location ? { locationHint: location } : {});
