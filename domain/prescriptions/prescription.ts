import { z } from 'zod';
import { decider } from '../kernel/decider.js';
import type { Actor } from '../kernel/envelope.js';
import { asItWas, event } from '../kernel/event.js';
import { health } from '../kernel/phi.js';
import { reject } from '../kernel/rejection.js';
import { without } from '../kernel/revise.js';
import { Id, Instant, Line } from '../kernel/types.js';
import { Acknowledgement, type Known, Warning, warningsFor } from './warnings.js';
import {
  type Catalogue,
  LineNumber,
  PrescribedMedicine,
  PrescribedTest,
  readWritten,
  Rewritten,
  UNITS_MAX,
  Written,
} from './written.js';

// Stream prescription-<prescriptionId>. Inside it: of each medicine never more units are dispensed and promised to
// orders than were prescribed. So an order claims its units here before it is ready; a claim becomes a dispense or is
// released. A prescription is active until it is cancelled or renewed; an amendment makes a new version of it.

const VALID_DAYS = 180;
const DAY_MS = 86_400_000;

const Units = z.int().min(1).max(UNITS_MAX);
const acknowledged = health(
  z.array(Acknowledgement).max(100).default([]).describe('Why it is prescribed all the same.'),
);
const markedHealth = <S extends typeof Written | typeof Rewritten>({ shape }: S) => ({
  medicines: health(shape.medicines) as S['shape']['medicines'],
  tests: health(shape.tests) as S['shape']['tests'],
  advice: health(shape.advice) as S['shape']['advice'],
});

// Commands

export const commands = {
  IssuePrescription: z.strictObject({
    patientId: Id,
    hospitalId: Id,
    appointmentId: Id.optional().describe('The visit it was written at.'),
    ...markedHealth(Written),
    acknowledged,
  }),
  AmendPrescription: z.strictObject({ ...markedHealth(Rewritten), acknowledged, reason: health(Line(500)) }),
  CancelPrescription: z.strictObject({ reason: health(Line(500)) }),
  RenewPrescription: z.strictObject({ renews: Id, acknowledged }),
  /** Sent by reactions: the prescription was renewed by another. */
  CloseRenewed: z.strictObject({ by: Id }),
  /** Sent by reactions: an order asks for units. */
  ClaimUnits: z.strictObject({
    claimId: Id,
    line: LineNumber,
    quantity: Units,
    hospitalId: Id.optional().describe('Whose pharmacy it is presented to.'),
  }),
  ReleaseClaim: z.strictObject({ claimId: Id }),
  /** Sent by reactions: units of a claim were handed out. */
  RecordDispense: z.strictObject({ claimId: Id, quantity: Units }),
  /** Sent by reactions: dispensed units came back. */
  RecordReturn: z.strictObject({ line: LineNumber, quantity: Units }),
};

// Events

const About = z.object({ prescriptionId: Id, patientId: Id, doctorId: Id, hospitalId: Id, at: Instant });
const Content = {
  version: z.int().positive(),
  medicines: health(z.array(PrescribedMedicine)),
  tests: health(z.array(PrescribedTest)),
  advice: health(Written.shape.advice),
  warnings: health(z.array(Warning)),
};
const Claim = z.object({ prescriptionId: Id, claimId: Id, line: LineNumber, quantity: z.int().positive() });

export const events = {
  PrescriptionIssued: event(
    About.extend({ ...Content, appointmentId: Id.optional(), renews: Id.optional(), validUntil: Instant }),
  ),
  PrescriptionAmended: event(About.extend({ ...Content, reason: health(z.string()) })),
  PrescriptionCancelled: event(About.extend({ reason: health(z.string()) })),
  PrescriptionRenewed: event(About.extend({ by: Id })),
  /** `hospitalId`: whose pharmacy it was presented to. */
  PrescriptionUnitsClaimed: event(Claim.extend({ hospitalId: Id.optional() }), asItWas),
  /** Bad news for the order that asked. */
  PrescriptionClaimRefused: event(Claim.extend({ reason: z.enum(['not-active', 'expired', 'too-few']) })),
  PrescriptionClaimReleased: event(Claim),
  PrescriptionDispensed: event(Claim.extend({ remaining: z.int().min(0) })),
  PrescriptionUnitsReturned: event(Claim.omit({ claimId: true }).extend({ remaining: z.int().min(0) })),
};

// State

type Issued = z.infer<typeof events.PrescriptionIssued.schema>;

export interface Prescription extends Pick<
  Issued,
  | 'prescriptionId'
  | 'patientId'
  | 'doctorId'
  | 'hospitalId'
  | 'version'
  | 'medicines'
  | 'tests'
  | 'advice'
  | 'validUntil'
> {
  readonly status: 'active' | 'cancelled' | 'renewed';
  /** The highest line number ever given. */
  readonly lines: number;
  /** Units handed out and not returned, by line. */
  readonly dispensed: Readonly<Record<string, number>>;
  /** What orders were promised and have not been handed. */
  readonly claims: Readonly<Record<string, { readonly line: number; readonly quantity: number }>>;
}

