// What a page does with the SDK, as its author writes it. The tests load it bundled, and as it stands here.
import { createClient } from '@switchyard/client';

const connection = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
const { url, key, queue: queue_id, retries = 2 } = connection;
const client = createClient({ url, key, retries: Number(retries) });
const queue = client.queue(queue_id);

const drawing = (side) =>
  new Promise((resolve) => {
    const canvas = Object.assign(document.createElement('canvas'), { width: side, height: side });
    const context = canvas.getContext('2d');
    const image = context.createImageData(side, side);
    // Something that no compression makes small: of a small upload there is no progress to see.
    crypto.getRandomValues(image.data.subarray(0, 65_536));
    context.putImageData(image, 0, 0);
    canvas.toBlob(resolve, 'image/png');
  });

/** Uploads an image, has it made smaller, follows that, and loads what came of it. */
async function resize() {
  const sent = [];
  const bytes = await drawing(256);
  const { asset_name } = await client.assets.upload(bytes, 'image/png', {
    onProgress: (done, total) => sent.push(done / total),
  });
  const image = { image_name: asset_name };
  const { item_id } = await queue.enqueueGraph({
    graph: { nodes: { small: { id: 'small', type: 'img_resize', image, width: 32, height: 16 } } },
  });
  const seen = [];
  for await (const frame of queue.events({ item_id, after: 0 })) {
    seen.push(frame.name);
    if (frame.name === 'queue_item_status_changed' && frame.status === 'completed') break;
  }
  const { outputs } = await queue.outputs(item_id);
  const received = [];
  const made = await client.assets.download(outputs[0].result.image.image_name, {
    onProgress: (done) => received.push(done),
  });
  const { width, height } = await createImageBitmap(new Blob([made.bytes], { type: made.content_type }));
  return { sent, seen, width, height, received, bytes: made.bytes.length };
}

/** What a call that must fail fails with. */
const failure = () =>
  queue.status().then(
    () => null,
    (error) => error.name,
  );

/** What a page has shown, told in a place that outlives it: each result as often as it was shown. */
const shown = () => JSON.parse(localStorage.getItem('shown') ?? '[]');

/** Shows every result of the queue, wherever it comes from, across the times at which this page is there. */
async function showResults() {
  const mirror = queue.mirror({ storage: localStorage });
  mirror.on('result', ({ item_id, invocation_id }) =>
    localStorage.setItem('shown', JSON.stringify([...shown(), `${item_id}/${invocation_id}`])),
  );
  await mirror.ready;
}

globalThis.page = { resize, failure, shown, showResults };
