import { fold } from '../../../domain/kernel/decider.js';
import type { EventOf } from '../../../domain/kernel/event.js';
import { markedPaths } from '../../../domain/kernel/phi.js';
import { cart, events } from '../../../domain/pharmacy/cart.js';
import { NOW, spec } from '../../kernel/spec.js';

type Happened = EventOf<typeof events>;
const given = spec(cart, 'patient-1');
const facts = { facts: { sold: true } };
const at = { patientId: 'patient-1', at: NOW };
const napa = { hospitalId: 'hospital-1', medicineId: 'napa' };

const added = (quantity: number, one = napa): Happened => ({
  type: 'MedicineAddedToCart',
  data: { ...at, ...one, quantity },
});
const changed = (quantity: number): Happened => ({ type: 'CartQuantityChanged', data: { ...at, ...napa, quantity } });
const removed: Happened = { type: 'MedicineRemovedFromCart', data: { ...at, ...napa } };

test('adding adds to what is there', () => {
  const add = (quantity?: number) => ({ type: 'AddToCart' as const, data: { ...napa, quantity } as never });
  given().when(add(), facts).then(added(1));
  given(added(1)).when(add(3), facts).then(added(4));
  given(added(999)).when(add(2), facts).rejects('too-many');
  given()
    .when(add(), { facts: { sold: false } })
    .rejects('medicine-not-sold');
});

test('increasing and decreasing go by one; at one it is removed', () => {
  given(added(2)).when({ type: 'IncreaseQuantity', data: napa }, facts).then(changed(3));
  given(added(2)).when({ type: 'DecreaseQuantity', data: napa }, facts).then(changed(1));
  given(added(1)).when({ type: 'DecreaseQuantity', data: napa }, facts).then(removed);
  given(added(1), removed).when({ type: 'DecreaseQuantity', data: napa }, facts).rejects('not-in-cart');
  given(added(1)).when({ type: 'RemoveFromCart', data: napa }, facts).then(removed);
  given(added(1), removed).when({ type: 'RemoveFromCart', data: napa }, facts).then();
});

test('an order takes out what was ordered, at its own pharmacy only', () => {
  const elsewhere = { hospitalId: 'hospital-2', medicineId: 'napa' };
  const past = [added(3), added(2, elsewhere), added(1, { ...napa, medicineId: 'zinc' })];
  const lines = [{ medicineId: 'napa', quantity: 3 }];
  const out: Happened = {
    type: 'CartCheckedOut',
    data: { ...at, hospitalId: 'hospital-1', orderId: 'order-1', lines },
  };
  const data = { hospitalId: 'hospital-1', orderId: 'order-1', lines: [...lines, { medicineId: 'soap', quantity: 1 }] };
  given(...past)
    .when({ type: 'CheckOutCart', data }, facts)
    .then(out);
  expect(fold(cart, [...past, out])).toEqual({ 'hospital-1': { zinc: 1 }, 'hospital-2': { napa: 2 } });
  given(added(2, elsewhere)).when({ type: 'CheckOutCart', data }, facts).then();
  given(added(5)).when({ type: 'CheckOutCart', data }, facts).then(out);
  given(added(2))
    .when({ type: 'CheckOutCart', data }, facts)
    .then({ ...out, data: { ...out.data, lines: [{ medicineId: 'napa', quantity: 2 }] } });
});

test('what somebody means to buy is theirs to tell', () => {
  const marked = Object.values(events).map(({ schema }) => markedPaths(schema).map(({ path }) => path));
  expect(marked).toEqual([['medicineId'], ['medicineId'], ['medicineId'], ['lines']]);
});
