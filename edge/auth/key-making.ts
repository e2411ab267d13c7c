/** Who may make which keys. @pure */

import { SYSTEM_USER_ID } from '../../contract/known-names.ts';
import type { Principal } from '../../contract/store/key.ts';

type Binding = readonly string[] | null;

/** Whether everything that a key bound to `queue_ids` opens is open to the principal as well. */
export const covers = ({ queue_ids: own }: Pick<Principal, 'queue_ids'>, queue_ids: Binding): boolean =>
  own === null || (queue_ids?.every((queue_id) => own.includes(queue_id)) ?? false);

/**
 * Whether an admin may make keys that act as the user, whose keys so far were bound as `bindings` say. An admin that is
 * bound to queues may where it covers them all: a user who works elsewhere too has assets that are not its business.
 */
export const mayActAs = (principal: Principal, user_id: string, bindings: readonly Binding[]): boolean =>
  principal.queue_ids === null ||
  principal.user_id === user_id ||
  (user_id !== SYSTEM_USER_ID && bindings.every((binding) => covers(principal, binding)));
