/** The commands about what an account keeps: nodes, models, assets. */
import { type Command, Option } from 'commander';
import { ASSET_CONTENT_TYPES } from '../../contract/store/asset.ts';
import { MODEL_TYPES } from '../../contract/store/model.ts';
import { ends, example, remote } from './define.ts';

export function defineStoreCommands(program: Command): void {
  defineNodes(program.command('nodes').description('the node types that graphs are made of'));
  defineModels(program.command('models').description('the models that nodes load'));
  defineAssets(program.command('assets').description('images and files, named by their content'));
}

function defineNodes(nodes: Command): void {
  example(
    remote(
      nodes
        .command('list', { isDefault: true })
        .description('every node type, by category')
        .option('--search <text>', 'those that say this in their type, title, description or fields')
        .option('--category <name>', 'those of one category'),
    ),
    'switchyard nodes --search blur',
  ).action(ends(async (options) => (await import('../verbs/nodes.ts')).list(options)));

  example(
    remote(
      nodes
        .command('show')
        .description('what a node takes and gives, with a graph that uses it')
        .argument('<type>', 'such as denoise_latents'),
    ),
    'switchyard nodes show denoise_latents',
  ).action(ends(async (type, options) => (await import('../verbs/nodes.ts')).show(type, options)));

  example(
    remote(
      nodes
        .command('types')
        .description('the node types as TypeScript, for the graph builder of the SDK')
        .option('--out <file>', 'write them there instead of to standard output')
        .option('--name <name>', 'of the interface that has them all', 'NodeTypes'),
    ),
    'switchyard nodes types --out src/node-types.ts',
  ).action(ends(async (options) => (await import('../verbs/nodes.ts')).types(options)));

  example(
    remote(nodes.command('pending').description('nodes of runners that wait for a decision, for admins')),
    'switchyard nodes pending',
  ).action(ends(async (options) => (await import('../verbs/custom-nodes.ts')).pending(options)));

  for (const [verb, description] of [
    ['approve', 'let graphs use a node of a runner, for admins'],
    ['reject', 'do not let graphs use one, or not any longer, for admins'],
  ] as const)
    example(
      remote(
        nodes
          .command(verb)
          .description(description)
          .argument('<node>', 'TYPE@VERSION, such as acme:blur@1.0.0')
          .option('--digest <digest>', 'which of several definitions; its beginning is enough'),
      ),
      `switchyard nodes ${verb} acme:blur@1.0.0`,
    ).action(ends(async (node, options) => (await import('../verbs/custom-nodes.ts')).decide(verb, node, options)));
}

function defineModels(models: Command): void {
  example(
    remote(models.command('list', { isDefault: true }).description('every version of every model')),
    'switchyard models',
  ).action(ends(async (options) => (await import('../verbs/models.ts')).list(options)));

  const withHash = (command: Command): Command =>
    remote(command.option('--hash <hash>', 'which version; its beginning is enough'));

  example(
    withHash(models.command('show').description('a model with its files').argument('<key>', 'its key')),
    'switchyard models show tiny-diffusion',
  ).action(ends(async (key, options) => (await import('../verbs/models.ts')).show(key, options)));

  example(
    remote(
      models
        .command('add')
        .description('publish a model of this machine; what the store has is not sent, what broke off goes on')
        .argument('<place>', 'a folder with model_index.json or one .onnx file, or an .onnx file')
        .option('--as <key>', 'what graphs call it (default: the name of the folder or file)')
        .addOption(new Option('--type <type>', 'where the files do not tell').choices(MODEL_TYPES))
        .option('--base <family>', 'its family, such as sd-1'),
    ),
    'switchyard models add ./stable-diffusion-1.5-onnx --as sd15 --base sd-1',
  ).action(ends(async (place, options) => (await import('../verbs/models.ts')).add(place, options)));

  example(
    withHash(
      models.command('remove').description('take a model out of the store, every version').argument('<key>', 'its key'),
    ),
    'switchyard models remove sd15',
  ).action(ends(async (key, options) => (await import('../verbs/models.ts')).remove(key, options)));
}

function defineAssets(assets: Command): void {
  example(
    remote(
      assets
        .command('upload')
        .description('store files, and print the names that graphs know them by')
        .argument('<files...>', 'images or others')
        .addOption(new Option('--type <type>', 'what they are; default: by their ending').choices(ASSET_CONTENT_TYPES)),
    ),
    'switchyard assets upload photo.png',
  ).action(ends(async (files, options) => (await import('../verbs/assets.ts')).upload(files, options)));

  example(
    remote(
      assets
        .command('get')
        .description('fetch one')
        .argument('<name>', 'the sha256 of its bytes')
        .option('--out <file>', 'a file or a folder; - for standard output (default: its name, here)')
        .option('--force', 'write over what is there'),
    ),
    'switchyard assets get 1f0c…9a --out photo.png',
  ).action(ends(async (name, options) => (await import('../verbs/assets.ts')).get(name, options)));
}
