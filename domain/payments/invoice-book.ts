import { z } from 'zod';
import { decider } from '../kernel/decider.js';
import { asItWas, event } from '../kernel/event.js';
import { reject } from '../kernel/rejection.js';
import { Day, Id, Money } from '../kernel/types.js';
import { GatewayId, Purpose } from './bookkeeping.js';

// One book per hospital and year, because numbers without gaps can be given out only where all of them are known.
// Invoices and credit notes are two series, each from 1.

/** The book that a day at a hospital belongs to. */
export const invoiceBookId = (hospitalId: string, day: string): string => `${hospitalId}_${day.slice(0, 4)}`;

const Paid = z.object({ paymentId: Id, patientId: Id, total: Money, day: Day });

const ToInvoice = z.strictObject({ ...Paid.shape, purpose: Purpose, objectId: Id });

export const commands = {
  IssueInvoice: ToInvoice,
  /** Sent by an import: what was paid in another system, in its order. */
  TakeOverInvoices: z.strictObject({ invoices: z.array(ToInvoice).min(1).max(100) }),
  IssueCreditNote: z.strictObject({ ...Paid.shape, refundId: GatewayId }),
};

const Numbered = Paid.extend({
  /** For people: `INV-2030-000001`. */
  number: z.string(),
  /** 1, 2, 3, ... without a gap in its series of this hospital and year. */
  sequence: z.int().positive(),
  hospitalId: Id,
});

export const events = {
  InvoiceIssued: event(Numbered.extend({ purpose: Purpose, objectId: Id }), asItWas),
  CreditNoteIssued: event(Numbered.extend({ refundId: GatewayId })),
};

export interface State {
  readonly invoices: number;
  readonly creditNotes: number;
}

const partsOf = (id: string) => ({ hospitalId: id.slice(0, -5), year: id.slice(-4) });

const numbered = (series: 'INV' | 'CN', id: string, last: number, day: string) => {
  const { hospitalId, year } = partsOf(id);
  if (!day.startsWith(year)) reject('other-year', 'It belongs into the book of another year.', 'invalid', 'day');
  const sequence = last + 1;
  return { number: `${series}-${year}-${String(sequence).padStart(6, '0')}`, sequence, hospitalId };
};

/** That nothing is numbered twice rests on the command's id, which derives from the event that caused it. */
export const invoiceBook = decider<State>()({
  category: 'invoiceBook',
  commands,
  events,
  initial: { invoices: 0, creditNotes: 0 },
  parties: (_, { patientId }, { id }) => ({ patientId, hospitalId: partsOf(id).hospitalId }),
  decide: {
    IssueInvoice: ({ invoices }, data, { id }) => [
      { type: 'InvoiceIssued', data: { ...data, ...numbered('INV', id, invoices, data.day) } },
    ],
    TakeOverInvoices: ({ invoices: last }, { invoices }, { id }) =>
      invoices.map((data, i) => ({
        type: 'InvoiceIssued',
        data: { ...data, ...numbered('INV', id, last + i, data.day) },
        about: { patientId: data.patientId },
      })),
    IssueCreditNote: ({ creditNotes }, data, { id }) => [
      { type: 'CreditNoteIssued', data: { ...data, ...numbered('CN', id, creditNotes, data.day) } },
    ],
  },
  evolve: {
    InvoiceIssued: (book, { sequence }) => ({ ...book, invoices: sequence }),
    CreditNoteIssued: (book, { sequence }) => ({ ...book, creditNotes: sequence }),
  },
});
