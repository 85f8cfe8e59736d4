import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { openEventStoreLedger } from '../../../infrastructure/ledger/eventstoredb.js';
import { happened, ids, oneTo } from '../../contract/ledger/subject.js';

// The fixture as others start it: a process of its own, with a folder that outlives it.

const folder = mkdtempSync(join(tmpdir(), 'eventstoredb-process-'));
const running = new Set<ChildProcess>();
afterEach(() => {
  for (const child of running) child.kill('SIGKILL');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const startProcess = async (
  port: number,
): Promise<{ url: string; port: number; end: (signal: NodeJS.Signals) => Promise<unknown> }> => {
  const hooks = join(import.meta.dirname, '../../kernel/typescript.mjs');
  const main = join(import.meta.dirname, '../../fixtures/eventstoredb/main.ts');
  const flags = ['--disable-warning=ExperimentalWarning', '--import', hooks, main, '--port', String(port)];
  const child = spawn(process.execPath, [...flags, '--data', folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  running.add(child);
  const [url] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  const exit = once(child, 'exit').finally(() => running.delete(child));
  return { url, port: Number(new URL(url).port), end: (signal) => (child.kill(signal), exit) };
};

test('killed in the middle of appends: what was acknowledged is there when it starts again, once', async () => {
  let server = await startProcess(0);
  const ledger = await openEventStoreLedger({ url: server.url });
  const acknowledged: string[] = [];
  for (let round = 0; round < 3; round++) {
    const wanted = oneTo(200).map((i) => ({ stream: `round${round}-${i}`, events: happened(2) }));
    const store = async ({ stream, events }: (typeof wanted)[number]) => {
      for (;;)
        try {
          await ledger.append(stream, events, 'noStream');
          return void acknowledged.push(...ids(events));
        } catch {
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
    };
    const storing = wanted.map(store);
    await Promise.race(storing);
    await server.end('SIGKILL');
    server = await startProcess(server.port);
    await Promise.all(storing);
  }
  const kept = ids(await ledger.readAll());
  expect(kept).toHaveLength(1_200);
  expect(kept.toSorted()).toEqual(acknowledged.toSorted());
  await ledger.close();
  const began = performance.now();
  expect(await server.end('SIGTERM')).toEqual([0, null]);
  expect(performance.now() - began).toBeLessThan(2_000);
}, 120_000);
