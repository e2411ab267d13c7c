/**
 * From the name of a device to what onnxruntime calls it, and the choice among several by trying them: a provider that
 * the build lists may still have no adapter or no library here, and onnxruntime itself never falls back.
 */
export const DEVICE_NAME = /^(auto|cpu|webgpu|cuda:\d{1,2})$/;

/** In order of preference. */
export const AUTO_CANDIDATES = ['cuda:0', 'webgpu', 'cpu'] as const;

export const candidatesOf = (choice: string): string[] => (choice === 'auto' ? [...AUTO_CANDIDATES] : [choice]);

/** A child sees one GPU only (`cudaVisibleDevices`), so that it is always the first one there. */
export const executionProviders = (device: string): string[] => [device.split(':')[0] ?? device];

/** What CUDA_VISIBLE_DEVICES must be for `device`; numbers count within what the variable allows already. */
export function cudaVisibleDevices(device: string, allowed: string | undefined): string | undefined {
  const [name, index = '0'] = device.split(':');
  if (name !== 'cuda') return allowed;
  if (!allowed) return index;
  return allowed.split(',')[Number(index)] ?? '-1';
}

const REMEDIES: Record<string, string> = {
  cuda:
    'CUDA needs an NVIDIA driver, CUDA 13 with cuDNN 9, and the provider libraries that are too large for npm: run ' +
    '`ONNXRUNTIME_NODE_INSTALL=cuda12 node node_modules/onnxruntime-node/script/install.js` where nuget.org can be ' +
    'reached, or use the image of infra/docker/Dockerfile.cuda.',
  webgpu: 'WebGPU needs a Vulkan driver: install the one of your GPU (libvulkan1 and its ICD).',
  cpu: 'onnxruntime-node itself does not load here: install it with `ONNXRUNTIME_NODE_INSTALL=skip npm ci` (glibc only).',
};

/** What to install for a device that does not work. */
export const remedy = (device: string): string => REMEDIES[device.split(':')[0] ?? ''] ?? '';

export interface Failure {
  device: string;
  message: string;
}

export type Choice = { device: string; reason: string } | { device: null; reason: string };

/** The first candidate that `attempt` does not refuse, and why it was taken, or why none was. */
export async function chooseDevice(
  candidates: readonly string[],
  attempt: (device: string) => Promise<void>,
  earlier: readonly Failure[] = [],
): Promise<Choice> {
  const failures = [...earlier];
  for (const device of candidates) {
    try {
      await attempt(device);
      return { device, reason: reasonFor(device, failures, candidates.length + earlier.length > 1) };
    } catch (error) {
      failures.push({ device, message: error instanceof Error ? error.message : String(error) });
    }
  }
  const why = failures.map(
    ({ device, message }) => `${device} does not work here: ${firstLine(message)}. ${remedy(device)}`,
  );
  return { device: null, reason: why.join(' ') };
}

function reasonFor(device: string, failures: readonly Failure[], chosen: boolean): string {
  if (!chosen) return `${device}, as asked`;
  const others = failures.map((failure) => `${failure.device}: ${firstLine(failure.message)}`);
  return others.length === 0 ? `${device}, the first choice, works` : `${device} works (${others.join('; ')})`;
}

/** The sentence for people: onnxruntime puts the place in its source and the broken assertion before it. */
const firstLine = (message: string): string =>
  (message.split('\n')[0] ?? '')
    .replace(/^.* was false\. /, '')
    .slice(0, 200)
    .replace(/\.$/, '');
