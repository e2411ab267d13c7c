/** What a device does before it may be given work: loads the runner's own nodes and proves that it infers. */
import { defaultBudget } from '../models/model-memory.ts';
import type { Node } from '../nodes/node.ts';
import { chooseDevice } from './execution-providers.ts';
import { tookTooMuch } from './memory-limit.ts';
import type { FromDevice, ToDevice } from './messages.ts';
import type { Outgoing } from './outgoing.ts';
import { tryDevice } from './trial.ts';

export type Start = Extract<ToDevice, { kind: 'start' }>;

export interface WarmDevice {
  id: string;
  reason: string;
  /** Bytes that loaded models may take. */
  budget: number;
}

/** null, and the agent is told, when no device works. */
export async function warmUp(start: Start, outgoing: Outgoing<FromDevice>): Promise<WarmDevice | null> {
  const { device, reason } = await chooseDevice(
    start.candidates,
    async (candidate) => {
      outgoing.post({ kind: 'trying', device: candidate });
      outgoing.flush();
      await tryDevice(candidate);
    },
    start.failures,
  );
  const taken = process.memoryUsage.rss();
  const limit = start.settings.memory_limit_bytes;
  // Whoever watches its memory may not have looked yet, and would end each process as soon as it works.
  if (device !== null && limit !== null && taken > limit) {
    const reason = `the device process does not start: ${tookTooMuch({ taken, limit })}`;
    outgoing.post({ kind: 'unusable', reason, because: 'device' });
    return null;
  }
  if (device !== null)
    return { id: device, reason, budget: start.settings.model_memory_bytes ?? (await defaultBudget(device)) };
  outgoing.post({ kind: 'unusable', reason, because: 'device' });
  return null;
}

/** The nodes of the runner's folder; null, and the agent is told, when one of them cannot be loaded. */
export async function ownNodes(
  { settings }: Start,
  outgoing: Outgoing<FromDevice>,
): Promise<ReadonlyMap<string, Node> | null> {
  if (settings.nodes === null) return new Map();
  try {
    const { loadCustomNodes } = await import('../nodes/custom/custom-nodes.ts');
    return await loadCustomNodes(settings.nodes);
  } catch (error) {
    outgoing.post({ kind: 'unusable', reason: (error as Error).message, because: 'nodes' });
    return null;
  }
}
