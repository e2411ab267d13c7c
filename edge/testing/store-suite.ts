/** The tests of the queue that the project `store` of vitest.config.ts runs on the storage of a Durable Object. */
import '../queue/cancel.test.ts';
import '../queue/chains.test.ts';
import '../queue/heartbeat.test.ts';
import '../queue/item-list.test.ts';
import '../queue/item-reads.test.ts';
import '../queue/move.test.ts';
import '../queue/pause.test.ts';
import '../queue/queue.test.ts';
import '../queue/remove.test.ts';
import '../queue/retention.test.ts';
import '../queue/retry.test.ts';
import '../queue/run-limits.test.ts';
import '../queue/run-reports.test.ts';
import '../queue/status.test.ts';
import '../queue/storage.test.ts';
import '../queue/stream.test.ts';
import '../queue/sweep.test.ts';
