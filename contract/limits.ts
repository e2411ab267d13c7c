/**
 * Every limit of the system, with its unit and the reason for the number. A call that exceeds one is refused
 * whole and changes nothing; the problem names the limit.
 */

/** Bytes of a JSON request body. Half of the 32 MiB that one call into a Durable Object may carry. */
export const BODY_BYTES_MAX = 16 * 1024 * 1024;

/** Nesting of a JSON body. A deep document costs stack on every side that walks it; graphs need about ten levels. */
export const JSON_DEPTH_MAX = 32;

/** Keys of one object in a JSON body: four times the nodes of the largest graph. */
export const JSON_KEYS_MAX = 20_000;

/** Characters of a node id, queue id, batch id or model key. */
export const NAME_LENGTH_MAX = 128;

/** Characters of free text that labels work: origin, destination. */
export const LABEL_LENGTH_MAX = 256;

/** Nodes of one submitted graph. */
export const GRAPH_NODES_MAX = 5_000;

/** Edges of one submitted graph. */
export const GRAPH_EDGES_MAX = 20_000;

/**
 * Bytes of a pinned graph as JSON. The platform stores no value over 2,000,000 bytes, and a graph is one value;
 * the rest of the row (types, labels) needs some room.
 */
export const GRAPH_BYTES_MAX = 1_900_000;

/** Items that one batch may expand to. Ten times the largest sweep that the bench runs. */
export const BATCH_ITEMS_MAX = 1_000_000;

/** Data (node, field pairs) that one batch may vary. */
export const BATCH_DATA_MAX = 1_000;

/** Bytes of JSON of a workflow that is kept with a batch: one value, as a graph is. */
export const WORKFLOW_BYTES_MAX = 1_900_000;

/** Bytes of JSON of the values of one item that vary together: they are one row of a chunk, and so one value. */
export const VALUE_ROW_BYTES_MAX = 1_900_000;

/** Characters of JSON of all values of one item: a claim carries them to its runner together with graph and results. */
export const ITEM_VALUES_LENGTH_MAX = 4_000_000;

/**
 * Bytes of a whole batch on its way into the queue's object, at one or two bytes a character: just below the 32 MiB of
 * a call. A body within its limit can exceed it, since a number may be written shorter than it is stored (1e20).
 */
export const BATCH_STORED_BYTES_MAX = 31 * 1024 * 1024;

/** Bytes of JSON in one stored chunk of batch values: far below the 2,000,000 of a row, large enough to be few. */
export const VALUE_CHUNK_BYTES = 256 * 1024;

/** Bytes of one batch value as JSON. */
export const VALUE_BYTES_MAX = 64 * 1024;

/** Invocations that one session may prepare, those of control nodes included (iterate multiplies them). */
export const SESSION_INVOCATIONS_MAX = 250_000;

/**
 * Values that the collectors of one session may gather, counted each time that one is gathered: a list that is repeated
 * into every group of another iteration grows by their product.
 */
export const SESSION_GATHERED_MAX = 1_000_000;

/**
 * Iteration paths of one session, those included that no node runs at by itself: an iteration over nothing inside two
 * long ones has no invocation, and yet the paths of those two are made.
 */
export const SESSION_PATHS_MAX = 2 * SESSION_INVOCATIONS_MAX;

/**
 * Iteration paths that are held against those of other nodes, each time that they are: 4 bytes each, twice or three
 * times. A session as large as may be needs about ten for each invocation when its nodes run in many iterations.
 */
export const SESSION_MATCHES_MAX = 16 * SESSION_INVOCATIONS_MAX;

/** Iterations inside each other: an invocation's id and the work of finding its inputs grow with them. */
export const ITERATION_DEPTH_MAX = 16;

/**
 * Characters of all recorded outputs of one session, as JSON. Larger results belong in assets: the item, or the claim
 * that resumes it, carries them all through one call of 32 MiB, at two bytes a character.
 */
export const SESSION_OUTPUT_BYTES_MAX = 12 * 1024 * 1024;

/**
 * Values in one input of a node, those of lists in lists included. A value takes two characters, so what a session
 * recorded has fewer, unless its collectors gather the same lists many times over.
 */
export const INPUT_VALUES_MAX = SESSION_OUTPUT_BYTES_MAX / 2;

/**
 * Bytes of the values of one session that are kept as assets, being too large for a record: a device holds all that a
 * session made while it runs, and what it holds takes several times as much.
 */
export const SESSION_STORED_BYTES_MAX = 256 * 1024 * 1024;

/**
 * Characters of JSON of a session that an item shows, as they are estimated before it is rebuilt: the Worker that does
 * so has 128 MB for all of its calls. A larger one is shown by its graph and links to pages of its invocations.
 */
export const SESSION_SHOWN_LENGTH_MAX = 8 * 1024 * 1024;

/** How deep workflow calls may be nested below an item that was enqueued, as in InvokeAI. */
export const WORKFLOW_CALL_DEPTH_MAX = 4;

