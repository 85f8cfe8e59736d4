/* eslint-disable @typescript-eslint/no-explicit-any -- one fold for events of every shape */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { NewEvent } from '../application/kernel/ledger.js';
import { event } from '../domain/kernel/event.js';
import { type AnyProjection, projection } from '../projections/kernel/projection.js';

/** What is projected: read models, and the appends whose events feed them, in their order. */
export interface ProjectorLoad {
  readonly projections: readonly AnyProjection[];
  /** Made as they are appended; kept, they would be what the garbage collector looks at. */
  readonly appends: () => Iterable<{ readonly stream: string; readonly events: readonly NewEvent[] }>;
}

const Id = z.string().max(120);
const Text = z.string().max(2_000);

/** Facts of the sizes that a hospital's have; each alike in each run. */
const events = {
  Booked: event(z.strictObject({ id: Id, doctor: Id, patient: Id, hospital: Id, start: Id, end: Id, note: Text })),
  Confirmed: event(z.strictObject({ id: Id, patient: Id, token: z.int() })),
  Arrived: event(z.strictObject({ id: Id, patient: Id })),
  Prescribed: event(
    z.strictObject({
      id: Id,
      doctor: Id,
      patient: Id,
      hospital: Id,
      at: Id,
      medicines: z.array(z.strictObject({ name: Text, dose: Text, days: z.int() })),
    }),
  ),
  Paid: event(z.strictObject({ id: Id, patient: Id, hospital: Id, amount: z.int(), at: Id })),
  Said: event(z.strictObject({ id: Id, doctor: Id, patient: Id, sequence: z.int(), text: Text, at: Id })),
};
type Es = typeof events;

const party = { parties: () => ({}), phi: false };
const { Booked, Confirmed, Arrived, Prescribed, Said } = events;

interface Visit {
  readonly doctor: string;
  readonly patient: string;
  readonly hospital: string;
  readonly start: string;
  readonly end: string;
  readonly note: string;
  readonly status: string;
  readonly token?: number;
}

const visits = projection<Visit>()({
  name: 'visits',
  version: 1,
  from: { Booked, Confirmed, Arrived },
  key: ({ data }) => data.id,
  indexes: {
    byDoctor: ['doctor', 'start'],
    byPatient: ['patient', 'start'],
    byHospitalStatus: ['hospital', 'status', 'start'],
  },
  on: {
    Booked: (_doc, { data: { id: _id, ...data } }) => ({ ...data, status: 'requested' }),
    Confirmed: (doc, { data: { token } }) => (doc ? { ...doc, status: 'confirmed', token } : null),
    Arrived: (doc) => (doc ? { ...doc, status: 'arrived' } : null),
  },
  ...party,
});

interface Prescription {
  readonly doctor: string;
  readonly patient: string;
  readonly at: string;
  readonly medicines: readonly object[];
}

const prescriptions = projection<Prescription>()({
  name: 'prescriptions',
  version: 1,
  from: { Prescribed },
  key: ({ data }) => data.id,
  indexes: { byDoctor: ['doctor', 'at'], byPatient: ['patient', 'at'] },
  on: { Prescribed: (_doc, { data: { id: _id, hospital: _hospital, ...data } }) => data },
  ...party,
});

const messages = projection<{ thread: string; sequence: number; text: string; at: string }>()({
  name: 'messages',
  version: 1,
  from: { Said },
  key: ({ data }) => data.id,
  indexes: { byThread: ['thread', 'sequence'] },
  on: { Said: (_doc, { data: { doctor, patient, ...said } }) => ({ thread: `${doctor}_${patient}`, ...said }) },
  ...party,
});

/** A patient's own page: about a kilobyte that changes with everything that happens to him. */
const homes = projection<{
  patient: string;
  newest: string;
  recent: readonly object[];
  counts: Record<string, number>;
}>()({
  name: 'homes',
  version: 1,
  from: events,
  key: ({ data }) => data.patient,
  indexes: { byNewest: ['newest'] },
  on: Object.fromEntries(
    Object.keys(events).map((type) => [
      type,
      (doc: any, { data, meta }: any) => ({
        patient: data.patient,
        newest: meta.recordedAt,
        recent: [{ type, id: data.id, at: meta.recordedAt }, ...(doc?.recent ?? [])].slice(0, 10),
        counts: { ...doc?.counts, [type]: (doc?.counts[type] ?? 0) + 1 },
      }),
    ]),
  ) as any,
  ...party,
});

