import type { Money } from '../../domain/kernel/types.js';
import { invoiceBook } from '../../domain/payments/invoice-book.js';
import { projection } from '../kernel/projection.js';

/** An invoice or a credit note. */
export interface Invoice {
  readonly kind: 'invoice' | 'creditNote';
  readonly number: string;
  readonly hospitalId: string;
  readonly patientId: string;
  readonly paymentId: string;
  readonly total: Money;
  /** At the hospital. */
  readonly day: string;
}

export const invoices = projection<Invoice>()({
  name: 'invoices',
  version: 1,
  from: invoiceBook.events,
  key: ({ data: { hospitalId, number } }) => `${hospitalId}_${number}`,
  // Numbers have a fixed length, so that their order is that of their sequence.
  indexes: { byHospital: ['hospitalId', 'kind', 'number'], byPatient: ['patientId', 'day'] },
  parties: ({ patientId, hospitalId }) => ({ patientId, hospitalId }),
  phi: true,
  on: {
    InvoiceIssued: (_, { data: { number, hospitalId, patientId, paymentId, total, day } }) => ({
      kind: 'invoice',
      number,
      hospitalId,
      patientId,
      paymentId,
      total,
      day,
    }),
    CreditNoteIssued: (_, { data: { number, hospitalId, patientId, paymentId, total, day } }) => ({
      kind: 'creditNote',
      number,
      hospitalId,
      patientId,
      paymentId,
      total,
      day,
    }),
  },
});
