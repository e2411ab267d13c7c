/** API keys (D15): `sy_<id>_<secret><checksum>`; only a hash of the whole is stored. */
import { z } from 'zod';
import { QueueId, Timestamp, UserId } from '../names.ts';

/** `admin` implies every scope but `runner`: a person's key should not be able to act as a runner by accident. */
export const SCOPES = ['read', 'enqueue', 'cancel', 'admin', 'runner'] as const;
export const Scope = z.enum(SCOPES).meta({ id: 'Scope' });
export type Scope = z.infer<typeof Scope>;

/** Work enqueued with a key of a higher lane runs first, whoever else waits. */
export const LANE_MAX = 9;
const Lane = z.int().min(0).max(LANE_MAX);

/** `requests` in `seconds`: all of them at once, and from then on so many on average. */
export const RateLimit = z
  .strictObject({ requests: z.int().min(1).max(1_000_000), seconds: z.int().min(1).max(86_400) })
  .meta({ id: 'RateLimit' });
export type RateLimit = z.infer<typeof RateLimit>;

export const CreateKeyBody = z
  .strictObject({
    name: z.string().min(1).max(128),
    scopes: z.array(Scope).min(1),
    user_id: UserId.optional().describe(
      'whose work it does; when absent "system", or the user of a caller that is bound to queues',
    ),
    queue_ids: z.array(QueueId).min(1).max(1_000).nullish().describe('the only queues it opens; all when absent'),
    expires_at: Timestamp.nullish(),
    lane: Lane.optional().describe('work enqueued with this key runs before that of lower lanes; 0 when absent'),
    rate_limit: RateLimit.nullish().describe("instead of the deployment's"),
  })
  .meta({ id: 'CreateKeyBody' });
export type CreateKeyBody = z.infer<typeof CreateKeyBody>;

export const KeyView = z
  .object({
    key_id: z.string(),
    name: z.string(),
    scopes: z.array(Scope),
    user_id: UserId,
    queue_ids: z.array(QueueId).nullable(),
    created_at: Timestamp,
    expires_at: Timestamp.nullable(),
    revoked_at: Timestamp.nullable(),
    lane: Lane,
    rate_limit: RateLimit.nullable().describe("null: the deployment's"),
    replaced_by: z.string().nullable().describe('the id of the key that it was rotated to'),
  })
  .meta({ id: 'Key' });
export type KeyView = z.infer<typeof KeyView>;

/** What a caller's own key is good for: who it acts as, where, and until when. */
export const CurrentKey = KeyView.pick({
  key_id: true,
  user_id: true,
  scopes: true,
  queue_ids: true,
  expires_at: true,
  lane: true,
  rate_limit: true,
}).meta({ id: 'CurrentKey' });
export type CurrentKey = z.infer<typeof CurrentKey>;

export const CreateKeyResult = KeyView.extend({ key: z.string().describe('shown this once') }).meta({ id: 'NewKey' });
export type CreateKeyResult = z.infer<typeof CreateKeyResult>;

/** Thirty days: who needs longer has not begun to rotate. */
const GRACE_SECONDS_MAX = 30 * 24 * 60 * 60;

export const RotateKeyBody = z
  .strictObject({
    grace_seconds: z.int().min(0).max(GRACE_SECONDS_MAX).describe('how long the old key is still good for'),
  })
  .meta({ id: 'RotateKeyBody' });
export type RotateKeyBody = z.infer<typeof RotateKeyBody>;

/** Who makes a call, after its key was checked. */
export interface Principal {
  key_id: string;
  user_id: string;
  scopes: readonly Scope[];
  queue_ids: readonly string[] | null;
  /** Work that it enqueues runs before that of lower lanes. */
  lane: number;
}

export const hasScope = (principal: Principal, scope: Scope): boolean =>
  principal.scopes.includes(scope) || (scope !== 'runner' && principal.scopes.includes('admin'));

export const isAdmin = (principal: Principal): boolean => principal.scopes.includes('admin');

/** Owners and admins see an item whole; others see that it exists (anchor §2.3). */
export const maySee = (principal: Principal, owner: string): boolean =>
  isAdmin(principal) || principal.user_id === owner;
