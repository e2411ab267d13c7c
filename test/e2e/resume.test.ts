/** A session that another runner began goes on where it was, on a runner whose disk has nothing of it. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { CAN_SEE_PROCESSES, scratch } from './support/command.ts';
import { EventLog } from './support/event-log.ts';
import { edge } from './support/graph.ts';
import { history, invocationsOf } from './support/invocations.ts';
import { localEdge, makeQueue } from './support/local-edge.ts';
import { nodeCalls, TestAgent } from './support/test-agent.ts';

/** Two laps are done when the third waits for the file; after it comes what needs a tensor and a picture of before. */
const graphUntil = (file: string) => ({
  nodes: Object.fromEntries(
    Object.entries({
      base: { type: 'tensor_from_list', values: [1, 2] },
      picture: { type: 'blank_image', width: 16, height: 8 },
      texts: { type: 'string_collection', collection: ['a', 'b', `test:until:${file}`, 'd'] },
      each: { type: 'iterate' },
      text: { type: 'string' },
      scaled: { type: 'tensor_math', operation: 'mul', value: 3 },
      flipped: { type: 'img_flip' },
      list: { type: 'tensor_to_list' },
      info: { type: 'image_info' },
      gathered: { type: 'collect' },
      all: { type: 'string_collection' },
    }).map(([id, node]) => [id, { use_cache: false, ...node }]),
  ),
  edges: [
    edge('base.tensor', 'scaled.a'),
    edge('scaled.tensor', 'list.tensor'),
    edge('picture.image', 'flipped.image'),
    edge('flipped.image', 'info.image'),
    edge('texts.collection', 'each.collection'),
    edge('each.item', 'text.value'),
    edge('text.value', 'gathered.item'),
    edge('gathered.collection', 'all.collection'),
  ],
});

const BEFORE = ['base', 'picture', 'texts', 'scaled', 'flipped', 'text#0', 'text#1'].sort();
const AFTER = ['text#2', 'text#3', 'list', 'info', 'all'].sort();
/** Ephemeral, and needed by `list`. */
const AGAIN = ['base', 'scaled'];

describe.runIf(CAN_SEE_PROCESSES)('a session', { timeout: 180_000 }, () => {
  test.each(['SIGKILL', 'SIGTERM'] as const)(
    'with k results goes on with k results on an empty disk, after its runner got %s',
    async (signal) => {
      const folder = scratch();
      const at = (name: string) => path.join(folder, name);
      const system = await localEdge();
      const queue = await makeQueue(system, 'resume', { runner_timeout_seconds: 2 });
      const log = await EventLog.of(queue);
      const agent = (name: string) => {
        const calls = at(`calls of ${name}`);
        return new TestAgent({ system, queue: 'resume', cache: at(name), calls });
      };
      const called = (name: string) => nodeCalls(at(`calls of ${name}`)).map(({ invocation_id }) => invocation_id);
      const { item_id } = await queue.enqueueGraph({ graph: graphUntil(at('go on')) });

      const one = agent('one');
      await log.hears('invocation_started', item_id, ({ invocation_id }) => invocation_id === 'text#2');
      const before = await invocationsOf(queue, item_id);
      expect(before.map(({ invocation_id }) => invocation_id).sort()).toEqual(BEFORE);
      one.kill(signal);
      expect(await one.ended).toMatchObject(signal === 'SIGKILL' ? { signal } : { code: 0 });
      await one.nothingLeft(30_000);
      expect(called('one').sort()).toEqual([...BEFORE, 'text#2'].sort());

      writeFileSync(at('go on'), '');
      const two = agent('two');
      log.needs(two);
      await log.status(item_id, 'completed');
      expect(called('two').sort()).toEqual([...AGAIN, ...AFTER].sort());
      two.kill('SIGTERM');
      expect((await two.ended).code, two.output()).toBe(0);

      const after = await invocationsOf(queue, item_id);
      expect(after.slice(0, before.length)).toEqual(before);
      const [first, ...others] = new Set(after.map(({ runner_id }) => runner_id));
      const added = after.slice(before.length);
      expect(added.map(({ invocation_id }) => invocation_id).sort()).toEqual(AFTER);
      expect(new Set(before.map(({ runner_id, attempt }) => `${runner_id} ${attempt}`))).toEqual(
        new Set([`${first} 1`]),
      );
      expect(new Set(added.map(({ runner_id, attempt }) => `${runner_id} ${attempt}`))).toEqual(
        new Set([`${others[0]} 2`]),
      );
      const said = (await history(queue)).flatMap((event) => (event.name === 'invocation_complete' ? [event] : []));
      expect(said.map(({ invocation_id }) => invocation_id)).toEqual(after.map(({ invocation_id }) => invocation_id));
      const result = (id: string) => after.find(({ invocation_id }) => invocation_id === id)?.result;
      expect(result('list')).toMatchObject({ collection: [3, 6] });
      expect(result('info')).toMatchObject({ width: 16, height: 8 });
    },
  );
});
