/** Everything below `/api/v1/queue/{queue_id}` that is not the runner protocol. */
import type { App } from '../env.ts';
import { registerEnqueueRoutes } from './queue-enqueue.ts';
import { registerEventRoutes } from './queue-events.ts';
import { registerItemRoutes } from './queue-items.ts';
import { registerListRoutes } from './queue-lists.ts';
import { registerMetricsRoutes } from './queue-metrics.ts';
import { registerOperationRoutes } from './queue-operations.ts';
import { registerOrderRoutes } from './queue-order.ts';
import { registerProcessorRoutes } from './queue-processor.ts';
import { registerStatusRoutes } from './queue-status.ts';
import { registerTicketRoutes } from './queue-tickets.ts';

export function registerQueueRoutes(app: App): void {
  registerEnqueueRoutes(app);
  registerItemRoutes(app);
  registerListRoutes(app);
  registerOrderRoutes(app);
  registerProcessorRoutes(app);
  registerOperationRoutes(app);
  registerStatusRoutes(app);
  registerMetricsRoutes(app);
  registerEventRoutes(app);
  registerTicketRoutes(app);
}
