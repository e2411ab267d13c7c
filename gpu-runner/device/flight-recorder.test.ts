import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { clearRecord, FlightRecorder, openRecorder, REWRITTEN_MS, readRecord, SLOTS_MAX } from './flight-recorder.ts';

let fd: number;
let now = 0;

beforeEach(() => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'switchyard-recorder-'));
  fd = openRecorder(folder);
  // Fails when anything is left in it.
  fs.rmdirSync(folder);
});

afterEach(() => fs.closeSync(fd));

const NOTHING = { running: [], current: null, sequence: 0 };

test('the recorder keeps what is worked on, and leaves no file', () => {
  expect(readRecord(fd)).toEqual(NOTHING);
  const recorder = new FlightRecorder(fd, 1, () => now);
  recorder.works(0, 7, null);
  expect(readRecord(fd)).toMatchObject({ running: [{ ticket: 7, invocation_id: null }], current: 7 });
  recorder.works(0, 2 ** 40, 'blur:a.b#0,12');
  expect(readRecord(fd)).toMatchObject({
    running: [{ ticket: 2 ** 40, invocation_id: 'blur:a.b#0,12' }],
    current: 2 ** 40,
  });
  recorder.works(0, 8, 'a');
  expect(readRecord(fd)).toMatchObject({ running: [{ ticket: 8, invocation_id: 'a' }], current: 8 });
  recorder.rests(0);
  expect(readRecord(fd)).toEqual(NOTHING);
});

test('of several it names who was on the thread last, as far as it was told', () => {
  const recorder = new FlightRecorder(fd, SLOTS_MAX, () => now);
  recorder.works(0, 1, 'a');
  recorder.works(SLOTS_MAX - 1, 2, 'b');
  expect(readRecord(fd)).toMatchObject({
    running: [
      { ticket: 2, invocation_id: 'b' },
      { ticket: 1, invocation_id: 'a' },
    ],
    current: 2,
  });
  recorder.goesOn(0);
  expect(readRecord(fd).current).toBe(1);
  recorder.rests(5);
  expect(readRecord(fd)).toMatchObject({ current: 1, running: [{ ticket: 1 }, { ticket: 2 }] });
  clearRecord(fd);
  expect(readRecord(fd)).toEqual(NOTHING);
});

test('a session that goes on again and again says so now and then: others had the thread in between', () => {
  const recorder = new FlightRecorder(fd, 2, () => now);
  recorder.works(0, 1, 'waits');
  recorder.works(1, 2, 'steps');
  const { sequence } = readRecord(fd);
  now += REWRITTEN_MS - 1;
  recorder.goesOn(1);
  expect(readRecord(fd).sequence).toBe(sequence);
  now += 1;
  recorder.goesOn(1);
  expect(readRecord(fd)).toMatchObject({ current: 2, sequence: sequence + 1 });
});

test('an id that is too long for the record is left out', () => {
  const recorder = new FlightRecorder(fd, 2, () => now);
  recorder.works(0, 1, 'x'.repeat(600));
  recorder.works(1, 2, 'y'.repeat(486));
  expect(readRecord(fd).running).toEqual([
    { ticket: 2, invocation_id: 'y'.repeat(486) },
    { ticket: 1, invocation_id: null },
  ]);
});

test('what is torn is left out, whole or empty files say nothing, and neither throws', () => {
  const recorder = new FlightRecorder(fd, 2, () => now);
  recorder.works(0, 1, 'a');
  recorder.works(1, 2, 'b');
  // The sequence at the beginning of slot 1 belongs to another write than that at its end.
  fs.writeSync(fd, Buffer.from(new Float64Array([99]).buffer), 0, 8, 512);
  expect(readRecord(fd)).toMatchObject({ running: [{ ticket: 1, invocation_id: 'a' }], current: 1 });
  fs.writeSync(fd, Buffer.alloc(2048, 0xff), 0, 2048, 0);
  expect(readRecord(fd)).toEqual(NOTHING);
  fs.ftruncateSync(fd, 100);
  expect(readRecord(fd)).toEqual(NOTHING);
  fs.ftruncateSync(fd, 0);
  expect(readRecord(fd)).toEqual(NOTHING);
});

test('a record that cannot be written ends nothing', () => {
  const other = fs.openSync('/dev/null', 'r');
  const recorder = new FlightRecorder(other, 1, () => now);
  expect(() => recorder.works(0, 1, 'a')).not.toThrow();
  fs.closeSync(other);
});
