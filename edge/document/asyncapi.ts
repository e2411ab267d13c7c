/** /asyncapi.json: the two sockets of a queue, from the same schemas as /openapi.json. */

import {
  CLOSE_BAD_MESSAGE,
  CLOSE_BEHIND,
  CLOSE_KEY_ENDED,
  CLOSE_QUEUE_GONE,
  CLOSE_REPLACED,
} from '../../contract/event/close-codes.ts';
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
        description: [
          'Every change of a queue, in order, without gaps; ephemeral progress in between.',
          'Each frame names with `prev` the one before it in this stream: if that was not seen, something is missing, and the client resumes.',
          'First comes `hello`, in mode `snapshot` the snapshot, then what was missed, then `live`, then what happens.',
          'An `acknowledge` mark is answered with {ack: its sequence} once everything before it was read; more of what was missed comes only for answers.',
          `The socket is closed with ${CLOSE_BEHIND} when its client is too far behind or answers nothing: resume with ?after=; with ${CLOSE_KEY_ENDED} when its key has ended, with ${CLOSE_BAD_MESSAGE} after any other message, with ${CLOSE_QUEUE_GONE} when the queue was deleted.`,
          'The text `ping` is answered `pong`. A client that meets a protocol in `hello` that it does not speak closes the socket.',
          'With `Accept: text/event-stream` the same documents come as server-sent events: `event` is the name, `id` the sequence; comments show every 15 s that the connection lives, and nothing is to be acknowledged.',
        ].join(' '),
        parameters,
        messages: messages({ ...SENT_TO_CLIENTS, ...SENT_BY_CLIENTS }),
        bindings: {
          ws: {
            query: {
              type: 'object',
              properties: {
                after: text('the last sequence that the client saw'),
                item_id: text('only what concerns this item'),
                batch_id: text('only what concerns this batch'),
                ticket: text('of POST …/tickets, for a client that cannot send a header'),
                progress: text('false: without ephemeral events'),
                packed: text('true: every message is a list of documents'),
              },
            },
          },
        },
      },
      runner_socket: {
        address: '/api/v1/queue/{queue_id}/runner/socket',
        description: `Orders down, progress up. Nothing that must not be lost travels on it. It is closed with ${CLOSE_REPLACED} when the runner opens another, with ${CLOSE_KEY_ENDED} when its key has ended, with ${CLOSE_BAD_MESSAGE} after a report that is none.`,
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
