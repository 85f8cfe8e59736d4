import { thread, threadId } from '../../domain/chat/thread.js';
import { ThreadCommand } from '../chat.js';
import { Entry, type Plan, type Row, step } from './entry.js';
import type { Known } from './known.js';
import { cleanText, instantOf } from './reading.js';

const TABLE = 'ChatApp_chatmessages';
const LENGTH_MAX = 4_000;
const TWICE_MS = 2_000;

/** Messages in the order in which they were sent. */
export const messagePlans = (known: Known): Plan[][] => {
  const last = new Map<string, { readonly text: string; readonly atMs: number }>();
  const inOrder = [...known.rows(TABLE)].sort((a, b) =>
    a.date_created! < b.date_created! ? -1 : a.date_created! > b.date_created! ? 1 : Number(a.id) - Number(b.id),
  );
  return [inOrder.map((row) => messagePlan(row, known, last))];
};

const messagePlan = (
  row: Row,
  known: Known,
  last: Map<string, { readonly text: string; readonly atMs: number }>,
): Plan => {
  const entry = new Entry(TABLE, row);
  const people = betweenOf(row, known);
  entry.about = people ?? {};
  const at = instantOf(row.date_created) ?? `${known.asOf}T00:00:00.000Z`;
  const received = String(row.message ?? '');
  const text = cleanText(received).trim();
  if (row.user_from_id === row.user_to_id) entry.refuse('user_to_id', 'A message to oneself.');
  else if (!people) entry.refuse('user_to_id', 'A chat is between a doctor and a patient.');
  if (!text) entry.refuse('message', 'Nothing but white space.');
  const way = `${row.user_from_id} ${row.user_to_id}`;
  const [before, atMs] = [last.get(way), momentMs(row)];
  if (text && before?.text === received && atMs - before.atMs <= TWICE_MS)
    entry.refuse('message', 'The same again within two seconds: the form was sent twice.');
  else last.set(way, { text: received, atMs });
  if (text && text !== received.trim()) entry.mend('message', mendedIn(received), 'written as it is shown');
  const parts = inParts(text);
  if (parts.length > 1) entry.mend('message', `more than ${LENGTH_MAX} characters`, `${parts.length} messages`, true);
  const id = people ? threadId(people.doctorId, people.patientId) : entry.id;
  const onBehalfOf = known.account(row.user_from_id);
  return {
    entry,
    lane: id,
    at,
    steps: parts.map((part) =>
      step(ThreadCommand, thread, id, { type: 'TakeOverMessage', data: { text: part } }, { onBehalfOf }),
    ),
  };
};

/** Whose chat it is, whoever of the two wrote. */
const betweenOf = ({ user_from_id: from, user_to_id: to }: Row, known: Known) => {
  const [fromDoctor, toPatient] = [known.doctorOfUser(from), known.patientOfUser(to)];
  const [toDoctor, fromPatient] = [known.doctorOfUser(to), known.patientOfUser(from)];
  const one = fromDoctor && toPatient ? { doctorId: fromDoctor, patientId: toPatient } : undefined;
  const other = toDoctor && fromPatient ? { doctorId: toDoctor, patientId: fromPatient } : undefined;
  // Who is both a doctor and a patient writes as the one that had the other's appointment.
  return one && other && met(from, to, known) ? one : (other ?? one);
};

const met = (doctorUser: Row[string] | undefined, patientUser: Row[string] | undefined, known: Known): boolean =>
  known
    .by('doctor_doctor_information', 'user_id', doctorUser)
    .some(({ doctor_id: doctor }) =>
      known
        .by('hospital_patient', 'user_id', patientUser)
        .some(({ patient_id: patient }) =>
          known.by('doctor_appointment', 'patient_id', patient).some((visit) => visit.doctor_id === doctor),
        ),
    );

const momentMs = (row: Row): number => Date.parse(instantOf(row.date_created) ?? '1970-01-01T00:00:00Z');

const mendedIn = (received: string): string =>
  received.includes('\0')
    ? 'holds the character NUL'
    : received.normalize('NFC') === received
      ? 'holds characters that are not shown'
      : 'letters and their marks stand apart';

/** Cut at a space near the end where there is one, and never within a character. */
const inParts = (text: string): string[] => {
  if (text.length <= LENGTH_MAX) return [text];
  const space = text.lastIndexOf(' ', LENGTH_MAX);
  const edge = /[\ud800-\udbff]/.test(text[LENGTH_MAX - 1]!) ? LENGTH_MAX - 1 : LENGTH_MAX;
  const cut = space > LENGTH_MAX / 2 ? space : edge;
  return [text.slice(0, cut), ...inParts(text.slice(cut).trim()).filter((part) => part !== '')];
};
