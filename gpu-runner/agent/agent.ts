/**
 * The network side of a runner: registers, holds leases, feeds the device, posts what it says, and goes away cleanly.
 * It never blocks: whatever computes is in the device's process. This file only connects the parts.
 */

import type { RunnerOrder } from '../../contract/runner/socket.ts';
import { PROTOCOL_VERSION } from '../../contract/version.ts';
import { candidatesOf } from '../device/execution-providers.ts';
import type { DeviceSettings } from '../device/settings.ts';
import { Approval } from './approval.ts';
import type { Clock } from './clock.ts';
import { DeviceDesk } from './device-desk.ts';
import { DeviceProcess, type ReadyMessage } from './device-process.ts';
import { drain, GRACE_MS } from './drain.ts';
import { type EdgeAddress, EdgeApi } from './edge-api.ts';
import { EXIT, FatalError } from './edge-error.ts';
import { Exchange } from './exchange.ts';
import { Heartbeat } from './heartbeat.ts';
import type { Log } from './log.ts';
import { modelSource } from './model-source.ts';
import { ModelStore } from './model-store.ts';
import { persist } from './persist.ts';
import { PreviewUploads } from './preview-uploads.ts';
import { Registration } from './registration.ts';
import { RunnerSocket } from './runner-socket.ts';
import type { SessionSpans } from './session-spans.ts';
import { TimeLimits } from './time-limits.ts';
import { Uploads } from './uploads.ts';
import { Work } from './work.ts';

export interface AgentOptions extends EdgeAddress {
  /** One for each process. */
  runner_id: string;
  name: string;
  /** `auto`, `cpu`, `webgpu` or `cuda:N`. */
  device: string;
  cache: string;
  /** Bytes that model folders may take in `cache`; null: any number. */
  modelDisk: number | null;
  settings: DeviceSettings;
  /** The module that the device child runs. */
  device_entry: URL;
  graceMs?: number;
  hardCancelMs?: number;
}

export interface AgentParts {
  options: AgentOptions;
  clock: Clock;
  log: Log;
  /** Where sessions are traced. */
  spans?: SessionSpans | null;
}

/** What is left of previews when all else is done may take so long. */
const PREVIEWS_MS = 2_000;

/** The runner has one device; the number is where more would count. */
const DEVICE = 0;

export class Agent {
  readonly #options: AgentOptions;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #ending = new AbortController();
  readonly #hurry = new AbortController();
  readonly #work: Work;
  readonly #registration: Registration;
  readonly #exchange: Exchange;
  readonly #heartbeat: Heartbeat;
  readonly #socket: RunnerSocket;
  readonly #approval: Approval;
  readonly #device: DeviceProcess;
  readonly #previews: PreviewUploads;
  readonly #limits: TimeLimits;
  readonly #exitCode: Promise<number>;
  #end: (exitCode: number) => void = () => {};
  #watched = false;
  #loadedModels: string[] = [];
  #connected = false;
  #draining = false;
  /** Of its own nodes, as JSON: of the device that was ready first. */
  #definitions = '';

