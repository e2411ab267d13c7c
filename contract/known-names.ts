/** Names that mean the same in every deployment. */

export const DEFAULT_QUEUE_ID = 'default';

/** The owner of everything that a key without a user does, as in InvokeAI. */
export const SYSTEM_USER_ID = 'system';