/** One line for each event, found in five ways. */
const trail = projection<{ at: string; actor: string; type: string; patient: string; stream: string }>()({
  name: 'trail',
  version: 1,
  from: events,
  key: ({ id }) => id,
  indexes: {
    byTime: ['at'],
    byActor: ['actor', 'at'],
    byPatient: ['patient', 'at'],
    byType: ['type', 'at'],
    byCorrelation: ['correlation', 'at'],
  },
  on: Object.fromEntries(
    Object.keys(events).map((type) => [
      type,
      (_doc: unknown, { data, meta, stream, revision, position }: any) => ({
        at: meta.recordedAt,
        actor: meta.actor.id,
        role: meta.actor.role,
        type,
        command: meta.command,
        purpose: meta.purpose,
        patient: data.patient,
        stream,
        revision,
        correlation: meta.$correlationId,
        causation: meta.$causationId,
        commandId: meta.commandId,
        position,
      }),
    ]),
  ) as any,
  ...party,
});

/** Few documents that everything changes. */
const totals = projection<{ day: string; events: number; byType: Record<string, number>; amount: number }>()({
  name: 'totals',
  version: 1,
  from: events,
  key: ({ meta }) => [meta.recordedAt.slice(0, 10), 'all'],
  indexes: { byDay: ['day'] },
  on: Object.fromEntries(
    Object.keys(events).map((type) => [
      type,
      (doc: any, { data }: any, day: string) => ({
        day,
        events: (doc?.events ?? 0) + 1,
        byType: { ...doc?.byType, [type]: (doc?.byType[type] ?? 0) + 1 },
        amount: (doc?.amount ?? 0) + (data.amount ?? 0),
      }),
    ]),
  ) as any,
  ...party,
});

/** A month of about so many events; each visit has six: booked, confirmed, arrived, prescribed, paid, spoken about. */
export const syntheticMonth = (eventsMax: number): ProjectorLoad => ({
  projections: [visits, prescriptions, messages, homes, trail, totals],
  *appends() {
    for (let visit = 0; visit < eventsMax / 6; visit++) yield* appendsOf(visit);
  },
});

function* appendsOf(visit: number): Generator<{ stream: string; events: NewEvent[] }> {
  const doctor = uuidOf(`doctor ${visit % 40}`);
  // Every other visit is by one of a fifth of the patients.
  const patient = uuidOf(`patient ${visit % 2 === 0 ? (visit * 7) % 400 : (visit * 7) % 2_000}`);
  const hospital = uuidOf(`hospital ${visit % 3}`);
  const day = `2030-01-${String(1 + (((visit / 40) | 0) % 30)).padStart(2, '0')}`;
  const at = (minute: number) => `${day}T${9 + (visit % 8)}:${minute}:00.000Z`;
  const id = `${doctor}_${day}_${visit}`;
  const note = 'Fever for three days, a dry cough at night, and no appetite since Friday. '.repeat(2);
  const medicines = ['Paracetamol 500 mg', 'Azithromycin 250 mg', 'Cetirizine 10 mg'].map((name) => ({
    name,
    dose: '1+0+1 after meals',
    days: 5,
  }));
  const append = (stream: string, type: keyof Es & string, data: object, minute: number) => {
    const commandId = uuidOf(`command ${visit} ${type}`);
    const metadata = {
      commandId,
      command: `Do${type}`,
      fingerprint: commandId,
      $correlationId: uuidOf(`visit ${visit}`),
      $causationId: commandId,
      actor: { id: doctor, role: 'doctor' },
      tenant: hospital,
      subject: patient,
      purpose: 'TREAT',
      recordedAt: at(minute),
      schemaVersion: 1,
      software: 'bench',
    };
    return { stream, events: [{ id: uuidOf(`event ${visit} ${type}`), type, data, metadata }] };
  };
  const dayStream = `doctorDay-${doctor}_${day}`;
  yield append(dayStream, 'Booked', { id, doctor, patient, hospital, start: at(10), end: at(25), note }, 11);
  yield append(dayStream, 'Confirmed', { id, patient, token: visit }, 12);
  yield append(dayStream, 'Arrived', { id, patient }, 13);
  const prescription = uuidOf(`prescription ${visit}`);
  const prescribed = { id: prescription, doctor, patient, hospital, at: at(30), medicines };
  yield append(`prescription-${prescription}`, 'Prescribed', prescribed, 30);
  yield append(`payment-${id}`, 'Paid', { id, patient, hospital, amount: 80_000, at: at(35) }, 35);
  const said = { id: uuidOf(`message ${visit}`), doctor, patient, sequence: visit, text: note, at: at(40) };
  yield append(`thread-${doctor}_${patient}`, 'Said', said, 40);
}

const uuidOf = (text: string): string => {
  const hex = createHash('sha1').update(text).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
};
