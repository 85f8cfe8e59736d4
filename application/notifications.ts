import { createHash } from 'node:crypto';
import { bookingWith } from '../domain/appointments/bookings.js';
import { dayOfAppointment, doctorDay, events as appointments } from '../domain/appointments/doctor-day.js';
import { account } from '../domain/identity/account.js';
import type { Money } from '../domain/kernel/types.js';
import { type Language, languagesFor, type Values } from '../domain/kernel/wording.js';
import { mail, type Refs } from '../domain/notifications/mail.js';
import { render, type TemplateName, TEMPLATES } from '../domain/notifications/templates.js';
import { hospital } from '../domain/organisations/hospital.js';
import { patient } from '../domain/patients/patient.js';
import { invoiceBook } from '../domain/payments/invoice-book.js';
import { payment } from '../domain/payments/payment.js';
import { medicine } from '../domain/pharmacy/medicine.js';
import { order } from '../domain/pharmacy/order.js';
import { costOf } from '../domain/pharmacy/order-line.js';
import { events as practitioners, practitioner } from '../domain/practitioners/practitioner.js';
import { DomainCommand, handle } from './kernel/handle.js';
import { MailRefused } from './kernel/mailer.js';
import type { Load, World } from './kernel/ports.js';
import { effect, type Outgoing, reaction, send, timer } from './kernel/reaction.js';

export class MailCommand extends DomainCommand<typeof mail> {}

export const handlers = [handle(MailCommand, mail)];

/** The mail of an occasion. */
const request = (
  { id }: { readonly id: string },
  template: TemplateName,
  recipientId: string,
  refs: Refs,
): Outgoing[] => [send(MailCommand, id, { type: 'RequestMail', data: { template, recipientId, refs } })];

const RECEIPTS = {
  appointment: 'appointmentReceipt',
  pharmacyOrder: 'pharmacyReceipt',
  labTest: 'testReceipt',
  bill: 'billReceipt',
} as const;

const { AppointmentRequested, AppointmentConfirmed, AppointmentRejected, AppointmentExpired } = appointments;
const { RegistrationAccepted, RegistrationRejected } = practitioners;
const { InvoiceIssued } = invoiceBook.events;

export const reactions = [
  reaction({
    name: 'mail-patient-about-appointment',
    from: { AppointmentRequested, AppointmentConfirmed, AppointmentRejected, AppointmentExpired },
    on: {
      // One that only moved to another day was asked for before.
      AppointmentRequested: (event) =>
        event.data.replaces === undefined
          ? request(event, 'appointmentRequested', event.data.patientId, refsOfVisit(event.data))
          : [],
      AppointmentConfirmed: (event) =>
        request(event, 'appointmentAccepted', event.data.patientId, refsOfVisit(event.data)),
      AppointmentRejected: (event) =>
        request(event, 'appointmentRejected', event.data.patientId, refsOfVisit(event.data)),
      AppointmentExpired: (event) =>
        request(event, 'appointmentExpired', event.data.patientId, refsOfVisit(event.data)),
    },
  }),
  reaction({
    name: 'mail-receipt-when-invoice-is-issued',
    from: { InvoiceIssued },
    on: {
      InvoiceIssued: (event) => {
        const { purpose, objectId, patientId, hospitalId, paymentId, number: invoice } = event.data;
        const about = {
          appointment: { appointmentId: objectId, doctorId: dayOfAppointment(objectId).slice(0, -11) },
          pharmacyOrder: { orderId: objectId },
          labTest: {},
          bill: {},
        }[purpose];
        return request(event, RECEIPTS[purpose], patientId, { patientId, hospitalId, paymentId, invoice, ...about });
      },
    },
  }),
  reaction({
    name: 'mail-doctor-about-registration',
    from: { RegistrationAccepted, RegistrationRejected },
    on: {
      RegistrationAccepted: (event) => {
        const { doctorId, hospitalId } = event.data;
        return request(event, 'doctorAccepted', doctorId, { doctorId, hospitalId });
      },
      RegistrationRejected: (event) => {
        const { doctorId, hospitalId } = event.data;
        return request(event, 'doctorRejected', doctorId, { doctorId, hospitalId });
      },
    },
  }),
];

interface Visit {
  readonly appointmentId: string;
  readonly doctorId: string;
  readonly hospitalId: string;
  readonly patientId: string;
}
const refsOfVisit = ({ appointmentId, doctorId, hospitalId, patientId }: Visit): Refs => ({
  appointmentId,
  doctorId,
  hospitalId,
  patientId,
});

const { MailRequested, MailRetryDue, MailFailed } = mail.events;

const idOf = (stream: string): string => stream.slice(stream.indexOf('-') + 1);

/** Older news is not sent: after a long standstill nobody is told of what has passed. */
const OUTDATED_DAYS = 7;

const deliver = async (stream: string, { load, mailer, clock }: World): Promise<Outgoing[]> => {
  const id = idOf(stream);
  const { requested } = await load(mail, id);
  if (!requested) return [];
  const told = (message: MailCommand['envelope']['message']) => [send(MailCommand, id, message)];
  const refused = (reason: 'refused' | 'no-address' | 'outdated') =>
    told({ type: 'RecordMailRefused', data: { reason } });

  const { template, recipientId, refs, at } = requested;
  if (Date.parse(clock.now()) - Date.parse(at) > OUTDATED_DAYS * 86_400_000) return refused('outdated');
  const { email: to, language } = await load(account, recipientId);
  if (to === undefined) return refused('no-address');
  const languages = languagesFor(language);
  const written = render(template, languages, await valuesOf(refs, load));
  try {
    await mailer.send({ id, to, ...written });
  } catch (error) {
    return error instanceof MailRefused ? refused('refused') : told({ type: 'RecordMailFailure', data: {} });
  }
  return told({ type: 'RecordMailSent', data: { languages, templateHash: hashOf(template) } });
};

