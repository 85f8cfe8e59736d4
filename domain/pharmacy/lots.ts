import { z } from 'zod';

/** What the manufacturer calls a batch. */
export const Lot = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9 ./_-]{0,39}$/, 'A lot is written with letters and digits.')
  // States are maps by lot, in which `constructor` is always found.
  .refine((lot) => !(lot in Object.prototype), 'Not a lot.');

/** Units of one lot. */
export const Pick = z.strictObject({ lot: Lot, quantity: z.int().positive() });
export type Pick = z.infer<typeof Pick>;
export const Picks = z.array(Pick).min(1).max(100);

export const unitsOf = (picks: readonly { readonly quantity: number }[]): number =>
  picks.reduce((sum, { quantity }) => sum + quantity, 0);

/** The first units of these, in their order; fewer than asked for when there are no more. */
export const first = (picks: readonly Pick[], quantity: number): Pick[] => {
  let missing = quantity;
  return picks.flatMap(({ lot, quantity: held }) => {
    const taken = Math.min(held, missing);
    missing -= taken;
    return taken > 0 ? [{ lot, quantity: taken }] : [];
  });
};

/** What is left of these without those. */
export const minus = (picks: readonly Pick[], less: readonly Pick[]): Pick[] =>
  picks.flatMap(({ lot, quantity }) => {
    const left = quantity - unitsOf(less.filter((p) => p.lot === lot));
    return left > 0 ? [{ lot, quantity: left }] : [];
  });

/** Both together, one entry for each lot. */
export const plus = (picks: readonly Pick[], more: readonly Pick[]): Pick[] =>
  [...new Set([...picks, ...more].map(({ lot }) => lot))].map((lot) => ({
    lot,
    quantity: unitsOf([...picks, ...more].filter((p) => p.lot === lot)),
  }));