/** What prescribing must know of the patient, the doctor and the catalogue. */
export interface Facts extends Known {
  readonly patientKnown: boolean;
  /** Whether the doctor works at the hospital. */
  readonly accepted: boolean;
  /** The visit that the command names. */
  readonly appointment?:
    | { readonly doctorId: string; readonly patientId: string; readonly hospitalId: string; readonly status: string }
    | undefined;
  readonly catalogue: Catalogue;
  readonly renewed?: Prescription | undefined;
}

/** Units of a line that are handed out or promised. */
const takenOf = (p: Prescription, line: number): number =>
  Object.values(p.claims).reduce(
    (sum, claim) => sum + (claim.line === line ? claim.quantity : 0),
    p.dispensed[line] ?? 0,
  );

const quantityOf = (p: Prescription, line: number): number => p.medicines.find((m) => m.line === line)?.quantity ?? 0;

/** Units of a medicine that can still be promised; none where nobody could tell how many were meant. */
export const remainingOf = (p: Prescription, line: number): number =>
  Math.max(0, quantityOf(p, line) - takenOf(p, line));

/** Why nothing may be handed out on it at a moment; undefined when something may. */
export const invalidity = (p: Prescription, at: string): 'not-active' | 'expired' | undefined =>
  p.status !== 'active' ? 'not-active' : at > p.validUntil ? 'expired' : undefined;

/** Why so many units cannot be promised at a moment; undefined when they can. */
export const refusalOf = (p: Prescription, line: number, quantity: number, at: string) =>
  invalidity(p, at) ?? (remainingOf(p, line) < quantity ? ('too-few' as const) : undefined);

// Rules

const issued = (p: Prescription | undefined): Prescription =>
  p ?? reject('prescription-unknown', 'There is no such prescription.', 'missing');

const active = (p: Prescription | undefined): Prescription =>
  issued(p).status === 'active' ? p! : reject('prescription-not-active', 'It was cancelled or renewed.');

const prescriber = ({ id, onBehalfOf }: Actor): string => onBehalfOf ?? id;

const aboutOf = ({ prescriptionId, patientId, doctorId, hospitalId }: Prescription, at: string) => ({
  prescriptionId,
  patientId,
  doctorId,
  hospitalId,
  at,
});

const VISITED = new Set(['confirmed', 'arrived', 'fulfilled']);

const ensureAccepted = ({ accepted }: Facts): void => {
  if (!accepted)
    reject('doctor-not-at-hospital', 'The doctor does not work at this hospital.', 'forbidden', 'hospitalId');
};

/** A doctor prescribes at a hospital where they work, for a patient whose visit to them was agreed. */
const ensureVisit = (
  facts: Facts,
  { appointmentId, patientId, hospitalId }: z.output<typeof commands.IssuePrescription>,
  doctorId: string,
): void => {
  if (!facts.patientKnown) reject('patient-unknown', 'There is no such patient.', 'invalid', 'patientId');
  ensureAccepted(facts);
  if (appointmentId === undefined) return;
  const visit = facts.appointment;
  const ours = visit?.patientId === patientId && visit.doctorId === doctorId && visit.hospitalId === hospitalId;
  if (!ours || !VISITED.has(visit.status))
    reject('no-appointment', 'This is no confirmed visit of the patient to the doctor.', 'forbidden', 'appointmentId');
};

const validUntil = (at: string): string => new Date(Date.parse(at) + VALID_DAYS * DAY_MS).toISOString();

const changed = (p: Prescription | undefined, change: Partial<Prescription>): Prescription | undefined =>
  p && { ...p, ...change };

