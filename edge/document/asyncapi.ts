/** /asyncapi.json: the two sockets of a queue, from the same schemas as /openapi.json. */
import { EVENTS } from '../../contract/event/registry.ts';
import { STREAM_MESSAGES } from '../../contract/event/stream.ts';
import { PROTOCOL_VERSION } from '../../contract/version.ts';
import manifest from '../package.json' with { type: 'json' };
import type { OpenApiDocument } from './openapi.ts';

const reference = (schema: string) => ({ $ref: `#/components/schemas/${schema}` });
const pascal = (name: string): string => name.replace(/(^|_)([a-z])/g, (_, __, letter: string) => letter.toUpperCase());

/** Message name → schema name, by channel and direction as the server sees it. */
const SENT_TO_CLIENTS = {
  ...Object.fromEntries(Object.keys(STREAM_MESSAGES).map((name) => [name, `Stream${pascal(name)}`])),
  ...Object.fromEntries(Object.keys(EVENTS).map((name) => [name, `${pascal(name)}Event`])),
};
const SENT_BY_CLIENTS = { ack: 'StreamAck' };
const SENT_TO_RUNNERS = { order: 'RunnerOrder' };
const SENT_BY_RUNNERS = { progress: 'ProgressReport', model_load: 'ModelLoadReport' };

type Messages = Record<string, string>;

const messages = (names: Messages) =>
  Object.fromEntries(Object.keys(names).map((name) => [name, { $ref: `#/components/messages/${name}` }]));

const operation = (action: 'send' | 'receive', channel: string, names: Messages, summary: string) => ({
  action,
  summary,
  channel: { $ref: `#/channels/${channel}` },
  messages: Object.keys(names).map((name) => ({ $ref: `#/channels/${channel}/messages/${name}` })),
});

const parameters = { queue_id: { description: 'the queue' } };
const text = (description: string) => ({ type: 'string', description });

export function asyncApiDocument({ components }: OpenApiDocument) {
  const all: Messages = { ...SENT_TO_CLIENTS, ...SENT_BY_CLIENTS, ...SENT_TO_RUNNERS, ...SENT_BY_RUNNERS };
  const schemas = reachable(components?.schemas ?? {}, Object.values(all));
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Switchyard',
      version: manifest.version,
      description: `The event stream of a queue and the socket of a runner (protocol ${PROTOCOL_VERSION}). JSON text frames.`,
      license: { name: 'Apache-2.0' },
    },
    defaultContentType: 'application/json',
    channels: {
      queue_events: {
        address: '/api/v1/queue/{queue_id}/events',
        description: 'Every change of a queue, in order, without gaps; ephemeral progress in between.',
        parameters,
        messages: messages({ ...SENT_TO_CLIENTS, ...SENT_BY_CLIENTS }),
        bindings: {
          ws: {
            query: {
              type: 'object',
              properties: {
                after: text('the last sequence that the client saw'),
                item_id: text('only this item'),
                batch_id: text('only this batch'),
              },
            },
          },
        },
      },
      runner_socket: {
        address: '/api/v1/queue/{queue_id}/runner/socket',
        description: 'Orders down, progress up. Nothing that must not be lost travels on it.',
        parameters,
        messages: messages({ ...SENT_TO_RUNNERS, ...SENT_BY_RUNNERS }),
      },
    },
    operations: {
      send_events: operation('send', 'queue_events', SENT_TO_CLIENTS, 'hello, then what was missed, then what happens'),
      receive_acks: operation('receive', 'queue_events', SENT_BY_CLIENTS, 'how far a client has read'),
      send_orders: operation('send', 'runner_socket', SENT_TO_RUNNERS, 'wake, cancel, recall, drain, watch'),
      receive_reports: operation('receive', 'runner_socket', SENT_BY_RUNNERS, 'progress of what runs'),
    },
    components: {
      messages: Object.fromEntries(
        Object.entries(all).map(([name, schema]) => [name, { name, payload: reference(schema) }]),
      ),
      schemas,
    },
  };
}

/** The named schemas and every schema that one of them refers to. */
function reachable(schemas: Record<string, unknown>, names: readonly string[]): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  const open = [...names];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (name in found) continue;
    found[name] = schemas[name];
    const references = JSON.stringify(schemas[name] ?? null).matchAll(/"#\/components\/schemas\/([^"]+)"/g);
    for (const [, target] of references) if (target !== undefined) open.push(target);
  }
  return found;
}
