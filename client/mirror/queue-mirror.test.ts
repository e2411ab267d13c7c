import { expect, test } from 'vitest';
import { MirrorFixture, says } from '../testing/mirror-fixture.ts';

test('a mirror shows what happens, tells of results, and is ready when it knows what runs', async () => {
  const page = new MirrorFixture();
  const { story } = page;
  const socket = await page.connected();
  await page.mirror.ready;
  await says(
    socket,
    story.status(1, 'in_progress'),
    story.started(1, 'blur'),
    story.complete(1, 'blur'),
    story.status(1, 'completed'),
  );
  expect(page.item(1).status).toBe('completed');
  expect(page.node(1, 'blur')).toMatchObject({ status: 'completed', completed: 1 });
  expect(page.gallery).toEqual(['1/blur']);
  expect(page.heard).toMatchObject({ results: ['1/blur'], ended: [[1, 'completed']], errors: [] });
  page.mirror.close();
  expect(socket.closed).toBe(true);
});
