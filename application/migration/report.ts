import { type Entry, TABLES } from './entry.js';

export interface TableSums {
  read: number;
  imported: number;
  mended: number;
  refused: number;
}

/** One row of which there is something to tell. */
export interface ReportRow {
  readonly table: string;
  readonly id: string;
  /** `imported`: nothing was changed, and somebody may want to know. */
  readonly outcome: 'imported' | 'mended' | 'refused';
  /** The columns. */
  readonly what: string;
  readonly why: string;
  readonly done: string;
}

/** What became of every row: for each table, read = imported + mended + refused. Holds no value of a person. */
export interface Report {
  readonly eventsAppended: number;
  readonly tables: Readonly<Record<string, TableSums>>;
  readonly rows: readonly ReportRow[];
}

export class Account {
  private readonly tables: Record<string, TableSums> = Object.fromEntries(
    Object.keys(TABLES).map((table) => [table, { read: 0, imported: 0, mended: 0, refused: 0 }]),
  );
  private readonly rows: ReportRow[] = [];

  add(entry: Entry): void {
    const { table, id, outcome, refusal, mends, notes } = entry;
    const sums = this.tables[table]!;
    sums.read++;
    sums[outcome]++;
    const findings = refusal ? [refusal] : [...mends, ...notes];
    if (findings.length === 0) return;
    const all = (of: 'what' | 'why' | 'done') => [...new Set(findings.map((finding) => finding[of]))].join('; ');
    this.rows.push({ table, id, outcome, what: all('what'), why: all('why'), done: all('done') });
  }

  /** In the order of tables and keys, whatever order the rows came in. */
  report(eventsAppended: number): Report {
    const place = Object.fromEntries(Object.keys(TABLES).map((table, i) => [table, i]));
    const rows = this.rows.toSorted((a, b) => place[a.table]! - place[b.table]! || Number(a.id) - Number(b.id));
    return { eventsAppended, tables: this.tables, rows };
  }
}

const escape = (text: string): string => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

/** The report as a page that stands alone. */
export const pageOf = ({ eventsAppended, tables, rows }: Report, file: string): string => `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Import of ${escape(file)}</title>
<style>body{font:15px/1.5 system-ui;margin:2rem auto;max-width:80rem;padding:0 1rem}table{border-collapse:collapse;margin:1rem 0}
td,th{border-bottom:1px solid #ccc;padding:.2rem .8rem;text-align:left;vertical-align:top}.n{text-align:right}
.refused{background:#fde8e8}.mended{background:#fff8e1}</style>
<h1>Import of ${escape(file)}</h1>
<p>${eventsAppended} events were appended. Every row that was refused or mended, or has no place here yet, is kept as it
was received in the ledger, in the stream <code>legacyRow-table_row</code>.</p>
<table><tr><th>Table<th>Read<th>Imported<th>Mended<th>Refused
${Object.entries(tables)
  .map(
    ([table, { read, imported, mended, refused }]) =>
      `<tr><td>${table}${[read, imported, mended, refused].map((count) => `<td class="n">${count}`).join('')}`,
  )
  .join('\n')}
</table>
<h2>Rows</h2>
<table><tr><th>Table<th>Row<th>Outcome<th>What<th>Why<th>What was done
${rows
  .map(
    ({ table, id, outcome, what, why, done }) =>
      `<tr class="${outcome}"><td>${[table, id, outcome, what, why, done].map(escape).join('<td>')}`,
  )
  .join('\n')}
</table></html>
`;
