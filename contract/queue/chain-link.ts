/** How the items of workflow calls hang together. */
import { z } from 'zod';
import { WORKFLOW_CALL_DEPTH_MAX } from '../limits.ts';

/**
 * A chain is a root item and every item that its workflow calls made, directly or not. Cancel and delete act on
 * a whole chain; retry acts on its root. A parent waits while its children run.
 */
export const ChainLink = z.object({
  workflow_call_id: z.string(),
  parent_item_id: z.int(),
  parent_session_id: z.string(),
  root_item_id: z.int(),
  workflow_call_depth: z.int().min(1).max(WORKFLOW_CALL_DEPTH_MAX),
});
export type ChainLink = z.infer<typeof ChainLink>;
