/** A queue's figures in the text format that Prometheus reads, version 0.0.4. @pure */
import { STATUS_NAMES } from '../contract/queue/status.ts';
import type { QueueMetrics } from './queue/metrics.ts';

export const METRICS_CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

type Labels = Record<string, string>;

interface Sample {
  /** Behind the family's name: a summary has `_sum` and `_count`. */
  suffix?: string;
  labels?: Labels;
  value: number;
}

interface Family {
  name: string;
  type: 'gauge' | 'counter' | 'summary';
  help: string;
  samples: Sample[];
}

/** Sockets that the object holds open. */
export interface OpenSockets {
  events: number;
  runner: number;
}

const labelled = (label: string, values: Record<string, number>): Sample[] =>
  Object.entries(values).map(([name, value]) => ({ labels: { [label]: name }, value }));

const byStatus = (counts: readonly number[]): Sample[] =>
  labelled('status', Object.fromEntries(STATUS_NAMES.map((status, index) => [status, counts[index] ?? 0])));

function families(queue: QueueMetrics, sockets: OpenSockets): Family[] {
  const one = (type: 'gauge' | 'counter', name: string, help: string, value: number): Family => ({
    ...{ name, type, help },
    samples: [{ value }],
  });
  return [
    { name: 'items', type: 'gauge', help: 'Items by status.', samples: byStatus(queue.items) },
    {
      name: 'item_arrivals_total',
      type: 'counter',
      help: 'How often an item came into a status.',
      samples: byStatus(queue.arrived),
    },
    one('counter', 'items_enqueued_total', 'Items that were enqueued.', queue.enqueued),
    {
      name: 'wait_seconds',
      type: 'summary',
      help: 'How long items waited for their first start.',
      samples: [
        { suffix: '_sum', value: queue.waits.seconds },
        { suffix: '_count', value: queue.waits.count },
      ],
    },
    one('counter', 'device_seconds_total', 'Seconds that devices worked.', queue.device_seconds),
    one(
      'gauge',
      'oldest_pending_seconds',
      'How long the oldest batch waits that may run and has pending items; 0: there is none.',
      queue.oldest_pending_seconds,
    ),
    one('gauge', 'paused', 'Whether the queue leases nothing.', queue.paused ? 1 : 0),
    one('counter', 'events_total', 'Events that were announced: the sequence of the last one.', queue.events),
    one('gauge', 'log_events', 'Events that can be resumed from.', queue.log.events),
    one('gauge', 'log_characters', 'Size of the event log.', queue.log.length),
    one('gauge', 'database_bytes', "Size of the queue's database.", queue.database_bytes),
    { name: 'runners', type: 'gauge', help: 'Runners by what they are.', samples: labelled('state', queue.runners) },
    { name: 'sockets', type: 'gauge', help: 'Open websockets.', samples: labelled('kind', { ...sockets }) },
  ];
}

/** As the format has it: a backslash, a quote and the end of a line are escaped. */
const escaped = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');

const line = (name: string, labels: Labels, value: number): string =>
  `${name}{${Object.entries(labels)
    .map(([label, text]) => `${label}="${escaped(text)}"`)
    .join(',')}} ${value}\n`;

export function metricsText(queue: QueueMetrics, sockets: OpenSockets): string {
  return families(queue, sockets)
    .map(({ name: short, type, help, samples }) => {
      const name = `switchyard_${short}`;
      const lines = samples.map(({ suffix = '', labels = {}, value }) =>
        line(name + suffix, { queue: queue.queue_id, ...labels }, value),
      );
      return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`;
    })
    .join('');
}
