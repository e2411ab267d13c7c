/** What a runner's flags say of its devices. @pure */
/** A runner's own nodes: each .ts, .js or .mjs file of the folder exports some; their types are `namespace:type`. */
export interface CustomNodes {
  folder: string;
  namespace: string;
}

/** How a device works, from the runner's flags. */
export interface DeviceSettings {
  /** Threads of one inference; null: as many as the machine has cores. */
  threads: number | null;
  /** Sessions that run at a time, in turns. */
  sessions: number;
  /** What loaded models may take; null: half of the machine's memory, or the GPU's. */
  model_memory_bytes: number | null;
  /** What the process may take before it is ended; null: what is left of the machine's. */
  memory_limit_bytes: number | null;
  /** Entries of the invocation cache; 0: none. */
  cache_entries: number;
  nodes: CustomNodes | null;
  /** Folders that a profile of each session, and its statistics, are written to; null: not. */
  profile: string | null;
  stats: string | null;
}

/** Without any flag. */
export const DEFAULT_SETTINGS: DeviceSettings = {
  ...{ threads: null, sessions: 1, model_memory_bytes: null, memory_limit_bytes: null, cache_entries: 512 },
  ...{ nodes: null, profile: null, stats: null },
};