/** Bytes of one invocation's outputs as JSON. Of larger ones the runner keeps the largest fields as assets (D1). */
export const OUTPUT_BYTES_MAX = 64 * 1024;

/** Characters of an error's message that are kept, and of its traceback; the head says most and a row must stay small. */
export const ERROR_MESSAGE_LENGTH_MAX = 4_000;
export const TRACEBACK_LENGTH_MAX = 16_000;

/** Ids in one request by ids, as in InvokeAI. */
export const IDS_PER_REQUEST_MAX = 1_000;

/** Items on one page of a list. */
export const PAGE_SIZE_MAX = 1_000;
export const PAGE_SIZE_DEFAULT = 100;

/** Node types of one runner: they stand in its row. */
export const RUNNER_TYPES_MAX = 2_000;

/** Grants in one claim: beyond this a bare loop gains nothing and a lost answer strands too much. */
export const CLAIM_ITEMS_MAX = 500;

/** Leases that one runner holds: a heartbeat names each of them. Two full claims, and as many that end. */
export const HELD_LEASES_MAX = 4 * CLAIM_ITEMS_MAX;

/** Resident models that a claim names, as in InvokeAI: more do not fit a device. */
export const CLAIM_MODELS_MAX = 50;

/** Entries in one post of callbacks. */
export const CALLBACK_ENTRIES_MAX = 5_000;

/**
 * Bytes of one request that carries an asset or a part of a model: the platform's body limit is 100 MB on most
 * plans, so larger files go up in parts.
 */
export const UPLOAD_BYTES_MAX = 90 * 1024 * 1024;

/** Bytes of one part of a multipart upload, except the last: R2 takes no part below 5 MiB. */
export const UPLOAD_PART_BYTES_MIN = 5 * 1024 * 1024;

/** Bytes of a whole asset. */
export const ASSET_BYTES_MAX = UPLOAD_BYTES_MAX;

/** Bytes of one model file: what R2 takes in one put, which is how a finished upload gets its name. */
export const MODEL_FILE_BYTES_MAX = 5 * 1024 * 1024 * 1024 - 1;

/** Files of one model. */
export const MODEL_FILES_MAX = 200;

/** Pixels of one image: 8192 × 8192, 256 MiB as RGBA. */
export const IMAGE_PIXELS_MAX = 8192 * 8192;

/** Bytes of a progress preview as a data URL: ephemeral, sent to every watcher. */
export const PREVIEW_BYTES_MAX = 64 * 1024;

/** Bytes of the small image of an asset, which is kept with it. */
export const ASSET_PREVIEW_BYTES_MAX = 64 * 1024;

/** Bytes of an image that is its own preview where nobody has made one: a page that shows many can bear that. */
export const SELF_PREVIEW_BYTES_MAX = 256 * 1024;

/** Bytes of one websocket message from a client or runner. */
export const SOCKET_MESSAGE_BYTES_MAX = 1024 * 1024;

/** Seconds of one invocation that a runner may report, a year: what users are charged must stay a number that can be added. */
export const INVOCATION_SECONDS_MAX = 31_536_000;

/**
 * Seconds that a result must have taken, with what it alone stands for, to be worth a row for other sessions: far more
 * than looking it up costs, so that graphs of quick nodes fill nobody's cache.
 */
export const CACHE_SECONDS_MIN = 0.05;

/** Lines of a session's log that are kept of one run, and characters of each: people read them. */
export const SESSION_LOG_LINES_MAX = 200;
export const LOG_MESSAGE_LENGTH_MAX = 2_000;

/** Characters of JSON of one run's log that the queue keeps; of a longer one it keeps the first lines, and the last. */
export const SESSION_LOG_LENGTH_MAX = 128 * 1024;

/** Runs of one item whose statistics and logs are kept: the latest. */
export const RUN_REPORTS_MAX = 20;

/** Node types of one run that have statistics of their own; the busiest ones when there are more. */
export const NODE_STATS_MAX = 200;

/** Definitions of its own nodes that one runner may announce. */
export const RUNNER_NODES_MAX = 200;

/** Bytes of JSON of one definition that a runner announces: over four times the largest built-in one. */
export const CUSTOM_NODE_BYTES_MAX = 16 * 1024;

/** Announced definitions that no admin has approved: those of one user's runners, and of the account. */
export const USER_UNAPPROVED_NODES_MAX = 2 * RUNNER_NODES_MAX;
export const UNAPPROVED_NODES_MAX = 5 * RUNNER_NODES_MAX;

/** Approved definitions, old versions included: the Worker holds the present one of each type in memory. */
export const APPROVED_NODES_MAX = 2_000;

/** Seconds that an answer may be held until its item is final: what proxies bear, with room. */
export const WAIT_SECONDS_MAX = 60;

/** Tickets of one queue that nobody has used yet: they last for a minute. */
export const TICKETS_MAX = 10_000;

/** And of one key: a page opens a few streams, not hundreds. */
export const KEY_TICKETS_MAX = 100;

/** Keys of one account that are good at the same time. */
export const KEYS_MAX = 10_000;
