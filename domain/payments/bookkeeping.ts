import { z } from 'zod';
import { identity } from '../kernel/phi.js';
import { Money } from '../kernel/types.js';

/** What can be paid for. One payment per thing, by construction of its id. */
export const Purpose = z.enum(['appointment', 'pharmacyOrder', 'labTest', 'bill']);
export type Purpose = z.infer<typeof Purpose>;

/** An id as the gateway wants it: letters and digits, at most 30. */
export const GatewayId = z.string().regex(/^[A-Za-z0-9]{1,30}$/, 'Not an id of the gateway.');

/** An id of that kind, derived from a command's UUID, so that a repeated command names the same thing. */
export const gatewayId = (prefix: 'HS' | 'RF', uuid: string): string =>
  prefix +
  BigInt(`0x${uuid.replaceAll('-', '')}`)
    .toString(36)
    .toUpperCase();

/** An id that the gateway or a bank made. */
export const ForeignId = z.string().min(1).max(100);

/** Money that the gateway confirmed to hold for us, as it answered when we asked it. */
export const Received = z.strictObject({
  transactionId: GatewayId,
  validationId: ForeignId,
  /** Needed to pay it back. */
  bankTransactionId: ForeignId.optional(),
  card: identity(
    z.strictObject({
      type: z.string().max(60),
      brand: z.string().max(60),
      issuer: z.string().max(120),
      masked: z.string().max(30),
    }),
  ).optional(),
  total: Money,
});
export type Received = z.infer<typeof Received>;

/** Where received money stands until it is paid back. */
export const Pot = z.enum(['income', 'held', 'overpayments', 'suspense']);
export type Pot = z.infer<typeof Pot>;

/**
 * Accounts of a hospital's books. `gateway`: money that lies with the gateway for us. `income.*`: what was earned.
 * `held`: paid at high risk, not yet accepted. `overpayments`: received without being owed. `suspense`: received in
 * another amount or currency than asked for. `refundsPayable`: refunds under way.
 */
export const Account = z.enum([
  'gateway',
  'income.appointment',
  'income.pharmacyOrder',
  'income.labTest',
  'held',
  'overpayments',
  'suspense',
  'refundsPayable',
]);
export type Account = z.infer<typeof Account>;

/** A bill is written for what is done at visits, so it is income of that kind. */
export const accountOf = (pot: Pot, purpose: Purpose): Account =>
  pot === 'income' ? `income.${purpose === 'bill' ? 'appointment' : purpose}` : pot;

/** Double entry: debits are positive, credits negative, in the smallest unit of one currency; they add up to zero. */
export const Postings = z
  .array(z.strictObject({ account: Account, amount: z.int() }))
  .refine((postings) => postings.reduce((sum, { amount }) => sum + amount, 0) === 0, 'Postings must add up to zero.');
export type Postings = z.infer<typeof Postings>;

/** Moves an amount: `from` is credited, `to` is debited. */
export const moved = (amount: number, from: Account, to: Account): Postings => [
  { account: to, amount },
  { account: from, amount: -amount },
];
