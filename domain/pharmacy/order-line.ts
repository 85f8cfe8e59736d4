import { z } from 'zod';
import { reject } from '../kernel/rejection.js';
import { Id, Money } from '../kernel/types.js';
import { LINES_MAX, QUANTITY_MAX } from './cart.js';
import { type Pick as Units, unitsOf } from './lots.js';

// One line of an order: what it costs, what it rests on, and where its units are.

const TOTAL_MAX = 1_000_000_000_000;

export const LineNumber = z.int().min(1).max(LINES_MAX);
export const Quantity = z.int().min(1).max(QUANTITY_MAX);

/** The line of a prescription that a medicine is sold against. */
export const Prescribed = z.strictObject({ prescriptionId: Id, line: z.int().min(1).max(1_000) });

/** Under this id stock reserves the units of a line, and its prescription promises them. */
export const claimIdOf = (orderId: string, line: number): string => `${orderId}_${line}`;

/** What is asked for. */
export const Wanted = z.strictObject({ medicineId: Id, quantity: Quantity, prescription: Prescribed.optional() });
export type Wanted = z.infer<typeof Wanted>;

/** The same with price, tax and the need of a prescription as they were when it was ordered. */
export const Priced = z.object({
  line: LineNumber,
  ...Wanted.shape,
  unitPrice: Money,
  taxBasisPoints: z.int().min(0).max(10_000),
  prescriptionRequired: z.boolean(),
});
export type Priced = z.infer<typeof Priced>;

export interface OrderLine extends Priced {
  /** What stock keeps for it; missing until stock has answered. */
  readonly reserved?: readonly Units[];
  /** Whether its prescription promised the units; true where none is named. */
  readonly promised: boolean;
  /** Handed out and not returned. */
  readonly dispensed: readonly Units[];
  /** Units whose price is owed or kept; what was given up or returned is not. */
  readonly charged: number;
}

/** A medicine as it is sold. */
export type Sold = Readonly<{ price: Money } & Pick<Priced, 'taxBasisPoints' | 'prescriptionRequired'>>;

/** What the prescription of a line is worth to it. */
export interface Support {
  readonly patientId: string;
  /** Whether it prescribes the line's medicine. */
  readonly sameMedicine: boolean;
  /** Why its units cannot be had; undefined when they can. */
  readonly refusal?: string | undefined;
}

/** Price without tax and tax of so many units of a line, in the smallest unit; half of one is rounded up. */
export const costOf = ({ unitPrice, taxBasisPoints }: Priced, quantity: number): { net: number; tax: number } => {
  const net = unitPrice.amount * quantity;
  return { net, tax: Number((BigInt(net) * BigInt(taxBasisPoints) + 5_000n) / 10_000n) };
};

/** What is no longer owed of a line when so many fewer units are charged; refunds of a line add up to its price. */
export const refundOf = (line: OrderLine, fewer: number): number => {
  const [before, after] = [costOf(line, line.charged), costOf(line, line.charged - fewer)];
  return before.net + before.tax - after.net - after.tax;
};

/**
 * Lines with their frozen prices. Rejects what is not sold here, and what needs a prescription and has none that holds.
 */
export const pricedLines = (
  wanted: readonly Wanted[],
  patientId: string,
  sold: Readonly<Record<string, Sold | undefined>>,
  support: Readonly<Record<number, Support | undefined>>,
): Priced[] =>
  wanted.map((one, i) => {
    const field = `lines.${i}`;
    const { price: unitPrice, ...rules } =
      sold[one.medicineId] ?? reject('medicine-not-sold', 'This is not sold here.', 'conflict', `${field}.medicineId`);
    if (rules.prescriptionRequired && !one.prescription)
      reject('prescription-required', 'This is sold against a prescription only.', 'conflict', `${field}.prescription`);
    if (one.prescription) ensureSupported(support[i + 1], patientId, `${field}.prescription`);
    return { line: i + 1, ...one, unitPrice, ...rules };
  });

/** What all lines cost with the fee of delivery. Rejects lines of different currencies. */
export const totalsOf = (
  lines: readonly Priced[],
  feeAmount: number,
): Record<'net' | 'tax' | 'fee' | 'total', Money> => {
  const { currency } = lines[0]!.unitPrice;
  if (lines.some(({ unitPrice }) => unitPrice.currency !== currency))
    reject('currencies-differ', 'These medicines are not sold in one currency.', 'conflict', 'lines');
  const costs = lines.map((line) => costOf(line, line.quantity));
  const net = costs.reduce((sum, cost) => sum + cost.net, 0);
  const tax = costs.reduce((sum, cost) => sum + cost.tax, 0);
  if (net + tax + feeAmount > TOTAL_MAX)
    reject('order-too-large', 'So much cannot be ordered at once.', 'invalid', 'lines');
  const money = (amount: number): Money => ({ amount, currency });
  return { net: money(net), tax: money(tax), fee: money(feeAmount), total: money(net + tax + feeAmount) };
};

/** One answer for a prescription that is unknown, another patient's, or of another medicine. */
export const ensureSupported = (support: Support | undefined, patientId: string, field: string): void => {
  if (support?.patientId !== patientId || !support.sameMedicine)
    reject('prescription-not-valid', 'It does not prescribe this medicine to this patient.', 'conflict', field);
  if (support?.refusal === 'too-few')
    reject('prescription-used-up', 'So many units are not left on the prescription.', 'conflict', field);
  if (support?.refusal) reject('prescription-not-valid', 'The prescription is not valid any more.', 'conflict', field);
};

/** Units that are reserved and not handed out. */
export const waiting = ({ reserved = [] }: OrderLine): number => unitsOf(reserved);

/** Lines of which stock and prescriptions may still hold something. */
export const openOf = (lines: readonly OrderLine[]) =>
  lines
    .filter((line) => line.reserved === undefined || waiting(line) > 0)
    .map(({ line, medicineId, prescription }) => ({
      line,
      medicineId,
      ...(prescription && { prescriptionId: prescription.prescriptionId }),
    }));
