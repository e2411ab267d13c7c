/**
 * The device child: everything of one device in one process, because an inference blocks its thread, cannot be
 * interrupted, and native code can crash (D9). It has no network; what it needs it asks of its agent.
 */
import { performance } from 'node:perf_hooks';
import type { PinnedGraph } from '../../contract/graph/graph.ts';
import type { RunnerReport } from '../../contract/runner/socket.ts';
import { ENGINE_VERSION } from '../../contract/version.ts';
import { Session } from '../../graph/session/session.ts';
import { modelNeeds } from '../model-needs.ts';
import { ModelLoaderRegistry } from '../models/model-loader-registry.ts';
import { catalogueOf } from '../nodes/catalogue.ts';
import type { Node } from '../nodes/node.ts';
import { DeviceAssets } from './assets.ts';
import { Breath } from './breath.ts';
import { executionProviders } from './execution-providers.ts';
import { FlightRecorder } from './flight-recorder.ts';
import { Hooks, type SessionHooks } from './hooks.ts';
import { InvocationCache } from './invocation-cache.ts';
import { fieldsOf } from './invocation-name.ts';
import { KeptResults } from './kept-results.ts';
import type { FromDevice, ToDevice } from './messages.ts';
import { DeviceModels } from './models.ts';
import { Outgoing } from './outgoing.ts';
import { encodePreview } from './preview.ts';
import { Previews } from './previews.ts';
import { Processor } from './processor.ts';
import { Progress } from './progress.ts';
import { Reporter } from './reporter.ts';
import { Requests } from './requests.ts';
import { SessionProfiler } from './session-profiler.ts';
import { SessionRunner } from './session-runner.ts';
import { SessionStatistics } from './session-stats.ts';
import { StatsReport } from './stats-report.ts';
import { brought } from './stored-values.ts';
import type { Task } from './task.ts';
import { UploadRoom } from './upload-room.ts';
import { ownNodes, type Start, type WarmDevice, warmUp } from './warm-up.ts';
import { endWithParent } from './watch-thread.ts';

/** Where the agent's recorder file stands among the child's descriptors: after stdin, stdout, stderr and the channel. */
export const RECORDER_FD = 4;

export interface DeviceParts {
  nodes: ReadonlyMap<string, Node>;
  /** Called after the device's own. */
  hooks?: readonly Partial<SessionHooks>[];
}

/** Runs in the child, once: waits for `start`, proves that a device works, then processes until the agent goes. */
export function startDevice(parts: DeviceParts): void {
  if (!process.send) throw new Error('a device is started by its agent: run gpu-runner/main.ts');
  const limitMemory = endWithParent();
  // The agent decides when this process ends; a terminal sends its Ctrl-C to both.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => undefined);
  const outgoing = new Outgoing<FromDevice>((messages) => process.send?.(messages));
  let receive = (message: ToDevice) => {
    if (message.kind !== 'start') throw new Error(`the first message is start, not ${message.kind}`);
    const { memory_limit_bytes: limit } = message.settings;
    if (limit !== null) limitMemory({ limit, recorder: RECORDER_FD });
    const early: ToDevice[] = [];
    receive = (next) => early.push(next);
    void ownNodes(message, outgoing).then(async (own) => {
      const device = own && (await warmUp(message, outgoing));
      if (own === null || device === null) return;
      receive = working({ ...parts, own, outgoing, device, start: message });
      for (const each of early) receive(each);
    });
  };
  process.on('message', (messages: ToDevice[]) => {
    for (const message of messages) receive(message);
  });
}

interface Working extends DeviceParts {
  own: ReadonlyMap<string, Node>;
  outgoing: Outgoing<FromDevice>;
  device: WarmDevice;
  start: Start;
}

