import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { NODE_FLAGS } from './flags.js';
import type { BenchRow } from './row.js';

const MAIN = fileURLToPath(new URL('../main.js', import.meta.url));
const READY = 'Ctrl-C stops it';

/** Starts the application as people do, and waits until it says that it is there. */
const start = async (folder: string): Promise<{ child: ChildProcess; seconds: number }> => {
  const began = performance.now();
  const child = spawn(process.execPath, [...NODE_FLAGS, MAIN], {
    env: { ...process.env, PORT: '0', DATA_DIR: folder },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise<void>((resolve, reject) => {
    let said = '';
    child.stdout.on('data', (text: Buffer) => {
      said += text.toString();
      if (said.includes(READY)) resolve();
    });
    child.once('exit', (code) => reject(new Error(`The application ended with ${code}.`)));
  });
  return { child, seconds: (performance.now() - began) / 1000 };
};

const stop = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.kill('SIGINT');
  });

const megabytesOf = (child: ChildProcess): number =>
  Number(execFileSync('ps', ['-o', 'rss=', '-p', String(child.pid)], { encoding: 'utf8' })) / 1024;

/** The whole process: the first start with its demo data, what it holds afterwards, and the second start. */
export const benchProcess = async (): Promise<BenchRow[]> => {
  const folder = mkdtempSync(join(tmpdir(), 'healthstack-process-'));
  try {
    const first = await start(folder);
    const memory = megabytesOf(first.child);
    await stop(first.child);
    const second = await start(folder);
    await stop(second.child);
    return [
      {
        id: 'demo-data',
        value: first.seconds,
        unit: 's',
        atMost: 20,
        detail: 'first start of an installed system, to ready',
      },
      { id: 'memory', value: memory, unit: 'MB', atMost: 300, detail: 'whole process after the simulated month' },
      { id: 'second-start', value: second.seconds, unit: 's', atMost: 3, detail: 'to ready' },
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};