export const prescription = decider<Prescription | undefined, Facts>()({
  category: 'prescription',
  commands,
  events,
  initial: undefined as Prescription | undefined,

  parties(p, { patientId, hospitalId, renews }, { actor, facts }) {
    const about = p ?? (renews === undefined ? undefined : facts.renewed);
    if (about) return { patientId: about.patientId, doctorId: about.doctorId, hospitalId: about.hospitalId };
    return patientId === undefined ? {} : { patientId, doctorId: prescriber(actor), hospitalId };
  },

  decide: {
    IssuePrescription(p, data, { id, at, actor, facts }) {
      if (p) reject('prescription-exists', 'This prescription was issued already.');
      const { patientId, hospitalId, appointmentId } = data;
      const about = { prescriptionId: id, patientId, doctorId: prescriber(actor), hospitalId, at };
      ensureVisit(facts, data, about.doctorId);
      const content = readWritten(data, undefined, facts.catalogue);
      const warnings = warningsFor(content.medicines, facts, at, data.acknowledged);
      const issue = { ...about, version: 1, ...content, warnings, validUntil: validUntil(at) };
      return [{ type: 'PrescriptionIssued', data: { ...issue, ...(appointmentId && { appointmentId }) } }];
    },
    AmendPrescription(p, data, { at, facts }) {
      const before = active(p);
      const content = readWritten(data, before, facts.catalogue);
      for (const [i, { line, quantity }] of content.medicines.entries()) {
        if (takenOf(before, line) > (quantity ?? 0))
          reject(
            'already-dispensed',
            'More was handed out or promised already.',
            'conflict',
            `medicines.${i}.quantity`,
          );
      }
      const warnings = warningsFor(content.medicines, facts, at, data.acknowledged);
      const amended = { ...aboutOf(before, at), version: before.version + 1, ...content, warnings };
      return [{ type: 'PrescriptionAmended', data: { ...amended, reason: data.reason } }];
    },
    CancelPrescription(p, { reason }, { at }) {
      if (issued(p).status === 'cancelled') return [];
      return [{ type: 'PrescriptionCancelled', data: { ...aboutOf(active(p), at), reason } }];
    },
    RenewPrescription(p, { renews, acknowledged }, { id, at, facts }) {
      if (p) reject('prescription-exists', 'This prescription was issued already.');
      const old = active(facts.renewed);
      ensureAccepted(facts);
      const { medicines, tests, advice } = old;
      const warnings = warningsFor(medicines, facts, at, acknowledged);
      const content = { version: 1, medicines, tests, ...(advice !== undefined && { advice }), warnings };
      const issue = { ...aboutOf(old, at), prescriptionId: id, ...content, renews, validUntil: validUntil(at) };
      return [{ type: 'PrescriptionIssued', data: issue }];
    },
    CloseRenewed: (p, { by }, { at }) =>
      issued(p).status === 'active' ? [{ type: 'PrescriptionRenewed', data: { ...aboutOf(p!, at), by } }] : [],

    ClaimUnits(p, { claimId, line, quantity, hospitalId }, { id, at }) {
      if (issued(p).claims[claimId]) return [];
      const claim = { prescriptionId: id, claimId, line, quantity };
      const reason = refusalOf(p!, line, quantity, at);
      if (reason) return [{ type: 'PrescriptionClaimRefused', data: { ...claim, reason } }];
      return [
        { type: 'PrescriptionUnitsClaimed', data: { ...claim, ...(hospitalId !== undefined && { hospitalId }) } },
      ];
    },
    ReleaseClaim(p, { claimId }, { id }) {
      const claim = p?.claims[claimId];
      return claim ? [{ type: 'PrescriptionClaimReleased', data: { prescriptionId: id, claimId, ...claim } }] : [];
    },
    RecordDispense(p, { claimId, quantity }, { id }) {
      const claim =
        issued(p).claims[claimId] ?? reject('claim-unknown', 'No units were promised under this id.', 'missing');
      if (claim.quantity < quantity) reject('claim-exceeded', 'More was handed out than was promised.');
      const { line } = claim;
      const remaining = quantityOf(p!, line) - (p!.dispensed[line] ?? 0) - quantity;
      return [
        {
          type: 'PrescriptionDispensed',
          data: { prescriptionId: id, claimId, line, quantity, remaining: Math.max(0, remaining) },
        },
      ];
    },
    RecordReturn(p, { line, quantity }, { id }) {
      const dispensed = issued(p).dispensed[line] ?? 0;
      if (quantity > dispensed) reject('return-exceeded', 'More came back than was handed out.');
      const remaining = Math.max(0, quantityOf(p!, line) - dispensed + quantity);
      return [{ type: 'PrescriptionUnitsReturned', data: { prescriptionId: id, line, quantity, remaining } }];
    },
  },

  evolve: {
    PrescriptionIssued: (_, { at: __, warnings: ___, appointmentId: ____, renews: _____, ...content }) => ({
      ...content,
      status: 'active',
      lines: lastLine(content.medicines, 0),
      dispensed: {},
      claims: {},
    }),
    PrescriptionAmended: (p, { version, medicines, tests, advice }) =>
      changed(p, { version, medicines, tests, advice, lines: lastLine(medicines, p?.lines ?? 0) }),
    PrescriptionCancelled: (p) => changed(p, { status: 'cancelled' }),
    PrescriptionRenewed: (p) => changed(p, { status: 'renewed' }),
    PrescriptionUnitsClaimed: (p, { claimId, line, quantity }) =>
      p && changed(p, { claims: { ...p.claims, [claimId]: { line, quantity } } }),
    PrescriptionClaimRefused: (p) => p,
    PrescriptionClaimReleased: (p, { claimId }) => p && changed(p, { claims: without(p.claims, claimId) }),
    PrescriptionDispensed: (p, { claimId, line, quantity }) => {
      if (!p) return p;
      const left = (p.claims[claimId]?.quantity ?? 0) - quantity;
      const claims = left > 0 ? { ...p.claims, [claimId]: { line, quantity: left } } : without(p.claims, claimId);
      return { ...p, claims, dispensed: { ...p.dispensed, [line]: (p.dispensed[line] ?? 0) + quantity } };
    },
    PrescriptionUnitsReturned: (p, { line, quantity }) =>
      p && changed(p, { dispensed: { ...p.dispensed, [line]: Math.max(0, (p.dispensed[line] ?? 0) - quantity) } }),
  },
});

const lastLine = (medicines: readonly PrescribedMedicine[], before: number): number =>
  medicines.reduce((last, { line }) => Math.max(last, line), before);
