/** Free ports on the loopback interface. */
import { connect, createServer } from 'node:net';

export const LOOPBACK = '127.0.0.1';

/** Binds and lets go again: `port` when it is free, else undefined; 0 asks the system for any. */
export function probePort(port: number, host: string = LOOPBACK): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen({ port, host, exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : undefined));
    });
  });
}

/** The wished port when it is free (links and URLs survive a restart), else any free one. */
export async function choosePort(wished: number | undefined): Promise<number> {
  const port = (wished === undefined ? undefined : await probePort(wished)) ?? (await probePort(0));
  if (port === undefined) throw new Error(`no free TCP port on ${LOOPBACK}`);
  return port;
}

/** Whether something accepts connections there. */
export function accepts(port: number, host: string = LOOPBACK, timeoutMs = 1_000): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host, timeout: timeoutMs });
    const finish = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => finish(true));
    socket.once('timeout', () => finish(false));
    socket.once('error', () => finish(false));
  });
}
