import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { DemoResult } from '../../cli/demo/report.ts';
import { readRecord } from '../../infra/local/process-record.ts';
import { COLORS, deltaE, readPicture } from './support/color.ts';
import { CAN_SEE_PROCESSES, type Command, npm, scratch, switchyard } from './support/command.ts';

/** A machine under load: the demo takes some ten seconds on two idle cores, and a lost runner is missed after 15. */
const PATIENCE_MS = 240_000;

function resultOf(command: Command): DemoResult {
  return JSON.parse(command.lines.at(-1) ?? '') as DemoResult;
}

async function completed(command: Command): Promise<DemoResult> {
  const { code } = await command.ended;
  expect(code, command.output()).toBe(0);
  return resultOf(command);
}

/** Resolves when the demo has written so many images. */
async function imagesIn(folder: string, count: number): Promise<void> {
  while (!existsSync(folder) || readdirSync(folder).length < count) await sleep(10);
}

/** The bytes of every image, by what it shows. */
const bytesOf = ({ images }: DemoResult): Map<string, string> =>
  new Map(images.map((image) => [`${image.prompt} ${image.seed}`, readFileSync(image.path, 'hex')]));

describe.runIf(CAN_SEE_PROCESSES)('the demo', () => {
  test('makes sixteen right images, however many runners make them and whichever dies', {
    timeout: 3 * PATIENCE_MS,
  }, async () => {
    const folder = scratch();
    const demo = (name: string, ...args: string[]) =>
      switchyard('demo', '--json', '--out', path.join(folder, name), ...args);

    const one = npm('run', '--silent', 'demo', '--', '--json', '--out', path.join(folder, 'one'));
    const result = await completed(one);
    await one.nothingLeft(5_000);
    expect(readdirSync(one.temporary).filter((name) => name.startsWith('switchyard-demo-'))).toEqual([]);

    expect(result).toMatchObject({ completed: 16, failed: 0, canceled: 0 });
    expect(result.images).toHaveLength(16);
    expect(new Set(result.images.map(({ path }) => path)).size).toBe(16);
    expect(result.seconds).toBeGreaterThan(0);
    expect(result.images_per_second).toBeCloseTo(16 / result.seconds, 2);
    expect(Object.keys(result.node_seconds).sort()).toEqual([
      'compel',
      'denoise_latents',
      'l2i',
      'main_model_loader',
      'noise',
      'save_image',
    ]);
    for (const { path: file, prompt } of result.images) {
      const [, shape = '', form, background = ''] = /^a big (\w+) (\w+) on (\w+)$/.exec(prompt) ?? [];
      const picture = await readPicture(file);
      expect([picture.width, picture.height]).toEqual([128, 128]);
      const center = form === 'ring' ? background : shape;
      expect(deltaE(picture.at(64, 64), COLORS[center]!), `${prompt}, centre`).toBeLessThanOrEqual(15);
      for (const [x, y] of [
        [2, 2],
        [125, 2],
        [2, 125],
        [125, 125],
      ] as const)
        expect(deltaE(picture.at(x, y), COLORS[background]!), `${prompt}, corner`).toBeLessThanOrEqual(15);
    }
    const sheet = await readPicture(result.contact_sheet!);
    expect([sheet.width, sheet.height]).toEqual([4 * 136 + 8, 4 * 136 + 8]);

    const two = await completed(demo('two', '--runners', '2'));
    expect(bytesOf(two)).toEqual(bytesOf(result));

    const broken = demo('broken');
    await imagesIn(path.join(folder, 'broken'), 6);
    const state = readdirSync(broken.temporary).find((name) => name.startsWith('switchyard-demo-'))!;
    const [runner] = readRecord(path.join(broken.temporary, state, 'processes')).parts.filter(
      ({ role }) => role === 'runner',
    );
    process.kill(runner!.pid, 'SIGKILL');
    await broken.line(/runner-1 ended \(SIGKILL\)/);
    expect(bytesOf(await completed(broken))).toEqual(bytesOf(result));
  });

  test('ends at Ctrl-C with nothing left behind', { timeout: PATIENCE_MS }, async () => {
    const folder = scratch();
    const args = ['--seeds', '100', '--steps', '50', '--out', path.join(folder, 'out')];
    const command = npm('run', '--silent', 'demo', '--', ...args);
    await command.line(/^\d+\/400/);
    command.pressCtrlC();
    await command.ended;
    await command.nothingLeft(5_000);
    expect(readdirSync(command.temporary).filter((name) => name.startsWith('switchyard-demo-'))).toEqual([]);

    const direct = switchyard('demo', ...args);
    await direct.line(/^\d+\/400/);
    direct.kill('SIGINT');
    expect((await direct.ended).code, direct.output()).toBe(130);
    await direct.nothingLeft(5_000);
    expect(existsSync(direct.temporary)).toBe(true);
    expect(readdirSync(direct.temporary)).toEqual([]);
  });

  test('a prompts file that cannot be read, or holds none, is a usage error', { timeout: PATIENCE_MS }, async () => {
    const command = switchyard('demo', '--prompts', path.join(scratch(), 'missing.txt'));
    expect((await command.ended).code).toBe(2);
    expect(command.errors.join('\n')).toContain('missing.txt');
  });
});