  constructor({ options, clock, log, spans = null }: AgentParts) {
    this.#options = options;
    this.#clock = clock;
    this.#log = log;
    this.#exitCode = new Promise((resolve) => {
      this.#end = resolve;
    });
    const ending = this.#ending.signal;
    const api = new EdgeApi(options, ending);
    const basics = { api, clock, log, ending };
    const { hardCancelMs } = options;
    const { sessions } = options.settings;
    const work = new Work({ clock, log, sessions, spans, ...(hardCancelMs === undefined ? {} : { hardCancelMs }) });
    const registration = new Registration({ ...basics, onRegistered: () => this.#registered() });
    this.#work = work;
    this.#registration = registration;
    const uploads = new Uploads({
      ...basics,
      onStored: (asset) => {
        this.#device.post({ kind: 'settled', asset_name: asset });
        spans?.uploadEnded(asset);
        work.outbox.stored(asset);
        work.changed();
        previews.assetSettled(asset);
      },
      onRefused: (asset, message) => {
        this.#device.post({ kind: 'settled', asset_name: asset });
        spans?.uploadEnded(asset, message);
        previews.assetSettled(asset);
        for (const ticket of work.outbox.waitingFor(asset)) work.fail(ticket, `An asset cannot be stored: ${message}`);
      },
    });
    const previews = new PreviewUploads({ ...basics, isUploading: (asset) => uploads.isPending(asset) });
    this.#previews = previews;
    this.#exchange = new Exchange({
      ...{ ...basics, work, registration },
      uploadBytes: () => uploads.bytes,
      loadedModels: () => this.#loadedModels,
      isWatched: () => this.#watched,
    });
    this.#heartbeat = new Heartbeat({
      ...{ ...basics, work, registration, exchange: this.#exchange },
      isConnected: () => this.#socket.isOpen,
      onDrain: () => this.#drainOnce(),
    });
    this.#socket = new RunnerSocket({
      ...basics,
      registration,
      onOrder: (order) => this.#obey(order),
      onTurn: () => this.#heartbeat.soon(),
    });
    this.#approval = new Approval({ ...basics, registration, onApproved: () => this.#exchange.announced() });
    const models = new ModelStore({
      ...{ clock, log, ending, cache: options.cache, limit: options.modelDisk },
      source: modelSource(api, log, process.env),
      isNeeded: (hash) => this.#loadedModels.includes(hash) || work.needsModel(hash),
    });
    const desk = new DeviceDesk({
      ...{ work, uploads, previews, spans, log },
      report: (json) => this.#socket.report(json),
      readAsset: (asset_name) => persist(() => api.getAsset(asset_name), { clock, ending }),
      models,
      onModels: (hashes) => {
        this.#loadedModels = hashes;
      },
    });
    this.#device = new DeviceProcess({
      ...{ clock, log },
      entry: options.device_entry,
      candidates: candidatesOf(options.device),
      settings: options.settings,
      isWatched: () => this.#watched,
      onReady: (ready) => this.#ready(ready),
      onMessages: (messages, answer) => desk.take(messages, answer),
      onLost: (record, cause) => {
        this.#loadedModels = [];
        previews.deviceLost();
        work.deviceLost(DEVICE, record, cause);
      },
      onUnusable: (reason, because) =>
        this.#fail(new FatalError(EXIT[because === 'nodes' ? 'usage' : 'device'], reason)),
    });
    this.#limits = new TimeLimits({ work, clock, ending, record: () => this.#device.record });
  }

  /** Resolves with the exit code, after a drain or a failure; no child process is left then. */
  async run(): Promise<number> {
    this.#device.start();
    const code = await this.#exitCode;
    this.#ending.abort();
    this.#device.stop('stopped');
    return code;
  }

  /** Stops claiming, lets what runs finish within the grace period, gives the rest back, and ends. Again: at once. */
  drain(reason: string): void {
    if (this.#draining) {
      this.#log.warn({ reason }, 'stopping at once');
      this.#hurry.abort();
      return;
    }
    this.#log.info({ reason }, 'draining');
    this.#draining = true;
    this.#drain().then(this.#end, (error) => this.#fail(error));
  }

  /** The queue repeats what it wants, and is in no more hurry for that. */
  #drainOnce(): void {
    if (!this.#draining) this.drain('the queue asked for it');
  }

  async #drain(): Promise<number> {
    if (!this.#registration.isRegistered) return EXIT.drained;
    const code = await drain({
      ...{ work: this.#work, exchange: this.#exchange, heartbeat: this.#heartbeat, device: this.#device },
      ...{ clock: this.#clock, log: this.#log, hurry: this.#hurry.signal },
      graceMs: this.#options.graceMs ?? GRACE_MS,
    });
    await this.#previews.settled(PREVIEWS_MS, this.#hurry.signal);
    return code;
  }

  /** The device works: now, and not before, the runner may be given work. */
  #ready(ready: ReadyMessage): void {
    const definitions = JSON.stringify(ready.nodes);
    // What it would run is not what was announced, and perhaps approved.
    if (this.#connected && definitions !== this.#definitions) {
      this.drain('the nodes of its folder have changed while it ran');
      return;
    }
    this.#definitions = definitions;
    this.#log.info({ device: ready.device.id }, `device ready: ${ready.reason}`);
    this.#work.deviceReady(DEVICE, {
      name: ready.device.id,
      post: (message) => this.#device.post(message),
      kill: (reason) => this.#device.kill(reason),
    });
    if (this.#connected || this.#draining) return;
    this.#connected = true;
    this.#connect(ready).catch((error) => this.#fail(error));
  }

  async #connect({ device, engine, types, nodes }: ReadyMessage): Promise<void> {
    const { runner_id, name } = this.#options;
    await this.#registration.register({
      protocol: PROTOCOL_VERSION,
      runner_id,
      name,
      engine,
      types,
      ...(nodes.length > 0 ? { nodes } : {}),
      devices: [device],
    });
    const loops = [this.#exchange.run(), this.#heartbeat.run(), this.#socket.run(), this.#limits.run()];
    if (nodes.length > 0) loops.push(this.#approval.run({ types, nodes }));
    await Promise.all(loops);
  }

  #registered(): void {
    this.#approval.registered();
    this.#exchange.announced();
    this.#socket.renew();
    this.#heartbeat.soon();
  }

  #obey(order: RunnerOrder): void {
    switch (order.order) {
      case 'hello':
        if (order.protocol !== PROTOCOL_VERSION) this.#log.warn(order, 'the queue speaks another protocol version');
        break;
      case 'wake':
        this.#exchange.announced();
        break;
      case 'cancel':
        this.#work.cancel(order.item_ids);
        break;
      case 'recall':
        this.#work.recall(this.#work.ofLeases(order.leases));
        break;
      case 'stop':
        this.#work.gone(this.#work.ofLeases(order.leases));
        break;
      case 'drain':
        this.#drainOnce();
        break;
      case 'watch':
        this.#watched = order.watched;
        this.#device.post({ kind: 'watch', watched: order.watched });
    }
  }

  #fail(error: unknown): void {
    if (this.#ending.signal.aborted) return;
    const exitCode = error instanceof FatalError ? error.exitCode : EXIT.defect;
    const message = error instanceof Error ? (exitCode === EXIT.defect ? error.stack : error.message) : String(error);
    this.#log.error({ exit_code: exitCode }, message ?? 'failed');
    this.#end(exitCode);
  }
}
