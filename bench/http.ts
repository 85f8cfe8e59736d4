import autocannon from 'autocannon';
import { type ChildProcess, fork } from 'node:child_process';
import { NODE_FLAGS } from './flags.js';
import { type BenchRow, median } from './row.js';
import type { Ready } from './server.js';

const CONNECTIONS = 64;
const SECONDS = 3;
const PAIRS = 5;

interface Server extends Ready {
  readonly child: ChildProcess;
}

const serve = (...flags: string[]): Promise<Server> =>
  new Promise((resolve, reject) => {
    const child = fork(new URL('./server.js', import.meta.url), flags, { execArgv: [...NODE_FLAGS] });
    child.once('message', (ready) => resolve({ ...(ready as Ready), child }));
    child.once('exit', (code) => reject(new Error(`The server ended with ${code}.`)));
  });

const stop = ({ child }: Server): Promise<void> =>
  new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.send('stop');
  });

/** Requests a second; every answer must be a good one. */
const load = async (
  url: string,
  request: Parameters<typeof autocannon>[0]['requests'][number],
  seconds = SECONDS,
): Promise<number> => {
  const result = await autocannon({ url, connections: CONNECTIONS, duration: seconds, requests: [request] });
  if (result.non2xx > 0 || result.errors > 0)
    throw new Error(`${result.non2xx} bad answers and ${result.errors} errors to ${request.path}.`);
  return result['2xx'] / result.duration;
};

const json = (token: string) => ({ 'content-type': 'application/json', authorization: `Bearer ${token}` });

/** Slots that nobody else takes: by doctor, then by time, then by day. */
const slots = ({ doctorIds, hospitalId, patient }: Ready) => {
  let next = 0;
  const perDay = 48;
  return (): string => {
    const n = next++;
    const doctorId = doctorIds[n % doctorIds.length];
    const slot = Math.floor(n / doctorIds.length) % perDay;
    const day = new Date(Date.UTC(2090, 0, 1 + Math.floor(n / doctorIds.length / perDay))).toISOString().slice(0, 10);
    const start = new Date(Date.parse(`${day}T09:00:00+06:00`) + slot * 900_000).toISOString();
    // Each visit is somebody's; the administrator books for them.
    const body = {
      doctorId,
      day,
      hospitalId,
      start,
      type: 'checkUp',
      patientId: `${patient.id}-${n}`,
      message: 'Cough since Monday',
    };
    return JSON.stringify(body);
  };
};

/** The median of the ratios of interleaved pairs, and the rate of each side. */
const ratio = async (subject: () => Promise<number>, peer: () => Promise<number>) => {
  const pairs: { subject: number; peer: number }[] = [];
  for (let i = 0; i <= PAIRS; i++) {
    const pair = { peer: await peer(), subject: await subject() };
    // The first pair warms both up.
    if (i > 0) pairs.push(pair);
  }
  return {
    value: median(pairs.map((pair) => pair.subject / pair.peer)),
    detail: `${Math.round(median(pairs.map((pair) => pair.subject)))}/s against ${Math.round(median(pairs.map((pair) => pair.peer)))}/s, ${CONNECTIONS} connections`,
  };
};

interface Pair {
  readonly booking: { readonly value: number; readonly detail: string };
  readonly reading: { readonly value: number; readonly detail: string };
}

const measure = async (server: Server): Promise<Pair> => {
  const { url, appointmentId, patient } = server;
  const body = slots(server);
  const headers = json(patient.token);
  const post = (path: string) => () =>
    load(url, { method: 'POST', path, headers, setupRequest: (request) => ({ ...request, body: body() }) });
  const get = (path: string) => () =>
    load(url, { method: 'GET', path, headers: { authorization: headers.authorization } });
  const booking = await ratio(post('/api/v1/appointments'), post('/api/v1/nothing'));
  const reading = await ratio(get(`/api/v1/appointments/${appointmentId}`), get('/api/v1/nothing'));
  await stop(server);
  return { booking, reading };
};

const [DOING, ASKING] = ['of a command that does nothing', 'of a question that answers nothing'];

/**
 * A booking against a command that does nothing, and a reading (with its access record) against a question that answers
 * nothing: the doors alone, and with everything that follows the ledger in the same process.
 */
export const benchHttp = async (): Promise<BenchRow[]> => {
  const alone = await measure(await serve());
  const live = await measure(await serve('--live'));
  return [
    { id: 'http-booking', ...alone.booking, unit: DOING, atLeast: 0.42 },
    { id: 'http-reading', ...alone.reading, unit: ASKING, atLeast: 0.35 },
    { id: 'http-booking-live', ...live.booking, unit: DOING },
    { id: 'http-reading-live', ...live.reading, unit: ASKING },
  ];
};
