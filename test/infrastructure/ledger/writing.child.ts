import { randomUUID } from 'node:crypto';
import { writeSync } from 'node:fs';
import type { Appended, NewEvent } from '../../../application/kernel/ledger.js';
import { openSqliteLedger } from '../../../infrastructure/ledger/sqlite.js';

// Writes to the ledger at the first argument until it is stopped. What it sends and what is acknowledged goes to the
// parent at once, one line each: `sent STREAM EXPECTED ID,ID,...`, `acked STREAM REVISION`, `failed STREAM ERROR`,
// `read COUNT`. A failed append is sent again, with the same ids, when the parent says so on standard input.

const [file, run, writers, size] = process.argv.slice(2);
const say = (...words: (string | number)[]): void => {
  let rest = Buffer.from(`${words.join(' ')}\n`);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(1, rest));
    } catch (error) {
      // The parent reads slower than this writes; what is said must not be lost.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
  }
};
const ledger = await openSqliteLedger({ file: file!, checkpointPages: 200 });

let resume: () => void = () => undefined;
let resumed = new Promise<void>((resolve) => (resume = resolve));
process.stdin.on('data', () => {
  resume();
  resumed = new Promise<void>((resolve) => (resume = resolve));
});
// The parent is gone.
process.stdin.on('end', () => process.exit());

const surely = async (stream: string, events: NewEvent[], expected: number | 'noStream'): Promise<Appended> => {
  for (;;) {
    try {
      return await ledger.append(stream, events, expected);
    } catch (error) {
      const again = resumed;
      say('failed', stream, (error as Error).name);
      say('read', (await ledger.readAll({ maxCount: 100_000 })).length);
      await again;
    }
  }
};

const write = async (writer: number): Promise<void> => {
  const stream = `run${run}-${writer}`;
  const text = 'x'.repeat(Number(size));
  for (let revision = -1; ;) {
    const events = Array.from({ length: 1 + ((writer + revision + 1) % 4) }, () => ({
      id: randomUUID(),
      type: 'Happened',
      data: { text },
    }));
    const expected = revision < 0 ? 'noStream' : revision;
    say('sent', stream, expected, events.map((e) => e.id).join(','));
    revision = (await surely(stream, events, expected)).revision;
    say('acked', stream, revision);
  }
};

say('ready');
await Promise.all(Array.from({ length: Number(writers) }, (_, writer) => write(writer)));
