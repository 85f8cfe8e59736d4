import { CATEGORIES, categoryOf, medicine } from '../../../domain/pharmacy/medicine.js';
import { NOW, spec } from '../../kernel/spec.js';

const given = spec(medicine, 'm-1');
const price = { amount: 250, currency: 'BDT' };
const basics = {
  name: 'Napa',
  type: 'tablets' as const,
  category: 'fever' as const,
  price,
  prescriptionRequired: false,
};
const about = { medicineId: 'm-1', at: NOW };
const added = { type: 'MedicineAdded' as const, data: { ...about, ...basics, taxBasisPoints: 0, strength: '500 mg' } };
const discontinued = { type: 'MedicineDiscontinued' as const, data: { ...about, reason: 'withdrawn' } };
const facts = {};

test('there are 17 categories; the misspelt one is understood', () => {
  expect(CATEGORIES).toHaveLength(17);
  expect(categoryOf('nurological')).toBe('neurological');
  expect(categoryOf('Neurological')).toBe('neurological');
  expect(categoryOf('Heart disease')).toBe('heartdisease');
  expect(categoryOf('constructor')).toBeUndefined();
  expect(medicine.commands.AddMedicine.safeParse({ ...basics, category: 'nurological' }).success).toBe(false);
});

test('a medicine is added once', () => {
  const add = { type: 'AddMedicine' as const, data: { ...basics, strength: '500 mg' } as never };
  given().when(add, { facts }).then(added);
  given(added).when(add, { facts }).rejects('medicine-exists');
});

test('a revision changes what it names and nothing else', () => {
  const revise = (data: object) => ({ type: 'ReviseMedicine' as const, data });
  given(added)
    .when(revise({ price: { amount: 300, currency: 'BDT' }, name: 'Napa' }), { facts })
    .then({ type: 'MedicineRevised', data: { ...about, price: { amount: 300, currency: 'BDT' } } });
  given(added)
    .when(revise({ strength: null }), { facts })
    .then({ type: 'MedicineRevised', data: { ...about, strength: null } });
  given(added)
    .when(revise({ name: 'Napa', strength: '500 mg' }), { facts })
    .then();
  given()
    .when(revise({ name: 'Napa' }), { facts })
    .rejects('medicine-unknown');
});

test('its image is a stored picture', () => {
  const revise = { type: 'ReviseMedicine' as const, data: { image: 'file-1' } };
  given(added)
    .when(revise, { facts: { picture: { purpose: 'portrait' } } })
    .rejects('file-unknown');
  given(added).when(revise, { facts }).rejects('file-unknown');
  given(added)
    .when(revise, { facts: { picture: { purpose: 'picture' } } })
    .then({ type: 'MedicineRevised', data: { ...about, image: 'file-1' } });
});

test('it is discontinued and reinstated, each once', () => {
  const stop = { type: 'DiscontinueMedicine' as const, data: { reason: 'withdrawn' } };
  const go = { type: 'ReinstateMedicine' as const, data: {} };
  given(added).when(stop, { facts }).then(discontinued);
  given(added, discontinued).when(stop, { facts }).then();
  given(added, discontinued).when(go, { facts }).then({ type: 'MedicineReinstated', data: about });
  given(added).when(go, { facts }).then();
});
