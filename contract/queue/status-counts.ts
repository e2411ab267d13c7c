/** A status and the counters of statuses as they cross a wire. */
import { z } from 'zod';
import { STATUS_NAMES, type Status } from './status.ts';

export const StatusSchema = z.enum(STATUS_NAMES).meta({ id: 'Status' });

const count = z.int().min(0);

/** One counter for each status, and their sum. */
export const StatusCounts = z
  .object({
    pending: count,
    in_progress: count,
    waiting: count,
    completed: count,
    failed: count,
    canceled: count,
    total: count,
  } satisfies Record<Status | 'total', typeof count>)
  .meta({ id: 'StatusCounts' });
export type StatusCounts = z.infer<typeof StatusCounts>;
