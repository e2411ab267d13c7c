import { expect, test } from 'vitest';
import { UploadRoom } from './upload-room.ts';

/** Sessions that write assets of one byte each, named by their order. */
function writers(limit: number) {
  const room = new UploadRoom(limit, 0);
  const written: string[] = [];
  const session = (ticket: number) => {
    let canceled = false;
    return {
      write: (asset_name: string) =>
        room.enter({ ticket, isCanceled: () => canceled }, () => {
          written.push(asset_name);
          room.sent(ticket, asset_name, 1);
          return asset_name;
        }),
      cancel: () => {
        canceled = true;
      },
    };
  };
  return { room, written, session };
}

test('a session waits when too much is on its way, goes on as its own arrives, and keeps its order', async () => {
  const { room, written, session } = writers(2);
  const one = session(1);
  const all = ['a', 'b', 'c', 'd'].map((name) => one.write(name));
  expect(written).toEqual(['a', 'b']);
  room.settled('a');
  expect(written).toEqual(['a', 'b', 'c']);
  room.settled('b');
  room.settled('c');
  expect(await Promise.all(all)).toEqual(['a', 'b', 'c', 'd']);
});

test('who has nothing on its way never waits for another', async () => {
  const { room, written, session } = writers(2);
  for (const name of ['a', 'b', 'c']) void session(1).write(name);
  expect(await session(2).write('x')).toBe('x');
  void session(2).write('y');
  expect(written).toEqual(['a', 'b', 'x']);
  room.settled('x');
  expect(written).toEqual(['a', 'b', 'x', 'y']);
});

test('what a canceled session still wanted to write is not written, and holds nobody up', () => {
  const { room, written, session } = writers(1);
  const canceled = session(1);
  void canceled.write('a');
  void canceled.write('b');
  canceled.cancel();
  room.settled('a');
  void session(2).write('c');
  expect(written).toEqual(['a', 'c']);
});

test('an asset that is on its way already counts once, and an error of the write is its caller’s', async () => {
  const { room, written, session } = writers(2);
  void session(1).write('a');
  void session(1).write('a');
  void session(1).write('b');
  expect(written).toEqual(['a', 'a', 'b']);
  const fails = room.enter({ ticket: 3, isCanceled: () => false }, () => {
    throw new Error('no');
  });
  await expect(fails).rejects.toThrow('no');
});

test('empty assets take room too: they could be made without end', () => {
  const room = new UploadRoom(1_000, 100);
  let written = 0;
  const writer = { ticket: 1, isCanceled: () => false };
  for (let index = 0; index < 50; index++)
    void room.enter(writer, () => {
      written += 1;
      room.sent(1, `asset ${index}`, 0);
    });
  expect(written).toBe(10);
  room.settled('asset 0');
  expect(written).toBe(11);
});
