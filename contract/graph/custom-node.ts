/** Node types that runners bring along (D10): announced when a runner registers, for graphs once an admin approved them. */
import { z } from 'zod';
import { Sha256, Timestamp, UserId } from '../names.ts';
import { NodeType } from './catalogue.ts';

export const CUSTOM_NODE_STATUSES = ['pending', 'approved', 'rejected'] as const;
export const CustomNodeStatus = z.enum(CUSTOM_NODE_STATUSES).meta({ id: 'CustomNodeStatus' });
export type CustomNodeStatus = z.infer<typeof CustomNodeStatus>;

/** One definition of one version of a type. A version whose definition was once approved has no other. */
export const CustomNode = z
  .object({
    type: z.string().describe('namespace:type'),
    version: z.string(),
    digest: Sha256.describe('of the definition: an approval names it, so that nothing else is approved'),
    status: CustomNodeStatus,
    definition: NodeType,
    announced_by: z
      .object({ user_id: UserId, key_id: z.string(), runner: z.string().describe('its name') })
      .describe('who announced it first'),
    first_announced_at: Timestamp,
    last_announced_at: Timestamp.describe('to the day'),
    decided_at: Timestamp.nullable(),
    decided_by: UserId.nullable(),
  })
  .meta({ id: 'CustomNode' });
export type CustomNode = z.infer<typeof CustomNode>;

export const CustomNodePage = z
  .object({ nodes: z.array(CustomNode), next_cursor: z.string().nullable().describe('null on the last page') })
  .meta({ id: 'CustomNodePage' });
export type CustomNodePage = z.infer<typeof CustomNodePage>;

export const DecideCustomNodeBody = z
  .strictObject({ digest: Sha256.describe('of the definition that was looked at') })
  .meta({ id: 'DecideCustomNodeBody' });
export type DecideCustomNodeBody = z.infer<typeof DecideCustomNodeBody>;

/**
 * pending        no admin has decided yet.
 * rejected       an admin has refused it.
 * version_taken  this version was approved with another definition: raise the version.
 * too_many       too many definitions wait for a decision; this one was not recorded.
 */
export const UnapprovedNode = z
  .object({
    type: z.string(),
    version: z.string(),
    digest: Sha256,
    reason: z.enum(['pending', 'rejected', 'version_taken', 'too_many']),
    detail: z.string().describe('a sentence that says what to do'),
  })
  .meta({ id: 'UnapprovedNode' });
export type UnapprovedNode = z.infer<typeof UnapprovedNode>;
