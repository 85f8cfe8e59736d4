import fc from 'fast-check';
import { fold } from '../../../domain/kernel/decider.js';
import { invoiceBook, invoiceBookId } from '../../../domain/payments/invoice-book.js';
import { NOW, spec, SYSTEM } from '../../kernel/spec.js';

const ID = invoiceBookId('hospital-1', '2030-01-31');
const given = spec(invoiceBook, ID);
const paid = {
  paymentId: 'appointment_a',
  patientId: 'patient-1',
  total: { amount: 50_000, currency: 'BDT' },
  day: '2030-01-31',
};
const invoice = { ...paid, purpose: 'appointment' as const, objectId: 'a' };
const note = { ...paid, refundId: 'RF1' };
const issued = (sequence: number) => ({
  type: 'InvoiceIssued' as const,
  data: { ...invoice, sequence, number: `INV-2030-00000${sequence}`, hospitalId: 'hospital-1' },
});
const credited = (sequence: number) => ({
  type: 'CreditNoteIssued' as const,
  data: { ...note, sequence, number: `CN-2030-00000${sequence}`, hospitalId: 'hospital-1' },
});

test('a book belongs to a hospital and a year', () => expect(ID).toBe('hospital-1_2030'));
test('numbers begin at 1', () => given().when({ type: 'IssueInvoice', data: invoice }).then(issued(1)));
test('and go on', () => given(issued(1)).when({ type: 'IssueInvoice', data: invoice }).then(issued(2)));
test('credit notes have a series of their own', () =>
  given(issued(1), issued(2)).when({ type: 'IssueCreditNote', data: note }).then(credited(1)));
test('another year has another book', () =>
  given()
    .when({ type: 'IssueInvoice', data: { ...invoice, day: '2031-01-01' } })
    .rejects('other-year'));

test('both series are 1, 2, 3, ... in every history (N13)', () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { maxLength: 60 }), (kinds) => {
      let book = invoiceBook.initial;
      const sequences: Record<string, number[]> = { InvoiceIssued: [], CreditNoteIssued: [] };
      for (const isInvoice of kinds) {
        const context = { id: ID, at: NOW, commandId: 'c', actor: SYSTEM, facts: undefined };
        const events = isInvoice
          ? invoiceBook.decide.IssueInvoice(book, invoice, context)
          : invoiceBook.decide.IssueCreditNote(book, note, context);
        for (const { type, data } of events) sequences[type]!.push(data.sequence);
        book = fold(invoiceBook, events, book);
      }
      for (const given of Object.values(sequences)) expect(given).toEqual(given.map((_, i) => i + 1));
    }),
  );
});

test('invoices that are taken over go on in their order', () =>
  given(issued(1))
    .when({ type: 'TakeOverInvoices', data: { invoices: [invoice, invoice] } })
    .then(issued(2), issued(3)));
