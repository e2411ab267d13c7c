/** A mirror on the SDK's own wiring, whose service is the test: sockets, and calls that are held until it answers. */
import { createClient } from '../client.ts';
import type { SocketConstructor } from '../events/socket.ts';
import type { MirrorError, MirrorOptions, QueueMirror } from '../mirror/queue-mirror.ts';
import type { GalleryEntry } from '../state/gallery.ts';
import type { ItemState, NodeState } from '../state/queue-state.ts';
import { FakeConnections, FakeSocket } from './fake-socket.ts';
import { hello, live } from './frames.ts';
import { HeldApi, settled } from './held-api.ts';
import { QueueStory, queueStatus } from './queue-story.ts';

export class KeptInMemory {
  readonly texts = new Map<string, string>();
  writes = 0;
  getItem = (name: string): string | null => this.texts.get(name) ?? null;
  setItem = (name: string, text: string): void => {
    this.writes++;
    this.texts.set(name, text);
  };
}

export interface Heard {
  results: string[];
  failures: string[];
  ended: [item_id: number, status: string | null][];
  stale: (readonly number[] | 'all')[];
  errors: MirrorError[];
  changes: number;
}

export class MirrorFixture {
  readonly api = new HeldApi();
  readonly connections = new FakeConnections();
  readonly story: QueueStory;
  readonly mirror: QueueMirror;
  readonly heard: Heard = { results: [], failures: [], ended: [], stale: [], errors: [], changes: 0 };

  /** `holding`: names of calls that are held also where they are answered by themselves otherwise. */
  constructor(options: MirrorOptions & { story?: QueueStory; holding?: readonly string[]; user_id?: string } = {}) {
    const { story, holding = [], user_id = 'ann', ...rest } = options;
    this.story = story ?? new QueueStory();
    const { answers } = this.api;
    answers.set('GET keys/current', () => ({ key_id: 'k', user_id, scopes: ['read'], queue_ids: null, lane: 0 }));
    answers.set('GET list', () => ({ items: [], limit: 1, has_more: false, next_cursor: null }));
    answers.set('GET status', () => ({
      queue: queueStatus(),
      processor: { is_started: true, is_processing: false },
    }));
    for (const name of holding) answers.delete(name);
    const { connections } = this;
    const WebSocket: SocketConstructor = class extends FakeSocket {
      constructor(url: string) {
        super();
        const after = new URL(url).searchParams.get('after');
        connections.adopt(this, after === null ? null : Number(after));
      }
    };
    const { fetch } = this.api;
    const client = createClient({ url: 'http://service', key: 'k', fetch, WebSocket, tickets: false, retries: 0 });
    this.mirror = client.queue('q').mirror(rest);
    this.mirror.on('result', ({ item_id, invocation_id }: GalleryEntry) =>
      this.heard.results.push(`${item_id}/${invocation_id}`),
    );
    this.mirror.on('node_failed', ({ item_id, invocation_id }) =>
      this.heard.failures.push(`${item_id}/${invocation_id}`),
    );
    this.mirror.on('ended', ({ item_id, status }) => this.heard.ended.push([item_id, status]));
    this.mirror.on('stale', (item_ids) => this.heard.stale.push(item_ids));
    this.mirror.on('error', (error) => this.heard.errors.push(error));
    this.mirror.subscribe(() => this.heard.changes++);
  }

  /** The next socket, which has said nothing. */
  async socket(): Promise<FakeSocket> {
    const socket = await this.connections.next();
    await settled();
    return socket;
  }

  /** The next socket, which has said that nothing was missed. */
  async connected(): Promise<FakeSocket> {
    const socket = await this.socket();
    await says(socket, hello(this.story.sequence, 'current'), live(this.story.sequence));
    return socket;
  }

  item(item_id: number): ItemState {
    const item = this.mirror.state.items.get(item_id);
    if (!item) throw new Error(`item ${item_id} is not in the state`);
    return item;
  }

  node(item_id: number, node_id: string): NodeState {
    const node = this.item(item_id).nodes.get(node_id);
    if (!node) throw new Error(`item ${item_id} shows no node ${node_id}`);
    return node;
  }

  /** What the gallery shows, as `item/invocation`. */
  get gallery(): string[] {
    return this.mirror.state.gallery.entries.map(({ item_id, invocation_id }) => `${item_id}/${invocation_id}`);
  }
}

/** The socket says that, and everything that follows from it has happened. */
export async function says(socket: FakeSocket, ...frames: Parameters<FakeSocket['says']>): Promise<void> {
  socket.says(...frames);
  await settled();
}
