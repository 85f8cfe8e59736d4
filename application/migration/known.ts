import { dayOf, instantOf } from './reading.js';
import { idOf, type LegacyTables, type Row, type Table, type Value } from './entry.js';

/** What rows of one table must know of others. */
export interface Known {
  readonly rows: (table: Table) => readonly Row[];
  /** Undefined for a row that is not there. */
  readonly row: (table: Table, id: Value | undefined) => Row | undefined;
  /** The rows that name another one in a column. */
  readonly by: (table: Table, column: string, id: Value | undefined) => readonly Row[];
  /** The last day that the database tells of: what lies before it is past. */
  readonly asOf: string;
  /** The first hospital; what belongs to no hospital there goes to it. */
  readonly firstHospital: Value | undefined;
  /** The account of a user, where there is one. */
  readonly account: (userId: Value | undefined) => string | undefined;
  /** Who the patient of a row of hospital_patient is here. */
  readonly patient: (patientId: Value | undefined) => string | undefined;
  readonly doctor: (doctorId: Value | undefined) => string | undefined;
  /** The key of the hospital at which a doctor works. */
  readonly hospitalOfDoctor: (doctorId: Value | undefined) => Value | undefined;
  /** A user's key, by whom messages and orders name people. */
  readonly patientOfUser: (userId: Value | undefined) => string | undefined;
  readonly doctorOfUser: (userId: Value | undefined) => string | undefined;
  /** When a user came, else the beginning of the last year that the database tells of. */
  readonly joined: (userId: Value | undefined) => string;
}

/** The columns that rows of one table are looked up by in another, beside the keys. */
export const knownOf = (tables: LegacyTables, keys: Readonly<Record<Table, string>>): Known => {
  const cache = new Map<Table, readonly Row[]>();
  const rows = (table: Table): readonly Row[] => {
    const held = cache.get(table) ?? tables.rows(table);
    cache.set(table, held);
    return held;
  };
  const indexes = new Map<string, Map<Value, Row[]>>();
  const by: Known['by'] = (table, column, id) => {
    const name = `${table}.${column}`;
    const index = indexes.get(name) ?? indexed(rows(table), column);
    indexes.set(name, index);
    return id === null || id === undefined ? [] : (index.get(id) ?? []);
  };
  const row: Known['row'] = (table, id) => by(table, keys[table], id)[0];
  const asOf = lastDayOf(rows);
  const account: Known['account'] = (userId) =>
    row('hospital_user', userId) ? idOf('hospital_user', userId) : undefined;
  const person = (table: 'hospital_patient' | 'doctor_doctor_information', id: Value | undefined) => {
    const found = row(table, id);
    return found && (account(found.user_id) ?? idOf(table, id));
  };
  const flagged = (userId: Value | undefined, flag: string) =>
    row('hospital_user', userId)?.[flag] === 1 ? account(userId) : undefined;
  return {
    rows,
    row,
    by,
    asOf,
    firstHospital: rows('hospital_hospital_information')[0]?.hospital_id,
    account,
    patient: (id) => person('hospital_patient', id),
    doctor: (id) => person('doctor_doctor_information', id),
    hospitalOfDoctor: (id) => {
      const doctor = row('doctor_doctor_information', id);
      return (
        doctor?.hospital_name_id ??
        row('hospital_admin_hospital_department', doctor?.department_name_id)?.hospital_id ??
        undefined
      );
    },
    patientOfUser: (userId) =>
      by('hospital_patient', 'user_id', userId).length > 0 ? account(userId) : flagged(userId, 'is_patient'),
    doctorOfUser: (userId) =>
      by('doctor_doctor_information', 'user_id', userId).length > 0 ? account(userId) : flagged(userId, 'is_doctor'),
    joined: (userId) =>
      instantOf(row('hospital_user', userId)?.date_joined) ?? `${asOf.slice(0, 4)}-01-01T00:00:00.000Z`,
  };
};

const indexed = (rows: readonly Row[], column: string): Map<Value, Row[]> => {
  const index = new Map<Value, Row[]>();
  for (const row of rows) {
    const held = index.get(row[column] ?? null);
    if (held) held.push(row);
    else index.set(row[column] ?? null, [row]);
  }
  return index;
};

const DATED: readonly (readonly [Table, string])[] = [
  ['ChatApp_chatmessages', 'date_created'],
  ['pharmacy_order', 'created'],
  ['hospital_user', 'last_login'],
  ['hospital_user', 'date_joined'],
];

/** When the database was copied is not told; the newest moment in it is the next best. */
const lastDayOf = (rows: Known['rows']): string =>
  DATED.reduce(
    (last, [table, column]) =>
      rows(table).reduce((latest, row) => {
        const day = dayOf(String(row[column] ?? '').slice(0, 10)) ?? '';
        return day > latest ? day : latest;
      }, last),
    '2000-01-01',
  );
