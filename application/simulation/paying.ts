import { bookingWith } from '../../domain/appointments/bookings.js';
import { dayOfAppointment, doctorDay } from '../../domain/appointments/doctor-day.js';
import type { Actor } from '../../domain/kernel/envelope.js';
import { payment, paymentIdOf } from '../../domain/payments/payment.js';
import { transaction } from '../../domain/payments/transaction.js';
import { order } from '../../domain/pharmacy/order.js';
import { PaymentCommand, TransactionCommand } from '../payments.js';
import type { Act, Moment } from './stage.js';
import type { Patient, Place } from './world.js';

// Paying in the gateway: most succeed, some fail and try again, some give up; notifications get lost.

const TRIES_MAX = 3;
/** Who shows no token, as the gateway and a browser that comes back from it. */
const NOBODY: Actor = { id: 'anonymous', role: 'system' };

type Purpose = 'appointment' | 'pharmacyOrder';

/** Goes to pay, as often as it takes. */
export const pay =
  (purpose: Purpose, objectId: string, patient: Patient, place: Place, tries = 1): Act =>
  async (now) => {
    const id = paymentIdOf(purpose, objectId);
    if (!(await isOwed(now, purpose, objectId))) return;
    const data = { purpose, objectId };
    await now.send(patient.actor, PaymentCommand, id, { type: 'OpenPayment', data });
    const again = tries < TRIES_MAX ? pay(purpose, objectId, patient, place, tries + 1) : undefined;
    now.after(3, atGateway(id, place, again));
  };

const PAYABLE = new Set(['requested', 'confirmed', 'arrived', 'fulfilled']);

const isOwed = async (now: Moment, purpose: Purpose, objectId: string): Promise<boolean> => {
  const { paidBy, coveredBy, withdrawn } = await now.load(payment, paymentIdOf(purpose, objectId));
  if (paidBy ?? coveredBy ?? (withdrawn || undefined)) return false;
  if (purpose === 'pharmacyOrder') return (await now.load(order, objectId))?.status === 'reserved';
  const { bookings } = await now.load(doctorDay, dayOfAppointment(objectId));
  return PAYABLE.has(bookingWith(bookings, objectId)?.status ?? '');
};

const OUTCOMES = [
  ['pay', 82],
  ['payRisky', 3],
  ['fail', 9],
  ['cancel', 4],
  ['leave', 2],
] as const;

/** What gets through to us of what the gateway and the browser have to say, in which order. */
const HEARD: readonly (readonly [readonly ('notification' | 'return')[], number])[] = [
  [['notification', 'return'], 70],
  [['return', 'notification'], 20],
  [['notification'], 6],
  [['return'], 2],
  [[], 2],
];

/** On the gateway's page. */
const atGateway =
  (paymentId: string, place: Place, again: Act | undefined): Act =>
  async (now) => {
    const { attempts } = await now.load(payment, paymentId);
    const transactionId = Object.keys(attempts).findLast((id) => attempts[id] !== null);
    const { session } = await now.load(transaction, transactionId ?? paymentId);
    const outcome = now.random.weighted(OUTCOMES);
    if (transactionId === undefined || !session || outcome === 'leave') return;
    const { gateway } = now.stage.system;
    const decided = await gateway.decide(session.sessionKey, outcome);
    if (!decided) return;
    for (const via of now.random.weighted(HEARD)) {
      const { transactionId: _, ...form } = gateway.readCallback(decided.form);
      await now.send(NOBODY, TransactionCommand, transactionId, { type: 'ReceiveCallback', data: { via, ...form } });
    }
    if (outcome === 'fail' || outcome === 'cancel') {
      if (again && now.random.chance(outcome === 'fail' ? 0.85 : 0.4)) now.after(now.random.int(2, 10), again);
      return;
    }
    if (outcome === 'payRisky') now.after(now.random.int(20, 45), lookAt(paymentId, place));
  };

/** Somebody at the hospital looks at money that the gateway thinks risky. */
const lookAt =
  (paymentId: string, { administrator }: Place): Act =>
  async (now) => {
    const { receipts, withdrawn } = await now.load(payment, paymentId);
    const held = Object.values(receipts).find(({ pot, refunded }) => pot === 'held' && refunded === 0);
    if (!held || withdrawn) return;
    const { validationId } = held;
    const reason = 'The card is not the payer’s.';
    await now.send(
      administrator,
      PaymentCommand,
      paymentId,
      now.random.chance(0.75)
        ? { type: 'AcceptHeldPayment', data: { validationId } }
        : { type: 'RequestRefund', data: { validationId, reason } },
    );
  };
