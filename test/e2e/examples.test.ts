/** Every workflow file in examples/, run by the command that examples/README.md shows for it, on one whole system. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createClient } from '../../client/client.ts';
import type { QueueClient } from '../../client/queue.ts';
import schema from '../../graph/catalogue/graph.schema.json' with { type: 'json' };
import { ANNOTATIONS } from '../../graph/catalogue/schema.ts';
import { LocalSystem } from '../../infra/local/system.ts';
import { COLORS, deltaE, type Picture, readPicture } from './support/color.ts';
import { CAN_SEE_PROCESSES, Command, ROOT, scratch } from './support/command.ts';

const PATIENCE_MS = 120_000;
const FOLDER = path.join(ROOT, 'examples');

interface Made {
  /** The images that the item returned, as files are named: `save` or, for `save#0`, `save_0`. */
  pictures: Record<string, Picture>;
  /** The invocations that a runner ran. */
  ran: string[];
}

const size = ({ width, height }: Picture): string => `${width}x${height}`;
const sizes = ({ pictures }: Made): Record<string, string> =>
  Object.fromEntries(Object.entries(pictures).map(([name, picture]) => [name, size(picture)]));

/** What text-to-image.json draws. */
const RED_STAR = path.join(FOLDER, 'red-star.png');
const BORDER = [
  [4, 4],
  [64, 4],
  [123, 4],
  [4, 64],
  [123, 64],
  [4, 123],
  [123, 123],
] as const;
const POINTS = [...BORDER, [64, 64], [50, 70], [78, 60]] as const;

/** A colour in the middle, and another in the corners where the background is plain. */
function shows(picture: Picture, center: string, background?: string): void {
  expect(deltaE(picture.at(64, 64), COLORS[center]!), 'centre').toBeLessThanOrEqual(15);
  if (background === undefined) return;
  for (const [x, y] of BORDER) expect(deltaE(picture.at(x, y), COLORS[background]!), 'border').toBeLessThanOrEqual(15);
}

/** What each of them makes. */
const EXPECTED: Record<string, (items: Made[]) => void | Promise<void>> = {
  'text-to-image.json': async ([made, ...others]) => {
    expect(others).toEqual([]);
    expect(sizes(made!)).toEqual({ save: '128x128' });
    const star = await readPicture(RED_STAR);
    for (const [x, y] of POINTS) expect(deltaE(made!.pictures.save!.at(x, y), star.at(x, y))).toBeLessThanOrEqual(5);
    shows(made!.pictures.save!, 'red');
  },

  'text-to-image-sweep.json': (made) => {
    const drawn = [
      ['red', 'white'],
      // A ring: what is around it shows in its middle too.
      ['purple', 'purple'],
      ['white', 'green'],
      ['orange', 'black'],
    ];
    expect(made).toHaveLength(drawn.length);
    for (const [index, [center = '', background]] of drawn.entries()) {
      const { save_0, save_1, sheet, ...rest } = made[index]!.pictures;
      expect([rest, size(save_0!), size(save_1!)]).toEqual([{}, '128x128', '128x128']);
      for (const picture of [save_0, save_1]) shows(picture!, center, background);
      expect(size(sheet!)).toBe(`${2 * (128 + 8) + 8}x${128 + 16}`);
    }
  },

  'image-to-image.json': async ([made, ...others]) => {
    expect(others).toEqual([]);
    const star = await readPicture(RED_STAR);
    expect(sizes(made!)).toEqual({ save: size(star) });
    shows(made!.pictures.save!, 'yellow');
    // The stripes are where they were.
    for (const [x, y] of BORDER) expect(deltaE(made!.pictures.save!.at(x, y), star.at(x, y))).toBeLessThanOrEqual(10);
  },

  'inpaint.json': async ([made, ...others]) => {
    expect(others).toEqual([]);
    const star = await readPicture(RED_STAR);
    expect(sizes(made!)).toEqual({ save: size(star) });
    shows(made!.pictures.save!, 'green');
    for (const [x, y] of BORDER) expect(deltaE(made!.pictures.save!.at(x, y), star.at(x, y))).toBeLessThanOrEqual(5);
  },

  'contact-sheet.json': async ([made, ...others]) => {
    expect(others).toEqual([]);
    const [width, height, gap] = [3 * 512, 512, 8];
    expect(sizes(made!)).toEqual({ sheet: `${width + 2 * gap}x${3 * (height + gap) + gap}` });
    // Of each photo first as it is, then less and less of what makes its neighbouring pixels differ.
    const { sheet } = made!.pictures;
    const astronaut = await readPicture(path.join(ROOT, 'test/support/photos/astronaut.png'));
    const roughness = (picture: Picture, left: number, top: number): number => {
      let sum = 0;
      for (let x = 100; x < 400; x++)
        sum += deltaE(picture.at(left + x, top + 200), picture.at(left + x + 1, top + 200));
      return sum;
    };
    const columns = [0, 1, 2].map((column) => roughness(sheet!, gap + column * 512, gap));
    expect(columns[0]).toBeCloseTo(roughness(astronaut, 0, 0), 3);
    expect(columns[1]).toBeLessThan(0.8 * columns[0]!);
    expect(columns[2]).toBeLessThan(0.8 * columns[1]!);
  },

  'upscale.json': async ([made, ...others]) => {
    expect(others).toEqual([]);
    const cat = await readPicture(path.join(ROOT, 'test/support/photos/chelsea.png'));
    expect(sizes(made!)).toEqual({ save: `${2 * cat.width}x${2 * cat.height}` });
    for (const [x, y] of [
      [120, 30],
      [30, 90],
      [200, 140],
    ] as const)
      expect(deltaE(made!.pictures.save!.at(2 * x, 2 * y), cat.at(x, y))).toBeLessThanOrEqual(10);
  },

  'face-crops.json': async ([made, ...others]) => {
    expect(others).toEqual([]);
    // Of three photos one shows a face.
    expect(sizes(made!)).toEqual({ 'portrait_0,0': '128x128', save: `${128 + 16}x${128 + 16}` });
    expect(made!.ran.filter((id) => id.startsWith('faces')).sort()).toEqual(['faces#0', 'faces#1', 'faces#2']);
    // The tip of the nose is in the middle, and of the colour that it has in the photo.
    const astronaut = await readPicture(path.join(ROOT, 'test/support/photos/astronaut.png'));
    expect(deltaE(made!.pictures['portrait_0,0']!.at(64, 64), astronaut.at(225, 126))).toBeLessThanOrEqual(15);
  },

  'conditional.json': ([made, ...others]) => {
    expect(others).toEqual([]);
    expect(sizes(made!)).toEqual({
      save_0: '256x256',
      // The cat is small enough.
      save_1: '240x160',
      // The coffee is wide only once it is upright.
      save_2: '256x170',
      sheet: `${2 * (256 + 8) + 8}x${2 * (256 + 8) + 8}`,
    });
    expect(made!.ran.filter((id) => /^(scaled|height|shrink)/.test(id)).sort()).toEqual([
      ...['height#0', 'height#2', 'scaled#0', 'scaled#2', 'shrink#0', 'shrink#2'],
    ]);
  },
};