/** Puts the parts together, announces that the device is ready, and returns what takes the agent's messages. */
function working({
  nodes: bundled,
  own,
  hooks: added = [],
  outgoing,
  device,
  start,
}: Working): (message: ToDevice) => void {
  const stopwatch = () => performance.now();
  const post = (message: FromDevice) => outgoing.post(message);
  const send = (report: RunnerReport) => post({ kind: 'report', json: JSON.stringify(report) });
  const nodes = new Map([...bundled, ...own]);
  const catalogue = catalogueOf(nodes);
  const graphs = new Map<string, PinnedGraph>();
  const requests = new Requests(post);
  const memory = new InvocationCache(start.settings.cache_entries);
  const room = new UploadRoom();
  const upload = (message: FromDevice) => {
    if (message.kind === 'asset') room.sent(message.ticket, message.asset_name, message.bytes.length);
    post(message);
  };
  const assets = new DeviceAssets(requests, upload, (asset_name) => memory.forget(asset_name));
  const results = new KeptResults({ memory, assets, catalogue });
  const open = async (task: Task): Promise<Session> => {
    const { grant } = task;
    const graph = graphs.get(grant.batch_id);
    if (!graph) throw new Error(`the graph of batch "${grant.batch_id}" did not come with its item`);
    const session = new Session(graph, grant.values, catalogue);
    if (grant.results.length > 0)
      session.restore(await brought(grant.results, (name) => task.orCanceled(assets.read(name, task.meter))));
    await results.open(task, graph, session);
    return session;
  };
  const { sessions, profile } = start.settings;
  const profiler =
    profile === null
      ? null
      : new SessionProfiler({
          folder: profile,
          releaseModels: () => registry.releaseAll(),
          warn: (message) => reporter.log('warn', message),
        });
  const previews = new Previews({
    written: (asset_name) => assets.written(asset_name),
    durableOutputs: (type) => {
      const node = nodes.get(type);
      return node ? fieldsOf(node.definition).durableOutputs : [];
    },
    post,
  });
  const statistics = new SessionStatistics({
    now: stopwatch,
    memory: () => process.memoryUsage.rss(),
    models: () => registry.figures(),
    cacheMisses: () => memory.status.misses,
  });
  const stats = new StatsReport({
    statistics,
    folder: start.settings.stats,
    log: (level, message) => reporter.log(level, message),
  });
  /** The device's own, in the order in which they are called. */
  const builtin: Partial<SessionHooks>[] = [statistics, ...(profiler ? [profiler] : []), previews];
  const hooks = new Hooks([...builtin, ...added]);
  const recorder = new FlightRecorder(RECORDER_FD, sessions, stopwatch);
  const breath = new Breath(stopwatch, sessions);
  const reporter = new Reporter(outgoing, stopwatch, ({ grant, meter }) => stats.take(grant, meter));
  const progress = new Progress({ now: stopwatch, send, encode: encodePreview }, start.watched);
  const registry = new ModelLoaderRegistry({
    options: {
      executionProviders: executionProviders(device.id),
      ...(start.settings.threads === null ? {} : { intraOpNumThreads: start.settings.threads }),
      ...(profiler ? { profile: (file: string) => profiler.traceOf(file) } : {}),
    },
    budget: device.budget,
    need: (hash) => Math.max(0, ...[...processor.tasks].map((task) => need(task, hash))),
    onChange: () => post({ kind: 'models', hashes: registry.loaded }),
    warn: (message) => reporter.log('warn', message),
  });
  /** A session that runs needs a model more than one that waits. */
  const need = ({ grant, isStarted }: Task, hash: string): number =>
    modelNeeds(graphs.get(grant.batch_id)).has(hash) ? (isStarted ? 2 : 1) : 0;
  const services = {
    ...{ progress, breath, reporter, recorder, assets, room },
    models: new DeviceModels({ registry, requests, progress, send }),
  };
  const runner = new SessionRunner({
    nodes,
    open,
    services,
    hooks,
    results,
    device: device.id,
    now: Date.now,
    stopwatch,
  });
  const processor = new Processor({ runner, reporter, breath, hooks, recorder, sessions });
  // A promise that a node left behind: nobody can tell whose it was, and no session has to end for it. A loop that
  // ends is another matter: nothing would work here any more.
  process.on('unhandledRejection', (thrown) => void processor.failed(thrown));
  processor.run().catch((defect) => {
    console.error(defect);
    process.exit(1);
  });
  const types = Object.fromEntries([...nodes].map(([type, { definition }]) => [type, definition.version]));
  post({
    kind: 'ready',
    device: { id: device.id },
    reason: device.reason,
    engine: ENGINE_VERSION,
    types,
    nodes: [...own.values()].map(({ definition }) => definition),
  });
  return (message) => {
    switch (message.kind) {
      case 'batch':
        return void graphs.set(message.batch_id, message.graph);
      case 'forget_batch':
        return void graphs.delete(message.batch_id);
      case 'run':
        return processor.accept(message.ticket, message.grant);
      case 'cancel':
        return processor.cancel(message.ticket);
      case 'recall':
        return processor.recall(message.ticket, message.reason);
      case 'discard':
        return processor.discard(message.ticket);
      case 'watch':
        progress.watched = message.watched;
        return;
      case 'part':
        return requests.progress(message);
      case 'answer':
      case 'refusal':
        return requests.answer(message);
      case 'settled':
        return room.settled(message.asset_name);
      case 'start':
        throw new Error('a device is started once');
    }
  };
}
