import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Ledger } from '../../../application/kernel/ledger.js';
import { openSqliteLedger } from '../../../infrastructure/ledger/sqlite.js';
import { checkRecovered, type WriterOptions, WriterProcess } from './writer-process.js';

/** `LEDGER_KILLS=500 npm test -- sqlite.faults` for a long run. */
const KILLS = Number(process.env['LEDGER_KILLS'] ?? 20);
const has = (tool: string) => spawnSync(tool, ['--version']).status === 0;
const testWith = (tool: string) => (has(tool) ? test : test.skip);

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ledger-faults-'));
  file = join(folder, 'ledger.db');
});
afterEach(async () => {
  await Promise.all(started.splice(0).map((writer) => writer.kill()));
  rmSync(folder, { recursive: true });
});

const started: WriterProcess[] = [];
const start = (options: Omit<WriterOptions, 'file'>): WriterProcess => {
  const writer = new WriterProcess({ file, ...options });
  started.push(writer);
  return writer;
};

const opened = async <T>(use: (ledger: Ledger) => Promise<T>): Promise<T> => {
  const ledger = await openSqliteLedger({ file });
  try {
    return await use(ledger);
  } finally {
    await ledger.close();
  }
};

test(`killed ${KILLS} times under load: nothing acknowledged is lost, nothing half written, nothing doubled`, async () => {
  const ids = new Set<string>();
  let head: string | undefined;
  for (let run = 1; run <= KILLS; run++) {
    const writer = start({ run, writers: 8, size: 300 });
    // Somewhere else in its work each time: before the first answer, within a group, during a checkpoint.
    const killAfter = (run * 7919) % 400;
    await writer.until(() => writer.acknowledgements >= killAfter);
    await writer.kill();
    await opened(async (ledger) => {
      await checkRecovered(ledger, writer);
      const since = (await ledger.readAll({ from: head, maxCount: 100_000 })).filter((e) => e.position !== head);
      const positions = since.map((e) => e.position);
      expect(positions).toEqual([...new Set(positions)].sort(ledger.compare));
      for (const { id } of since) expect(ids.has(id)).toBe(false);
      for (const { id } of since) ids.add(id);
      expect([...writer.sent.values()].flatMap((sent) => sent.flatMap((s) => s.ids)).sort()).toEqual(
        since.map((e) => e.id).sort(),
      );
      head = await ledger.head();
    });
  }
}, 600_000);

testWith('prlimit')(
  'a full disk: refused, nothing half written, reads go on; written again when there is room',
  async () => {
    const writer = start({ run: 1, writers: 8, size: 2_000 });
    await writer.until(() => writer.acknowledgements > 100);
    writer.limitFileSize(4_000_000);
    // A checkpoint under way may still make room; then nothing goes any more.
    for (let rounds = 1, acknowledged = -1; acknowledged !== writer.acknowledgements; rounds++) {
      acknowledged = writer.acknowledgements;
      if (rounds > 1) writer.again();
      await writer.until(() => writer.counts.length === 8 * rounds);
    }
    expect(new Set(writer.failures)).toEqual(new Set(['StorageFull']));
    const acked = [...writer.acked.values()].reduce((sum, revision) => sum + revision + 1, 0);
    expect(new Set(writer.counts.slice(-8))).toEqual(new Set([acked]));

    const before = writer.acknowledgements;
    writer.limitFileSize('unlimited');
    writer.again();
    await writer.until(() => writer.acknowledgements > before + 500);
    await writer.kill();
    await opened((ledger) => checkRecovered(ledger, writer));
  },
  60_000,
);

testWith('strace')(
  'each answer waits for the disk: as many answers as fsyncs let out',
  async () => {
    // The process is stopped at its 40th fsync, before that one is done.
    const under = ['strace', '-f', '-qq', '-o', '/dev/null', '-e', 'trace=fsync,fdatasync'];
    const inject = ['-e', 'inject=fsync,fdatasync:signal=KILL:when=40'];
    const writer = start({ run: 1, writers: 1, size: 10, under: [...under, ...inject] });
    await writer.ended;
    expect(writer.acknowledgements).toBeGreaterThan(20);
    expect(writer.acknowledgements).toBeLessThan(40);
    await opened((ledger) => checkRecovered(ledger, writer));
  },
  60_000,
);

testWith('strace')(
  'a disk that fails to sync: nothing more is accepted until the ledger is opened again',
  async () => {
    const under = ['strace', '-f', '-qq', '-o', '/dev/null', '-e', 'trace=fsync,fdatasync'];
    const inject = ['-e', 'inject=fsync,fdatasync:error=EIO:when=40'];
    const writer = start({ run: 1, writers: 8, size: 10, under: [...under, ...inject] });
    await writer.until(() => writer.counts.length === 8);
    expect(new Set(writer.failures)).toEqual(new Set(['UnknownOutcome']));
    const before = writer.acknowledgements;
    writer.again();
    await writer.until(() => writer.counts.length === 16);
    expect(new Set(writer.failures.slice(8))).toEqual(new Set(['Fatal']));
    expect(writer.acknowledgements).toBe(before);
    await writer.kill();
    await opened((ledger) => checkRecovered(ledger, writer));
  },
  60_000,
);
