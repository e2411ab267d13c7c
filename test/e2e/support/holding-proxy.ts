/** Stands between a runner and its edge, and holds what a test tells it to hold, for as long as the test wants. */
import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { onTestFinished } from 'vitest';

export interface Held {
  /** When the first such request has come; it goes on when it is let go. */
  readonly arrived: Promise<void>;
  /** How many have come. */
  readonly count: number;
  release(): void;
}

interface Hold extends Held {
  matches(request: http.IncomingMessage): boolean;
  readonly released: Promise<void>;
  count: number;
  come(): void;
}

export class HoldingProxy {
  readonly url: string;
  /** Whether sockets are let through. */
  sockets = true;
  readonly #edge: URL;
  readonly #holds: Hold[] = [];
  readonly #cuts: { method: string; path: RegExp }[] = [];

  private constructor(url: string, edge: URL) {
    this.url = url;
    this.#edge = edge;
  }

  static async to(edge: string): Promise<HoldingProxy> {
    const server = http.createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as net.AddressInfo;
    const proxy = new HoldingProxy(`http://127.0.0.1:${port}`, new URL(edge));
    server.on('request', (request, response) => void proxy.#pass(request, response));
    server.on('upgrade', (request, socket, head) => {
      if (proxy.sockets) proxy.#tunnel(request, socket as net.Socket, head);
      else socket.destroy();
    });
    onTestFinished(() => {
      for (const hold of proxy.#holds) hold.release();
      server.closeAllConnections();
      server.close();
    });
    return proxy;
  }

  /** Requests with that method and a path like that wait from now on. */
  hold(method: string, path: RegExp): Held {
    let [come, release] = [() => {}, () => {}];
    const arrived = new Promise<void>((resolve) => {
      come = resolve;
    });
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const matches = (request: http.IncomingMessage) => request.method === method && path.test(request.url ?? '');
    const hold: Hold = { matches, arrived, released, come, release, count: 0 };
    this.#holds.push(hold);
    return hold;
  }

  /** The next such request reaches the edge, and its connection breaks before the answer comes back. */
  cutAnswer(method: string, path: RegExp): void {
    this.#cuts.push({ method, path });
  }

  async #pass(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const hold = this.#holds.find((each) => each.matches(request));
    if (hold) {
      hold.count += 1;
      hold.come();
      await hold.released;
    }
    const { hostname, port } = this.#edge;
    const { method, url, headers } = request;
    const cut = this.#cuts.findIndex((each) => each.method === method && each.path.test(url ?? ''));
    if (cut >= 0) this.#cuts.splice(cut, 1);
    const forward = http.request({ hostname, port, method, path: url, headers }, (answer) => {
      if (cut >= 0) {
        response.destroy();
        return;
      }
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    forward.on('error', () => response.destroy());
    response.on('close', () => forward.destroy());
    request.pipe(forward);
  }

  #tunnel({ method, url, rawHeaders }: http.IncomingMessage, socket: net.Socket, head: Buffer): void {
    const upstream = net.connect(Number(this.#edge.port), this.#edge.hostname);
    const lines = rawHeaders.flatMap((name, index) => (index % 2 === 0 ? `${name}: ${rawHeaders[index + 1]}` : []));
    upstream.write(`${method} ${url} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
    upstream.write(head);
    upstream.pipe(socket);
    socket.pipe(upstream);
    upstream.on('error', () => socket.destroy());
    upstream.on('close', () => socket.destroy());
    socket.on('error', () => upstream.destroy());
    socket.on('close', () => upstream.destroy());
  }
}
