import { bill, type Facts } from '../../../domain/payments/bill.js';
import { NOW, spec } from '../../kernel/spec.js';

const given = spec(bill, 'b');
const facts: Facts = { patientKnown: true, hospital: { registered: true, currency: 'BDT' } };
const of = { hospitalId: 'h', patientId: 'p' };
const whose = { billId: 'b', ...of, at: NOW };
const bdt = (amount: number) => ({ amount, currency: 'BDT' });

const write = { type: 'WriteBill' as const, data: { ...of, consultationFee: 80_000, reportFee: 30_000 } };
const written = {
  type: 'BillWritten' as const,
  data: { ...whose, consultationFee: bdt(80_000), reportFee: bdt(30_000), total: bdt(110_000) },
};
const paid = { type: 'BillPaid' as const, data: { ...whose, paymentId: 'bill_b' } };
const cancelled = { type: 'BillCancelled' as const, data: { ...whose, reason: 'Twice.' } };
const cancel = { type: 'CancelBill' as const, data: { reason: 'Twice.' } };
const markPaid = { type: 'MarkBillPaid' as const, data: { paymentId: 'bill_b' } };

test('adds its fees up, in the currency of the hospital', () => given().when(write, { facts }).then(written));
test('has one fee, or both', () =>
  given()
    .when({ type: 'WriteBill', data: { ...of, reportFee: 30_000, note: 'Thank you.' } }, { facts })
    .then({
      type: 'BillWritten',
      data: { ...whose, reportFee: bdt(30_000), total: bdt(30_000), note: 'Thank you.' },
    }));
test('has a fee', () => given().when({ type: 'WriteBill', data: of }, { facts }).rejects('fee-needed'));
test('is for somebody whom there is', () =>
  given()
    .when(write, { facts: { ...facts, patientKnown: false } })
    .rejects('patient-unknown'));
test('is of a hospital that there is', () =>
  given()
    .when(write, { facts: { patientKnown: true, hospital: { registered: false, currency: 'BDT' } } })
    .rejects('hospital-unknown'));
test('is written once', () => given(written).when(write, { facts }).then());

test('is called off, once', () => given(written).when(cancel).then(cancelled));
test('is not called off again', () => given(written, cancelled).when(cancel).then());
test('is not called off when it is paid', () => given(written, paid).when(cancel).rejects('already-paid'));
test('is paid, once', () => given(written).when(markPaid).then(paid));
test('is not paid again', () => given(written, paid).when(markPaid).then());
test('that was called off is not paid', () => given(written, cancelled).when(markPaid).then());
test('that nobody wrote is neither paid nor called off', () => {
  given().when(cancel).rejects('bill-unknown');
  given().when(markPaid).rejects('bill-unknown');
});
