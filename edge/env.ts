/** What the platform binds to the Worker, and what a request carries through it. */
import type { OpenAPIHono } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { Principal } from '../contract/store/key.ts';
import type { QueueObject } from './queue/object.ts';

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
}

export interface AppEnv {
  Bindings: Env;
  Variables: {
    /** Set by `authenticate`; absent on the few public routes. */
    principal: Principal;
    /** Names the request in logs and in problem documents. */
    request_id: string;
    /** The operation of /openapi.json that was asked for. */
    operation_id: string;
    /** sha256 of the JSON body's bytes; taken only where an Idempotency-Key asks for it. */
    body_hash?: string;
  };
}

export type App = OpenAPIHono<AppEnv>;
export type AppContext = Context<AppEnv>;

/** The object of a queue whose existence was checked. */
export const queueStub = (env: Env, queue_id: string) => env.QUEUE.get(env.QUEUE.idFromName(queue_id));
