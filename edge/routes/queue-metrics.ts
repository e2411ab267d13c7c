/** What monitors and scalers read. */
import { Capacity } from '../../contract/queue/capacity.ts';
import { endpoint, QUEUE_PREFIX } from '../endpoint.ts';
import type { App } from '../env.ts';
import { METRICS_CONTENT_TYPE, metricsText } from '../metrics-text.ts';
import { callOf, queueOf, read } from './queue-call.ts';

export function registerMetricsRoutes(app: App): void {
  endpoint(
    app,
    {
      method: 'get',
      path: `${QUEUE_PREFIX}/metrics`,
      operation_id: 'get_queue_metrics',
      tag: 'queue',
      summary: 'Figures of the queue as Prometheus text',
      scopes: ['read'],
      responses: { 200: { description: 'The figures.', content_type: METRICS_CONTENT_TYPE } },
    },
    async (c) => {
      const [figures, sockets] = await Promise.all([read(c, 'metrics', null), queueOf(c).openSockets(callOf(c))]);
      return c.body(metricsText(figures, sockets), 200, { 'content-type': METRICS_CONTENT_TYPE });
    },
  );

  endpoint(
    app,
    {
      method: 'get',
      path: `${QUEUE_PREFIX}/capacity`,
      operation_id: 'get_queue_capacity',
      tag: 'queue',
      summary: 'The scaling signal: open work by what it asks of a runner',
      description:
        'A scaler starts runners for `demands` with pending work and no idle runner that is able. It names the models and times of everybody’s work, so it is not for every reader.',
      scopes: ['runner', 'admin'],
      responses: { 200: { description: 'The open work.', schema: Capacity } },
    },
    async (c) => c.json(await read(c, 'capacity', null)),
  );
}
