import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { consume } from './consume.js';
import { Pipeline } from './pipeline.js';

// `npm run faults:kafka` does it at full size; the gate takes a sample. The broker is one of its own, to be killed.
const EVENTS = Number(process.env.FAULT_EVENTS ?? 5_000);
const KILLS = Number(process.env.FAULT_KILLS ?? 1);
const withKafka = process.env.KAFKA_BROKERS ? describe : describe.skip;

withKafka('a broker that is killed, relays and consumers as well (needs KAFKA_BROKERS)', () => {
  const folder = mkdtempSync(join(tmpdir(), 'broker-'));
  const script = join(__dirname, '..', '..', '..', 'ops', 'peers', 'kafka.sh');
  const broker = async (command: 'start' | 'kill' | 'stop'): Promise<string> =>
    (await promisify(execFile)(script, [command, folder])).stdout.trim();
  let pipeline: Pipeline;
  beforeAll(async () => {
    pipeline = await Pipeline.open([await broker('start')]);
  }, 120_000);
  afterAll(async () => {
    await pipeline.close();
    await broker('stop');
    rmSync(folder, { recursive: true });
  }, 60_000);

  test(
    `${EVENTS} events, ${KILLS} kills: nothing is missing, doubled or out of order`,
    async () => {
      const relays = [pipeline.relay(), pipeline.relay()];
      const first = pipeline.consumer();
      let second: ReturnType<Pipeline['consumer']> | undefined;
      for (let round = 0; round <= KILLS; round++) {
        await pipeline.append(Math.floor(EVENTS / (KILLS + 1)));
        if (round === KILLS) break;
        await broker('kill');
        await pipeline.append(100);
        await broker('start');
        // Halfway another consumer takes its share, and a third relay shuts out the one that writes.
        if (round === Math.floor(KILLS / 2)) {
          second = pipeline.consumer();
          relays.push(pipeline.relay());
        }
      }
      const head = (await pipeline.ledger.head())!;
      for (const relay of relays) expect(await relay.waitFor(head, 120_000)).toBe(true);
      await pipeline.end(first, 'SIGKILL');

      const expected = await pipeline.expected();
      const seen = await consume([await broker('start')], [pipeline.topic], ({ length }) => length >= expected.length);
      const bySequence = [...seen].sort((a, b) => Number(a.headers.ce_sequence) - Number(b.headers.ce_sequence));
      expect(bySequence.map(({ headers, key, value }) => ({ id: headers.ce_id, subject: key, data: value }))).toEqual(
        expected,
      );
      for (const records of Map.groupBy(seen, ({ partition }) => partition).values()) {
        const chain = records.map(({ headers }) => headers.ce_sequence);
        expect(records.map(({ headers }) => headers.ce_previoussequence)).toEqual(['0', ...chain.slice(0, -1)]);
      }

      await pipeline.whenTaken(expected.length);
      expect(pipeline.taken().map(({ sequence: _, ...rest }) => rest)).toEqual(expected);
      await pipeline.end(second!, 'SIGTERM');
    },
    60_000 + EVENTS * 10,
  );
});
