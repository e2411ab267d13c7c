/** API keys (D15): `sy_<id>_<secret><checksum>`; only a hash of the whole is stored. */
import { z } from 'zod';
import { QueueId, Timestamp, UserId } from '../names.ts';

/** `admin` implies every scope but `runner`: a person's key should not be able to act as a runner by accident. */
export const SCOPES = ['read', 'enqueue', 'cancel', 'admin', 'runner'] as const;
export const Scope = z.enum(SCOPES).meta({ id: 'Scope' });
export type Scope = z.infer<typeof Scope>;

export const CreateKeyBody = z
  .strictObject({
    name: z.string().min(1).max(128),
    scopes: z.array(Scope).min(1),
    user_id: UserId.optional().describe('whose work it does; "system" when absent'),
    queue_ids: z.array(QueueId).min(1).max(1_000).nullish().describe('the only queues it opens; all when absent'),
    expires_at: Timestamp.nullish(),
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
  })
  .meta({ id: 'Key' });
export type KeyView = z.infer<typeof KeyView>;

export const CreateKeyResult = KeyView.extend({ key: z.string().describe('shown this once') }).meta({ id: 'NewKey' });
export type CreateKeyResult = z.infer<typeof CreateKeyResult>;

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
