/**
 * Feeds devices from the buffer: granted items wait here, where giving them back or canceling them needs nobody, until
 * a device has room. @pure
 */
import type { ToDevice } from '../device/messages.ts';
import type { BatchGraphs } from './batch-graphs.ts';
import { deviceItems } from './buffer.ts';
import type { Held, Holdings } from './holdings.ts';

/** A device that is ready. */
export interface DevicePort {
  /** What it is called: `cpu`, `cuda:0`. */
  name: string;
  post(message: ToDevice): void;
  kill(reason: string): void;
}

interface ReadyDevice {
  port: DevicePort;
  /** Batches whose graphs its process has. */
  batches: Set<string>;
  /** What it was told to work on and has not finished. */
  items: number;
  /** The ticket that has it for itself. */
  alone: number | null;
}

export interface FeederParts {
  holdings: Holdings;
  graphs: BatchGraphs;
  /** That a device runs at a time. */
  sessions: number;
  /** Whether an item must have its device for itself. */
  runsAlone: (held: Held) => boolean;
}

export class Feeder {
  readonly #parts: FeederParts;
  readonly #buffer: Held[] = [];
  readonly #devices = new Map<number, ReadyDevice>();

  constructor(parts: FeederParts) {
    this.#parts = parts;
  }

  /** Sessions that the devices which are ready run at a time. */
  get slots(): number {
    return this.#devices.size * this.#parts.sessions;
  }

  nameOf(device: number | null): string {
    return (device === null ? undefined : this.#devices.get(device)?.port.name) ?? 'unknown';
  }

  /** A process is ready; the number of its device stays when it is started again. */
  ready(device: number, port: DevicePort): void {
    this.#devices.set(device, { port, batches: new Set(), items: 0, alone: null });
  }

  lost(device: number): void {
    this.#devices.delete(device);
  }

  /** Behind what waits already. */
  add(held: Held): void {
    this.#buffer.push(held);
  }

  /** Before what waits already: it had been handed out once. */
  putBack(held: readonly Held[]): void {
    for (const each of held) each.device = null;
    this.#buffer.unshift(...held);
  }

  remove(held: Held): void {
    const at = this.#buffer.indexOf(held);
    if (at !== -1) this.#buffer.splice(at, 1);
  }

  /**
   * Hands out what devices have room for, at the measured `pace` of a session. One that must be alone waits until its
   * device has finished everything else, and what comes behind it waits for it.
   */
  feed(pace: number | null): void {
    const depth = deviceItems(pace, this.#parts.sessions);
    for (const [number, device] of this.#devices)
      while (device.items < depth && device.alone === null) {
        const [held] = this.#buffer;
        if (!held) return;
        const alone = this.#parts.runsAlone(held);
        if (alone && device.items > 0) break;
        this.#buffer.shift();
        if (alone) device.alone = held.ticket;
        this.#run(held, number, device);
      }
  }

  #run(held: Held, number: number, device: ReadyDevice): void {
    const { batch_id, ticket, grant } = held;
    const graph = this.#parts.graphs.get(batch_id);
    if (graph && !device.batches.has(batch_id)) {
      device.batches.add(batch_id);
      device.port.post({ kind: 'batch', batch_id, graph });
    }
    held.device = number;
    this.#parts.holdings.work(held, 'feed');
    device.items += 1;
    device.port.post({ kind: 'run', ticket, grant });
  }

  /** Its device, when there is one, has room again. */
  finished(held: Held): void {
    const device = this.#deviceOf(held);
    if (!device) return;
    device.items -= 1;
    if (device.alone === held.ticket) device.alone = null;
  }

  /** Tells the device that works on it. */
  post(held: Held, message: ToDevice): void {
    this.#deviceOf(held)?.port.post(message);
  }

  kill(held: Held, reason: string): void {
    this.#deviceOf(held)?.port.kill(reason);
  }

  forget(batch_ids: readonly string[]): void {
    for (const { port, batches } of this.#devices.values())
      for (const batch_id of batch_ids) if (batches.delete(batch_id)) port.post({ kind: 'forget_batch', batch_id });
  }

  #deviceOf(held: Held): ReadyDevice | undefined {
    return held.device === null ? undefined : this.#devices.get(held.device);
  }
}
