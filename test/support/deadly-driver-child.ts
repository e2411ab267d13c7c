/** A device child whose CUDA driver kills the process that tries it. */
import type { FromDevice, ToDevice } from '../../gpu-runner/device/messages.ts';

process.once('message', async (messages: ToDevice[]) => {
  const [start] = messages;
  if (start?.kind === 'start' && start.candidates[0]?.startsWith('cuda')) {
    const trying: FromDevice[] = [{ kind: 'trying', device: start.candidates[0] }];
    process.send?.(trying, () => process.kill(process.pid, 'SIGSEGV'));
    return;
  }
  await import('./device-child.ts');
  process.emit('message', messages, undefined);
});
