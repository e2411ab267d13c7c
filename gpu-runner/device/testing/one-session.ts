/** One session at a time through the real processor and session runner; what it says comes back as lines. */
import { beforeEach } from 'vitest';
import type { CallbackEntry } from '../../../contract/runner/callbacks.ts';
import type { RecordedResult } from '../../../contract/runner/claim.ts';
import type { Invocation, SessionStep } from '../../../graph/session/step.ts';
import { rangeNode } from '../../nodes/collections/range.ts';
import { addNode } from '../../nodes/math/add.ts';
import type { Node } from '../../nodes/node.ts';
import { integerNode } from '../../nodes/primitives/integer.ts';
import { stringNode } from '../../nodes/primitives/string.ts';
import { DeviceAssets } from '../assets.ts';
import { Breath } from '../breath.ts';
import type { Services } from '../context.ts';
import { Hooks, type SessionHooks } from '../hooks.ts';
import type { FromDevice } from '../messages.ts';
import { Outgoing } from '../outgoing.ts';
import { Processor } from '../processor.ts';
import { Reporter } from '../reporter.ts';
import { Requests } from '../requests.ts';
import type { ResultSource } from '../result-source.ts';
import { type RunnableSession, SessionRunner } from '../session-runner.ts';
import { UploadRoom } from '../upload-room.ts';

export const NODES = [integerNode, stringNode, addNode, rangeNode];

/** Everything that the device said. */
export let said: FromDevice[];
/** Every hook that was called. */
export let called: string[];

/** To be called once by each file of tests. */
export function useSession(): void {
  beforeEach(() => {
    said = [];
    called = [];
  });
}

export const invocation = (id: string, type = 'integer', more: Partial<Invocation> = {}): SessionStep => ({
  kind: 'invocation',
  invocation: {
    ...{ id, source_id: id, type, inputs: { value: 1, a: 1, b: 1 }, recompute: false },
    node: { id, type, is_intermediate: false, use_cache: true },
    ...more,
  },
});

/** Names every hook as it is called. */
const tracing: Partial<SessionHooks> = {
  before_session: () => void called.push('before_session'),
  before_node: (event) => void called.push(`before_node ${event.invocation.id}`),
  after_node: (event) => void called.push(`after_node ${event.invocation.id} ${JSON.stringify(event.output)}`),
  node_error: (event) => void called.push(`node_error ${event.invocation_id} ${event.error.error_type}`),
  after_session: (event) => void called.push(`after_session ${event.outcome}`),
  processor_error: (event) => void called.push(`processor_error ${event.error.error_message}`),
  session_over: () => void called.push('session_over'),
};

interface Setting {
  steps?: SessionStep[];
  hooks?: Partial<SessionHooks>[];
  nodes?: Record<string, Node['invoke']>;
  open?: () => RunnableSession | Promise<RunnableSession>;
  results?: ResultSource;
  /** Of an earlier lease. */
  recorded?: RecordedResult[];
}

export const TICKET = 7;

/** Runs one item through the processor; answers its entries, without what every entry has. */
export async function run(
  { steps = [], hooks = [], nodes = {}, open, results, recorded = [] }: Setting,
  orders: (processor: Processor) => void = () => {},
): Promise<string[]> {
  const outgoing = new Outgoing<FromDevice>((messages) => said.push(...messages));
  const reporter = new Reporter(outgoing, () => performance.now());
  const left = [...steps, { kind: 'complete' } as const];
  const session: RunnableSession = {
    next: () => left.shift() ?? { kind: 'stalled', blocked: [] },
    complete: (_, output) => ({ type: 'integer_output', ...output }),
    take: () => undefined,
  };
  const types = new Map<string, Node>(NODES.map((node) => [node.definition.type, node]));
  for (const [type, invoke] of Object.entries(nodes)) types.set(type, { definition: integerNode.definition, invoke });
  const breath = new Breath(() => performance.now());
  const discard = () => undefined;
  const assets = new DeviceAssets(new Requests(discard), (message) => outgoing.post(message));
  let rest = () => {};
  const idle = new Promise<void>((resolve) => {
    rest = resolve;
  });
  const recorder = { works: discard, goesOn: discard, rests: () => rest() };
  const services = { breath, reporter, assets, recorder, room: new UploadRoom() } as unknown as Services;
  const listening = new Hooks([tracing, ...hooks]);
  const runner = new SessionRunner({
    ...{ nodes: types, services, hooks: listening, device: 'cpu' },
    ...(results ? { results } : {}),
    ...{ open: open ?? (() => session), now: () => 0, stopwatch: () => performance.now() },
  });
  const processor = new Processor({ runner, reporter, breath, hooks: listening, recorder, sessions: 1 });
  processor.accept(TICKET, {
    ...{ item_id: 1, fence: 1, token: 't', session_id: 's', batch_id: 'b', user_id: 'u' },
    ...{ values: [], results: recorded, max_run_seconds: null, max_node_seconds: null, traceparent: null },
  });
  orders(processor);
  void processor.run();
  await idle;
  outgoing.flush();
  return said.flatMap((message) => {
    if (message.kind !== 'entry') return message.kind === 'ended' ? ['ended'] : [];
    const entry = JSON.parse(message.json) as CallbackEntry;
    if ('error' in entry) return [`${entry.kind} ${entry.error.error_type}: ${entry.error.error_message}`];
    return ['invocation_id' in entry ? `${entry.kind} ${entry.invocation_id}` : entry.kind];
  });
}
