/**
 * The built-in nodes, so that the real edge knows them, each call of which leaves a line in a file, whichever process
 * makes it; and a text that is asked to misbehave does. With what the environment says (agent-process.ts passes it on):
 * SWITCHYARD_TEST_CALLS      the file; lines are appended by the kernel in one piece, from any number of processes
 * SWITCHYARD_TEST_NODE_MS    how long each call blocks its thread, as an inference does
 */
import { appendFileSync, existsSync } from 'node:fs';
import type { SessionHooks } from '../../gpu-runner/device/hooks.ts';
import type { InvocationContext, Node } from '../../gpu-runner/nodes/node.ts';
import { BUILTIN_NODES } from '../../gpu-runner/nodes/registry.ts';

export interface NodeCall {
  item_id: number;
  session_id: string;
  /** Of the lease under which it was made. */
  fence: number;
  invocation_id: string;
  pid: number;
  /** Milliseconds since 1970. */
  at: number;
}

type Item = Parameters<SessionHooks['before_node']>[0]['item'];

/** What a text may ask for. What follows a colon is the argument. */
const DEEDS: Record<string, (argument: string, context: InvocationContext) => void | Promise<void>> = {
  /** Runs in steps until it is canceled. */
  steps: async (_, context) => {
    for (;;) {
      block(5);
      await context.progress({ message: 'stepping', percentage: 0.5 });
      await context.checkpoint();
    }
  },
  /** Runs in steps until there is a file of that name. */
  until: async (file, context) => {
    while (!existsSync(file)) {
      block(5);
      await context.checkpoint();
    }
  },
  /** Neither ends nor lets anything in. */
  hang: () => {
    for (;;) block(1_000);
  },
  /** Takes memory without end. */
  allocate: () => {
    const taken: Buffer[] = [];
    for (;;) taken.push(Buffer.alloc(4 * 1024 * 1024, 1));
  },
  die: () => process.kill(process.pid, 'SIGKILL') as unknown as undefined,
  fail: () => {
    throw new Error('it was asked to fail');
  },
};

export const COUNTED_NODES: ReadonlyMap<string, Node> = new Map(
  [...BUILTIN_NODES].map(([type, node]) => [type, counted(node)]),
);

const items = new WeakMap<object, Item>();

/** A node does not see whose it is; its inputs are made for this one call. */
export const remembersItems: Partial<SessionHooks> = {
  before_node: ({ item, invocation }) => void items.set(invocation.inputs, item),
};

function counted(node: Node): Node {
  const { SWITCHYARD_TEST_CALLS: file, SWITCHYARD_TEST_NODE_MS: ms = '0' } = process.env;
  return {
    definition: node.definition,
    async invoke(inputs, context) {
      const item = items.get(inputs);
      if (!item) throw new Error(`nobody said whose call of "${context.invocation_id}" this is`);
      const { item_id, session_id, fence } = item;
      const { invocation_id } = context;
      const call: NodeCall = { item_id, session_id, fence, invocation_id, pid: process.pid, at: Date.now() };
      if (file !== undefined) appendFileSync(file, `${JSON.stringify(call)}\n`);
      block(Number(ms));
      const [, deed = '', argument = ''] = /^test:([a-z]+):?(.*)$/.exec(String(inputs.value)) ?? [];
      await DEEDS[deed]?.(argument, context);
      return node.invoke(inputs, context);
    },
  };
}

const cell = new Int32Array(new SharedArrayBuffer(4));

function block(ms: number): void {
  if (ms > 0) Atomics.wait(cell, 0, 0, ms);
}
