import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { TABLES } from '../application/migration/entry.js';
import { importHealthStack, type Progress } from '../application/migration/import.js';
import { pageOf, type Report } from '../application/migration/report.js';
import { Fatal, type Ledger } from '../application/kernel/ledger.js';
import type { Position } from '../domain/kernel/envelope.js';
import { BadConfiguration, type Configuration, readConfiguration } from '../infrastructure/config.js';
import { NotTheseTables, openSqliteTables, type SqliteTables } from '../infrastructure/legacy/sqlite-tables.js';
import { openSystem } from '../system.js';

/** Brings a database of the original HealthStack over: `npm run import:healthstack -- FILE.sqlite3 [--report FILE.json]`. */
const main = async (args: readonly string[]): Promise<void> => {
  const { file, reportFile } = readArguments(args);
  const configuration = readConfiguration(process.env);
  const tables = openSqliteTables(file, TABLES);
  const report = await importFile(tables, configuration, showProgress()).finally(() => tables.close());
  const json = resolve(reportFile ?? join(configuration.DATA_DIR, 'import-report.json'));
  const page = json.replace(/(\.json)?$/, '.html');
  writeFileSync(json, JSON.stringify(report, null, 1));
  writeFileSync(page, pageOf(report, basename(file)));
  const sums = Object.values(report.tables);
  const all = (of: keyof (typeof sums)[number]) => sums.reduce((sum, table) => sum + table[of], 0);
  console.log(
    `${all('read')} rows: ${all('imported')} imported, ${all('mended')} mended, ${all('refused')} refused; ` +
      `${report.eventsAppended} events appended.\nThe report: ${page} and ${json}`,
  );
};

class BadArguments extends Error {}

const readArguments = (args: readonly string[]): { readonly file: string; readonly reportFile: string | undefined } => {
  const usage = 'Usage: npm run import:healthstack -- FILE.sqlite3 [--report FILE.json]';
  try {
    const { positionals, values } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { report: { type: 'string' } },
    });
    if (positionals.length !== 1) throw new BadArguments(usage);
    return { file: positionals[0]!, reportFile: values.report };
  } catch {
    throw new BadArguments(usage);
  }
};

/**
 * Without the worker: nothing follows from history. Without read models: the next start follows up. What the ledger
 * held before is not read.
 */
const importFile = async (
  tables: SqliteTables,
  configuration: Configuration,
  onProgress: (progress: Progress) => void,
): Promise<Report> => {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  const system = await openSystem({ configuration, software: version, withWorker: false, withProjector: false });
  try {
    const before = await system.ledger.head();
    const { bus, doors, streams } = system;
    const load = async (d: Parameters<typeof streams.load>[0], id: string) =>
      (await streams.load(d, id)).state as never;
    const report = await importHealthStack(tables, { bus, doors, load }, onProgress);
    return { ...report, eventsAppended: await eventsAfter(system.ledger, before) };
  } finally {
    await system.close();
  }
};

const PAGE = 1_000;

const eventsAfter = async (ledger: Ledger, before: Position | undefined): Promise<number> => {
  let count = 0;
  for (let from = before; ;) {
    const events = await ledger.readAll({ ...(from !== undefined && { from }), maxCount: PAGE });
    // The page begins with the event at which the last one ended.
    count += events.length - (from === undefined || events.length === 0 ? 0 : 1);
    if (events.length < PAGE) return count;
    from = events.at(-1)!.position;
  }
};

const SHOWN_EVERY_MS = 1_000;

/** How far it is and how fast it goes, once a second. */
const showProgress = (): ((progress: Progress) => void) => {
  const began = performance.now();
  let shown = began;
  return ({ rowsDone, rowsAll }) => {
    const now = performance.now();
    if (now - shown < SHOWN_EVERY_MS && rowsDone < rowsAll) return;
    shown = now;
    const rate = Math.round(rowsDone / ((now - began) / 1_000));
    console.error(`${rowsDone} of ${rowsAll} rows, ${rate} rows/s`);
  };
};

main(process.argv.slice(2)).catch((error: unknown) => {
  const told =
    error instanceof NotTheseTables
      ? `Not a database of HealthStack: ${error.message}.`
      : error instanceof BadArguments || error instanceof BadConfiguration || error instanceof Fatal
        ? error.message
        : undefined;
  console.error(told ?? error);
  process.exit(1);
});
