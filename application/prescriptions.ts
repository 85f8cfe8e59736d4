import { bookingWith } from '../domain/appointments/bookings.js';
import { dayOfAppointment, doctorDay } from '../domain/appointments/doctor-day.js';
import type { CommandOf } from '../domain/kernel/decider.js';
import type { Actor } from '../domain/kernel/envelope.js';
import { patient } from '../domain/patients/patient.js';
import { medicine } from '../domain/pharmacy/medicine.js';
import { practitioner } from '../domain/practitioners/practitioner.js';
import { events, type Facts, prescription } from '../domain/prescriptions/prescription.js';
import { therapy } from '../domain/prescriptions/therapy.js';
import { marksOf } from '../domain/prescriptions/warnings.js';
import type { Catalogue, PrescribedMedicine } from '../domain/prescriptions/written.js';
import { DomainCommand, handle } from './kernel/handle.js';
import type { Load } from './kernel/ports.js';
import { reaction, send } from './kernel/reaction.js';
import { isPatient } from './patients.js';

export class PrescriptionCommand extends DomainCommand<typeof prescription> {}
export class TherapyCommand extends DomainCommand<typeof therapy> {}

const factsOf = async (
  { type, data }: CommandOf<typeof prescription.commands>,
  { id, actor, load }: { readonly id: string; readonly actor: Actor; readonly load: Load },
): Promise<Facts> => {
  switch (type) {
    case 'IssuePrescription':
      return {
        ...(await knownOf(data.patientId, actor.onBehalfOf ?? actor.id, data.hospitalId, [id], load)),
        appointment: await visitOf(data.appointmentId, load),
        catalogue: await catalogueOf(data.medicines, load),
      };
    case 'AmendPrescription': {
      const known = await load(prescription, id);
      if (!known) return NOTHING;
      const { patientId, doctorId, hospitalId } = known;
      return {
        ...(await knownOf(patientId, doctorId, hospitalId, [id], load)),
        catalogue: await catalogueOf(data.medicines, load),
      };
    }
    case 'RenewPrescription': {
      const renewed = await load(prescription, data.renews);
      if (!renewed) return NOTHING;
      const { patientId, doctorId, hospitalId } = renewed;
      return { ...(await knownOf(patientId, doctorId, hospitalId, [id, data.renews], load)), renewed };
    }
    default:
      return NOTHING;
  }
};

const NOTHING: Facts = { patientKnown: false, accepted: false, allergies: [], therapies: [], catalogue: {} };

/** What speaks for and against prescribing to a patient; `except` are the prescriptions that are about to change. */
const knownOf = async (
  patientId: string,
  doctorId: string,
  hospitalId: string,
  except: readonly string[],
  load: Load,
): Promise<Facts> => {
  const [who, patientKnown, doctor, therapies] = await Promise.all([
    load(patient, patientId),
    isPatient(patientId, load),
    load(practitioner, doctorId),
    load(therapy, patientId),
  ]);
  return {
    patientKnown,
    accepted: doctor.registrations[hospitalId]?.status === 'accepted',
    allergies: Object.values(who.allergies),
    therapies: Object.entries(therapies)
      .filter(([prescriptionId]) => !except.includes(prescriptionId))
      .map(([prescriptionId, medicines]) => ({ prescriptionId, medicines })),
    catalogue: {},
  };
};

const visitOf = async (appointmentId: string | undefined, load: Load): Promise<Facts['appointment']> =>
  appointmentId === undefined
    ? undefined
    : bookingWith((await load(doctorDay, dayOfAppointment(appointmentId))).bookings, appointmentId);

/** A bottle or a tube lasts as long as it lasts: only what is swallowed whole can be counted. */
const COUNTABLE = new Set(['tablets', 'capsule']);

const catalogueOf = async (
  medicines: readonly { readonly medicineId?: string | undefined }[],
  load: Load,
): Promise<Catalogue> => {
  const ids = [...new Set(medicines.flatMap(({ medicineId }) => medicineId ?? []))];
  const entries = await Promise.all(
    ids.map(async (id) => {
      const known = await load(medicine, id);
      if (!known) return [id, undefined] as const;
      const { name, strength, substance, drugClass, type } = known;
      return [id, { name, strength, substance, drugClass, countable: COUNTABLE.has(type) }] as const;
    }),
  );
  return Object.fromEntries(entries);
};

export const handlers = [handle(PrescriptionCommand, prescription, factsOf), handle(TherapyCommand, therapy)];

const DAY_MS = 86_400_000;

/** What the newest version of a prescription makes the patient take, until when. */
export const recordTherapy = (data: {
  readonly prescriptionId: string;
  readonly patientId: string;
  readonly medicines: readonly PrescribedMedicine[];
  readonly at: string;
}) => {
  const { prescriptionId, patientId, at } = data;
  const medicines = data.medicines.map((medicine) => ({
    line: medicine.line,
    marks: [...marksOf(medicine)],
    ...(medicine.days && { until: new Date(Date.parse(at) + medicine.days * DAY_MS).toISOString() }),
  }));
  return send(TherapyCommand, patientId, { type: 'RecordTherapy', data: { prescriptionId, medicines, at } });
};

const endTherapy = ({ prescriptionId, patientId }: { readonly prescriptionId: string; readonly patientId: string }) =>
  send(TherapyCommand, patientId, { type: 'EndTherapy', data: { prescriptionId } });

const { PrescriptionIssued, PrescriptionAmended, PrescriptionCancelled, PrescriptionRenewed } = events;

export const reactions = [
  reaction({
    name: 'keep-therapies-of-patient-as-prescriptions-change',
    from: { PrescriptionIssued, PrescriptionAmended, PrescriptionCancelled, PrescriptionRenewed },
    on: {
      PrescriptionIssued: ({ data }) => [recordTherapy(data)],
      PrescriptionAmended: ({ data }) => [recordTherapy(data)],
      PrescriptionCancelled: ({ data }) => [endTherapy(data)],
      PrescriptionRenewed: ({ data }) => [endTherapy(data)],
    },
  }),
  reaction({
    name: 'close-prescription-when-renewed',
    from: { PrescriptionIssued },
    on: {
      PrescriptionIssued: ({ data: { prescriptionId, renews } }) =>
        renews === undefined
          ? []
          : [send(PrescriptionCommand, renews, { type: 'CloseRenewed', data: { by: prescriptionId } })],
    },
  }),
];
