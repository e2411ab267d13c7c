/** A websocket client that asks for a stream, and takes nothing of what comes. */
import net from 'node:net';

/** Resolves when the stream is open; whoever asked destroys the socket. */
export function silentSocket(url: string, key: string): Promise<net.Socket> {
  const { hostname, port, pathname, search } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = net.connect(Number(port), hostname);
    socket.on('error', reject);
    // The answer's first bytes say that the stream is open.
    socket.once('data', () => resolve(socket.pause()));
    socket.write(
      [
        `GET ${pathname}${search} HTTP/1.1`,
        `Host: ${hostname}:${port}`,
        `Authorization: Bearer ${key}`,
        'Connection: Upgrade',
        'Upgrade: websocket',
        'Sec-WebSocket-Version: 13',
        'Sec-WebSocket-Key: c3dpdGNoeWFyZC1iZW5jaA==',
        '\r\n',
      ].join('\r\n'),
    );
  });
}