const readme = readFileSync(path.join(FOLDER, 'README.md'), 'utf8');
const rows = [...readme.matchAll(/^\| \[(\S+)\]\((\S+)\) \|.*\| `(npx switchyard run .*)` \|$/gm)].map(
  ([, name = '', link = '', command = '']) => ({ name, link, command }),
);
const files = readdirSync(FOLDER).filter((name) => name.endsWith('.json'));

test('the table names every file, and links to it', () => {
  expect(rows.map(({ name }) => name).sort()).toEqual(files.sort());
  for (const { name, link, command } of rows) expect([link, command.split(' ')[3]]).toEqual([name, `examples/${name}`]);
});

test('each file is what the schema that it names says', () => {
  const ajv = new Ajv2020({ allowUnionTypes: true, discriminator: true, formats: { 'date-time': true } });
  const validate = ajv.addVocabulary([...ANNOTATIONS]).compile(schema);
  for (const name of files) {
    const file = JSON.parse(readFileSync(path.join(FOLDER, name), 'utf8')) as { $schema?: string };
    validate(file);
    expect([name, validate.errors]).toEqual([name, null]);
    expect([name, file.$schema]).toEqual([name, '../graph/catalogue/graph.schema.json']);
  }
});

/** From the line that `run --json` ends with. */
async function madeBy(queue: QueueClient, line: string): Promise<Made[]> {
  const { items } = JSON.parse(line) as { items: { item_id: number; files: string[] }[] };
  const made: Made[] = [];
  for (const { item_id, files } of items) {
    const pictures: Made['pictures'] = {};
    for (const file of files) pictures[path.parse(file).name.replace(/^\d+-/, '')] = await readPicture(file);
    const ran: string[] = [];
    for await (const { invocation_id } of queue.invocations(item_id)) ran.push(invocation_id);
    made.push({ pictures, ran });
  }
  return made;
}

describe.runIf(CAN_SEE_PROCESSES)('on a system of one runner', () => {
  let system: LocalSystem;
  let state: string;
  beforeAll(async () => {
    state = mkdtempSync(path.join(tmpdir(), 'switchyard-examples-'));
    system = await LocalSystem.start({ state, port: 0, runners: 1, temporary: true });
  }, PATIENCE_MS);
  afterAll(async () => {
    await system?.stop();
    rmSync(state, { recursive: true, force: true });
  });

  test.each(rows)('$name makes what it says', { timeout: PATIENCE_MS }, async ({ name, command }) => {
    const expected = EXPECTED[name];
    if (expected === undefined) throw new Error(`EXPECTED does not say what ${name} makes`);
    const line = `${command.replace('--out images', `--out ${scratch()}`)} --json`;
    const run = new Command('sh', ['-c', line], { SWITCHYARD_URL: system.url, SWITCHYARD_KEY: system.key });
    expect((await run.ended).code, run.output()).toBe(0);
    await expected(await madeBy(createClient(system).queue(), run.lines.at(-1) ?? ''));
  });
});
