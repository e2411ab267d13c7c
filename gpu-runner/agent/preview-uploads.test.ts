import { expect, test } from 'vitest';
import { systemClock } from './clock.ts';
import type { Preview } from './edge-api.ts';
import { makeLog } from './log.ts';
import { PreviewUploads } from './preview-uploads.ts';

const MIB = 1024 * 1024;

test('a preview that comes again, of a device that was started again, counts once', async () => {
  const gate = Promise.withResolvers<void>();
  const stored: string[] = [];
  const previews = new PreviewUploads({
    api: {
      putPreview: async ({ asset_name }: Preview) => {
        await gate.promise;
        stored.push(asset_name);
      },
    },
    ...{ clock: systemClock, log: makeLog('text', 'error'), ending: new AbortController().signal },
    isUploading: () => false,
  });
  const made = (asset_name: string) => {
    previews.begun(asset_name);
    previews.made(asset_name, { asset_name, content_type: 'image/webp', bytes: new Uint8Array(MIB) });
  };
  const { signal } = new AbortController();
  // Four MiB may wait. Had the second one of "a" been counted beside the first, there would never be room for all of these.
  for (let time = 0; time < 3; time++) made('a');
  gate.resolve();
  await previews.settled(5_000, signal);
  for (const name of ['b', 'c', 'd', 'e']) made(name);
  await previews.settled(5_000, signal);
  expect(stored).toEqual(['a', 'b', 'c', 'd', 'e']);
});
