/** What an agent forks for each of its devices. */
import { BUILTIN_NODES } from '../nodes/registry.ts';
import { startDevice } from './device.ts';

startDevice({ nodes: BUILTIN_NODES });