const hashOf = (template: TemplateName): string =>
  createHash('sha256').update(JSON.stringify(TEMPLATES[template])).digest('hex');

export const effects = [
  effect({
    name: 'send-mail-when-requested',
    from: { MailRequested, MailRetryDue },
    on: {
      MailRequested: ({ stream }, world) => deliver(stream, world),
      MailRetryDue: ({ stream }, world) => deliver(stream, world),
    },
  }),
];

export const timers = [
  timer({
    name: 'retry-mail-that-failed',
    from: { MailFailed },
    on: {
      MailFailed: ({ stream, data: { attempt, retryAt } }) => {
        const id = idOf(stream);
        const outgoing = [send(MailCommand, id, { type: 'RetryMail', data: { attempt: attempt + 1 } })];
        return retryAt === undefined ? [] : [{ key: id, at: retryAt, outgoing }];
      },
    },
  }),
];

// What a mail says of the things that it is about, as they are when it is written.

const LOCALES: Readonly<Record<Language, string>> = { en: 'en-GB', bn: 'bn-BD', ar: 'ar' };

const DELIVERY: Readonly<Record<Language, string>> = { en: 'Delivery', bn: 'ডেলিভারি', ar: 'التوصيل' };

/** Making one of Intl's formats takes far longer than using it; there are few of them. */
const kept = <A extends string[], F>(make: (...args: A) => F): ((...args: A) => F) => {
  const made = new Map<string, F>();
  return (...args) => {
    const key = args.join(' ');
    const known = made.get(key) ?? make(...args);
    made.set(key, known);
    return known;
  };
};

const moneyFormat = kept(
  (language: Language, currency: string) =>
    new Intl.NumberFormat(LOCALES[language], { style: 'currency', currency, currencyDisplay: 'code' }),
);
const timeFormat = kept(
  (language: Language, part: 'date' | 'time', timeZone: string) =>
    new Intl.DateTimeFormat(LOCALES[language], {
      ...(part === 'date' ? { dateStyle: 'full' } : { timeStyle: 'short' }),
      timeZone,
    }),
);

const moneyIn = (language: Language, { amount, currency }: Money): string => {
  const format = moneyFormat(language, currency);
  return format.format(amount / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2));
};

const valuesOf = async (refs: Refs, load: Load): Promise<(language: Language) => Values> => {
  const { patientId, doctorId, hospitalId, appointmentId, orderId, paymentId, invoice } = refs;
  const [person, doctor, place, day, paid, placed] = await Promise.all([
    patientId === undefined ? undefined : load(patient, patientId),
    doctorId === undefined ? undefined : load(practitioner, doctorId),
    hospitalId === undefined ? undefined : load(hospital, hospitalId),
    appointmentId === undefined ? undefined : load(doctorDay, dayOfAppointment(appointmentId)),
    paymentId === undefined ? undefined : load(payment, paymentId),
    orderId === undefined ? undefined : load(order, orderId),
  ]);
  const booking = appointmentId === undefined ? undefined : bookingWith(day?.bookings ?? [], appointmentId);
  const registration = hospitalId === undefined ? undefined : doctor?.registrations[hospitalId];
  const receipt = paid?.paidBy === undefined ? undefined : paid.receipts[paid.paidBy];
  const sold = await Promise.all(
    (placed?.lines ?? []).map(async (line) => {
      const { net, tax } = costOf(line, line.quantity);
      return { line, cost: net + tax, name: (await load(medicine, line.medicineId))?.name ?? '–' };
    }),
  );
  const known = {
    patient: person?.name,
    // The serial that the patient had in the system before, where there was one.
    patientSerial: person?.legacySerial ?? patientId?.slice(0, 8).toUpperCase(),
    doctor: doctor?.name,
    hospital: place?.name,
    department: registration && place?.departments[registration.departmentId]?.name,
    specialisation: registration && place?.specialisations[registration.specialisationId]?.name,
    appointment: appointmentId?.slice(appointmentId.lastIndexOf('_') + 1).toUpperCase(),
    token: booking?.token?.toString(),
    invoice,
    transaction: receipt?.transactionId,
  };
  return (language) => {
    const show = (part: 'date' | 'time') =>
      booking && timeFormat(language, part, (place ?? hospital.initial).timeZone).format(new Date(booking.start));
    const price = (amount: number) => moneyIn(language, { amount, currency: placed!.total.currency });
    const items = sold.map(({ line, name, cost }) => `${name} × ${line.quantity}: ${price(cost)}`);
    const delivery = placed ? placed.total.amount - sold.reduce((sum, { cost }) => sum + cost, 0) : 0;
    if (delivery > 0) items.push(`${DELIVERY[language]}: ${price(delivery)}`);
    const values = {
      ...known,
      date: show('date'),
      time: show('time'),
      total: receipt && moneyIn(language, receipt.total),
      items: items.length > 0 ? items.join('\n') : undefined,
    };
    return Object.fromEntries(
      Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined),
    );
  };
};
