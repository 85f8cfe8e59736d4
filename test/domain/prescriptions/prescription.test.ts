import fc from 'fast-check';
import { fold } from '../../../domain/kernel/decider.js';
import type { EventOf } from '../../../domain/kernel/event.js';
import { markedPaths } from '../../../domain/kernel/phi.js';
import { Rejection } from '../../../domain/kernel/rejection.js';
import {
  events,
  type Facts,
  prescription,
  type Prescription,
  remainingOf,
} from '../../../domain/prescriptions/prescription.js';
import { isSameMedicine, marksOf } from '../../../domain/prescriptions/warnings.js';
import { NOW, spec, SYSTEM } from '../../kernel/spec.js';

const given = spec(prescription, 'rx-1');
type Happened = EventOf<typeof events>;

const doctor = { id: 'doctor-1', role: 'doctor' as const };
const VALID_UNTIL = '2030-06-30T08:00:00.000Z';
const visit = { doctorId: 'doctor-1', patientId: 'patient-1', hospitalId: 'hospital-1', status: 'confirmed' };
const facts: Facts = {
  patientKnown: true,
  accepted: true,
  appointment: visit,
  allergies: [],
  therapies: [],
  catalogue: {
    amoxil: { name: 'Amoxil', strength: '500 mg', substance: 'Amoxicillin', drugClass: 'Penicillins', countable: true },
    dust: { name: 'Zyrtec', countable: true },
    tusca: { name: 'Tusca', substance: 'Dextromethorphan', countable: false },
  },
};
const known = { facts, actor: doctor };

const napa = { name: 'Napa', frequency: '1+0+1', meal: 'after eating', duration: '7 days' };
const issue = (data: object = {}) => ({
  type: 'IssuePrescription' as const,
  data: { patientId: 'patient-1', hospitalId: 'hospital-1', medicines: [napa], ...data } as never,
});

const about = {
  prescriptionId: 'rx-1',
  patientId: 'patient-1',
  doctorId: 'doctor-1',
  hospitalId: 'hospital-1',
  at: NOW,
};
const napaRead = {
  line: 1,
  ...napa,
  posology: { morning: 1, noon: 0, evening: 0, night: 1, perDay: { units: 2, days: 1 }, asNeeded: false },
  mealRelation: 'after' as const,
  days: 7,
  computed: 14,
  quantity: 14,
};
const content = { version: 1, medicines: [napaRead], tests: [], warnings: [] };
const issued = (data: object = {}): Happened => ({
  type: 'PrescriptionIssued',
  data: { ...about, ...content, validUntil: VALID_UNTIL, ...data },
});
const cancelled: Happened = { type: 'PrescriptionCancelled', data: { ...about, reason: 'wrong patient' } };
const renewed: Happened = { type: 'PrescriptionRenewed', data: { ...about, by: 'rx-2' } };
const claim = (quantity: number, claimId = 'order-1_1', line = 1) => ({ claimId, line, quantity });
const claimed = (quantity: number, claimId?: string): Happened => ({
  type: 'PrescriptionUnitsClaimed',
  data: { prescriptionId: 'rx-1', ...claim(quantity, claimId) },
});
const dispensed = (quantity: number, remaining: number, claimId?: string): Happened => ({
  type: 'PrescriptionDispensed',
  data: { prescriptionId: 'rx-1', ...claim(quantity, claimId), remaining },
});

/** The event of that name that the command causes. */
const caused = (past: Happened[], command: Parameters<ReturnType<typeof given>['when']>[0], about = known) =>
  given(...past)
    .when(command, about)
    .events()[0]!.data as never as typeof content & { medicines: (typeof napaRead)[] };

describe('prescribing', () => {
  test('keeps the words and what they were read as', () =>
    given()
      .when(issue({ appointmentId: 'visit-1', advice: 'Rest.', tests: [{ name: 'CBC' }] }), known)
      .then(issued({ appointmentId: 'visit-1', advice: 'Rest.', tests: [{ line: 1, name: 'CBC' }] })));

  test('is done by the doctor who asks, or by the one on whose behalf the system asks', () => {
    const actor = { ...SYSTEM, onBehalfOf: 'doctor-9' };
    given()
      .when(issue(), { facts, actor })
      .then(issued({ doctorId: 'doctor-9' }));
  });

  test('takes name, strength and substance from the catalogue', () => {
    const { medicines } = caused(
      [],
      issue({ medicines: [{ medicineId: 'amoxil', frequency: 'tds', duration: '5d' }] }),
    );
    expect(medicines[0]).toMatchObject({
      name: 'Amoxil',
      strength: '500 mg',
      substance: 'Amoxicillin',
      drugClass: 'Penicillins',
      quantity: 15,
    });
  });

  test('keeps words that nobody understands, and says that no quantity follows', () => {
    const { medicines, warnings } = caused([], issue({ medicines: [{ name: 'Balm', frequency: 'as shown' }] }));
    expect(medicines).toEqual([{ line: 1, name: 'Balm', frequency: 'as shown' }]);
    expect(warnings).toEqual([{ line: 1, kind: 'quantityUnknown' }]);
  });

  test('takes the stated quantity, and notes that it is not what the words come to', () => {
    const { medicines, warnings } = caused([], issue({ medicines: [{ ...napa, quantity: 20 }] }));
    expect(medicines[0]).toMatchObject({ quantity: 20, computed: 14 });
    expect(warnings).toEqual([{ line: 1, kind: 'quantityDiffers' }]);
  });

  test('computes nothing for what is poured out of a bottle', () => {
    const bottle = [{ medicineId: 'tusca', frequency: '1+1+1', duration: '5 days' }];
    expect(caused([], issue({ medicines: bottle })).medicines[0]).not.toHaveProperty('quantity');
    const spoon = [{ name: 'Tusca', dose: '5 ml', frequency: '1+1+1', duration: '5 days' }];
    expect(caused([], issue({ medicines: spoon })).medicines[0]).not.toHaveProperty('quantity');
  });

  test('reads how much at a time from the dose', () => {
    const two = [{ name: 'Napa', dose: '2 tab', frequency: 'bd', duration: '5 days' }];
    expect(caused([], issue({ medicines: two })).medicines[0]).toMatchObject({ quantity: 20 });
  });

  test.each([
    ['an unknown patient', { patientKnown: false }, {}, 'patient-unknown'],
    ['a doctor who does not work there', { accepted: false }, {}, 'doctor-not-at-hospital'],
    ['a visit nobody knows', { appointment: undefined }, { appointmentId: 'x' }, 'no-appointment'],
    [
      'a visit to another doctor',
      { appointment: { ...visit, doctorId: 'd' } },
      { appointmentId: 'x' },
      'no-appointment',
    ],
    [
      'another patient’s visit',
      { appointment: { ...visit, patientId: 'p' } },
      { appointmentId: 'x' },
      'no-appointment',
    ],
    ['a visit elsewhere', { appointment: { ...visit, hospitalId: 'h' } }, { appointmentId: 'x' }, 'no-appointment'],
    [
      'a visit that was not agreed',
      { appointment: { ...visit, status: 'requested' } },
      { appointmentId: 'x' },
      'no-appointment',
    ],
    ['nothing at all', {}, { medicines: [] }, 'prescription-empty'],
    ['a medicine without a name', {}, { medicines: [{ frequency: 'od' }] }, 'medicine-unnamed'],
    ['a medicine that the catalogue lacks', {}, { medicines: [{ medicineId: 'x' }] }, 'medicine-unknown'],
  ])('refuses %s', (_, changed, data, code) =>
    given()
      .when(issue(data), { facts: { ...facts, ...changed }, actor: doctor })
      .rejects(code),
  );

  test('happens once', () => given(issued()).when(issue(), known).rejects('prescription-exists'));
});

describe('warnings', () => {
  const amoxil = { medicineId: 'amoxil', frequency: 'tds', duration: '5d' };
  const allergic = (substance: string) => ({ facts: { ...facts, allergies: [{ substance }] }, actor: doctor });
  const taking = (medicine: Parameters<typeof marksOf>[0], until?: string) => ({
    facts: { ...facts, therapies: [{ prescriptionId: 'rx-0', medicines: [{ marks: marksOf(medicine), until }] }] },
    actor: doctor,
  });

  test.each(['Penicillin', 'penicillins', 'amoxicillin', 'AMOXIL 250 mg', 'Penicillin allergy'])(
    'an allergy to %s speaks against amoxicillin',
    (substance) =>
      given()
        .when(issue({ medicines: [amoxil] }), allergic(substance))
        .rejects('warnings-unacknowledged'),
  );

  test.each(['dust', 'sulfa drugs', 'cillin', 'peanuts'])('an allergy to %s does not', (substance) =>
    expect(caused([], issue({ medicines: [amoxil] }), allergic(substance)).warnings).toEqual([]),
  );

  test('an allergy is to what a medicine is, not to its id', () => {
    const medicines = [{ medicineId: 'dust', frequency: 'od', duration: '5d' }];
    expect(caused([], issue({ medicines }), allergic('dust')).warnings).toEqual([]);
  });

  test('name the place and the kind, not the medicine or the patient', () => {
    const medicines = [napa, amoxil];
    const decide = () => caused([], issue({ medicines }), allergic('Penicillin'));
    expect(decide).toThrow(
      new Rejection('warnings-unacknowledged', 'Each warning needs a reason (medicine 2: allergy).'),
    );
    expect(decide).toThrow(expect.objectContaining({ field: 'medicines.1' }));
  });

  test('pass with a reason of their own, which is recorded', () => {
    const acknowledged = [{ medicine: 1, kind: 'allergy', reason: 'Was a rash from another drug.' }];
    const { warnings } = caused([], issue({ medicines: [amoxil], acknowledged }), allergic('Penicillin'));
    expect(warnings).toEqual([
      { line: 1, kind: 'allergy', with: ['Penicillin'], reason: 'Was a rash from another drug.' },
    ]);
  });

  test.each([
    ['for another medicine', { medicine: 2, kind: 'allergy', reason: 'x' }],
    ['of another kind', { medicine: 1, kind: 'duplicateTherapy', reason: 'x' }],
  ])('do not pass with a reason %s', (_, acknowledgement) =>
    given()
      .when(issue({ medicines: [amoxil], acknowledged: [acknowledgement] }), allergic('Penicillin'))
      .rejects('warnings-unacknowledged'),
  );

  test.each([
    ['the same name', { name: 'NAPA 500mg tablet' }],
    ['the same substance', { name: 'Other', substance: 'napa' }],
  ])('another prescription with %s is a duplicate', (_, medicine) =>
    given().when(issue(), taking(medicine)).rejects('warnings-unacknowledged'),
  );
  test('so is one of the same class', () =>
    given()
      .when(issue({ medicines: [amoxil] }), taking({ name: 'Flucloxin', drugClass: 'penicillin' }))
      .rejects('warnings-unacknowledged'));
  test('what has come to its end is none', () => {
    expect(caused([], issue(), taking({ name: 'Napa' }, NOW)).warnings).toEqual([]);
    given()
      .when(issue(), taking({ name: 'Napa' }, '2030-02-01T00:00:00.000Z'))
      .rejects('warnings-unacknowledged');
  });
  test('the same medicine twice on one prescription is one, in both places', () => {
    const acknowledged = [1, 2].map((medicine) => ({ medicine, kind: 'duplicateTherapy', reason: 'two strengths' }));
    const medicines = [napa, { ...napa, name: 'Napa 250 mg' }];
    given().when(issue({ medicines }), known).rejects('warnings-unacknowledged');
    expect(caused([], issue({ medicines, acknowledged })).warnings).toMatchObject([{ line: 1 }, { line: 2 }]);
  });
});

test('the same medicine is the same substance in the same strength, under whichever name', () => {
  const prescribed = { name: 'Napa', substance: 'Paracetamol', strength: '500 mg' };
  const same = (sold: object) => isSameMedicine(prescribed, { name: 'Ace', ...sold });
  expect(same({ substance: 'paracetamol', strength: '500mg' })).toBe(true);
  expect(same({ substance: 'paracetamol' })).toBe(true);
  expect(same({ substance: 'paracetamol', strength: '250 mg' })).toBe(false);
  expect(same({ substance: 'ibuprofen', strength: '500 mg' })).toBe(false);
  // Of one class is not the same.
  expect(isSameMedicine({ name: 'Amoxil' }, { name: 'Flucloxin', drugClass: 'penicillin' } as never)).toBe(false);
});

describe('amending', () => {
  const amend = (medicines: object[]) => ({
    type: 'AmendPrescription' as const,
    data: { medicines, reason: 'longer' } as never,
  });

  test('makes a new version; a line that goes on keeps its number', () => {
    const amended = caused(
      [issued()],
      amend([
        { name: 'Losec', frequency: 'od' },
        { line: 1, ...napa, duration: '10d' },
      ]),
    );
    expect(amended).toMatchObject({ version: 2, reason: 'longer' });
    expect(amended.medicines).toMatchObject([{ line: 2 }, { line: 1, quantity: 20 }]);
  });
  test('never gives a number away again', () => {
    const [first] = given(issued())
      .when(amend([{ name: 'Losec' }]), known)
      .events() as Happened[];
    expect(caused([issued(), first!], amend([{ name: 'Zinc' }])).medicines).toMatchObject([{ line: 3 }]);
  });
  test('refuses a line that it does not have, or twice', () => {
    given(issued())
      .when(amend([{ line: 7, ...napa }]), known)
      .rejects('line-unknown');
    given(issued())
      .when(
        amend([
          { line: 1, ...napa },
          { line: 1, ...napa },
        ]),
        known,
      )
      .rejects('line-unknown');
  });
  test('cannot go below what was handed out and promised', () => {
    const past = [issued(), claimed(6), dispensed(4, 10), claimed(4, 'order-2_1')];
    given(...past)
      .when(amend([{ line: 1, ...napa, duration: '4d' }]), known)
      .rejects('already-dispensed');
    expect(caused(past, amend([{ line: 1, ...napa, duration: '5d' }])).medicines).toMatchObject([{ quantity: 10 }]);
  });
  test.each([
    [[] as Happened[], 'prescription-unknown'],
    [[issued(), cancelled], 'prescription-not-active'],
  ])('needs an active prescription', (past, code) =>
    given(...past)
      .when(amend([napa]), known)
      .rejects(code),
  );
});

describe('ending', () => {
  const cancel = { type: 'CancelPrescription' as const, data: { reason: 'wrong patient' } };
  test('cancels with a reason, once', () => {
    given(issued()).when(cancel, known).then(cancelled);
    given(issued(), cancelled).when(cancel, known).then();
    given(issued(), renewed).when(cancel, known).rejects('prescription-not-active');
  });

  const old = fold(prescription, [issued({ prescriptionId: 'rx-0', advice: 'Rest.' })]);
  const renew = { type: 'RenewPrescription' as const, data: { renews: 'rx-0' } as never };
  const renewing = { facts: { ...facts, renewed: old }, actor: doctor };
  test('a renewal is a new prescription that names the old one', () =>
    given()
      .when(renew, renewing)
      .then(issued({ renews: 'rx-0', advice: 'Rest.' })));
  test('only an active one can be renewed', () => {
    const ended = { ...renewing, facts: { ...facts, renewed: { ...old, status: 'cancelled' } as Prescription } };
    given().when(renew, ended).rejects('prescription-not-active');
    given().when(renew, known).rejects('prescription-unknown');
  });
  test('a renewal is held against allergies anew', () =>
    given()
      .when(renew, { ...renewing, facts: { ...renewing.facts, allergies: [{ substance: 'napa' }] } })
      .rejects('warnings-unacknowledged'));
  test('the old one is closed, once', () => {
    const close = { type: 'CloseRenewed' as const, data: { by: 'rx-2' } };
    given(issued()).when(close, known).then(renewed);
    given(issued(), renewed).when(close, known).then();
  });
});

describe('units', () => {
  const ask = (quantity: number, claimId?: string, line?: number) => ({
    type: 'ClaimUnits' as const,
    data: claim(quantity, claimId, line),
  });
  const refused = (quantity: number, reason: 'not-active' | 'expired' | 'too-few', line = 1): Happened => ({
    type: 'PrescriptionClaimRefused',
    data: { prescriptionId: 'rx-1', ...claim(quantity, undefined, line), reason },
  });

  test('are promised as far as they go', () => {
    given(issued()).when(ask(14), known).then(claimed(14));
    given(issued(), claimed(10, 'order-2_1')).when(ask(5), known).then(refused(5, 'too-few'));
    given(issued(), claimed(10)).when(ask(10), known).then();
  });
  test('are not promised on what is over, or of a line that is not there', () => {
    given(issued(), cancelled).when(ask(1), known).then(refused(1, 'not-active'));
    given(issued(), renewed).when(ask(1), known).then(refused(1, 'not-active'));
    given(issued())
      .when(ask(1), { ...known, at: VALID_UNTIL })
      .then(claimed(1));
    given(issued())
      .when(ask(1), { ...known, at: '2030-07-01T00:00:00.000Z' })
      .then(refused(1, 'expired'));
    given(issued())
      .when(ask(1, undefined, 2), known)
      .then(refused(1, 'too-few', 2));
  });
  test('are not promised where nobody could tell how many were meant', () =>
    given(issued({ medicines: [{ line: 1, name: 'Balm' }] }))
      .when(ask(1), known)
      .then(refused(1, 'too-few')));
  test('are handed out of a promise, in parts', () => {
    const hand = (quantity: number) => ({ type: 'RecordDispense' as const, data: { claimId: 'order-1_1', quantity } });
    given(issued(), claimed(10)).when(hand(4), known).then(dispensed(4, 10));
    given(issued(), claimed(10), dispensed(4, 10)).when(hand(6), known).then(dispensed(6, 4));
    given(issued(), claimed(10), dispensed(4, 10)).when(hand(7), known).rejects('claim-exceeded');
    given(issued(), claimed(10), dispensed(10, 4)).when(hand(1), known).rejects('claim-unknown');
  });
  test('come back', () => {
    const back = { type: 'RecordReturn' as const, data: { line: 1, quantity: 3 } };
    given(issued(), claimed(4), dispensed(4, 10))
      .when(back, known)
      .then({
        type: 'PrescriptionUnitsReturned',
        data: { prescriptionId: 'rx-1', line: 1, quantity: 3, remaining: 13 },
      });
    given(issued()).when(back, known).rejects('return-exceeded');
  });

  test('handed out and promised never exceed what was prescribed, whatever happens in whatever order', () => {
    const step = fc.oneof(
      fc.record({ type: fc.constant('ClaimUnits'), claimId: fc.nat(4), quantity: fc.integer({ min: 1, max: 8 }) }),
      fc.record({ type: fc.constant('ReleaseClaim'), claimId: fc.nat(4), quantity: fc.constant(0) }),
      fc.record({ type: fc.constant('RecordDispense'), claimId: fc.nat(4), quantity: fc.integer({ min: 1, max: 8 }) }),
      fc.record({
        type: fc.constant('RecordReturn'),
        claimId: fc.constant(0),
        quantity: fc.integer({ min: 1, max: 8 }),
      }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        let state = fold(prescription, [issued()]);
        // The model knows units only: what was promised to whom, what is out.
        const promised = new Map<string, number>();
        let out = 0;
        for (const { type, claimId, quantity } of steps) {
          const data = { claimId: `c${claimId}`, line: 1, quantity };
          try {
            const happened = prescription.decide[type as 'ClaimUnits'](state, data, { id: 'rx-1', at: NOW } as never);
            state = fold(prescription, happened, state);
            for (const e of happened) {
              if (e.type === 'PrescriptionUnitsClaimed') promised.set(data.claimId, quantity);
              if (e.type === 'PrescriptionClaimReleased') promised.delete(data.claimId);
              if (e.type === 'PrescriptionDispensed') {
                promised.set(data.claimId, promised.get(data.claimId)! - quantity);
                out += quantity;
                expect(e.data.remaining).toBe(14 - out);
              }
              if (e.type === 'PrescriptionUnitsReturned') out -= quantity;
            }
          } catch (error) {
            if (!(error instanceof Rejection)) throw error;
          }
          const sum = [...promised.values()].reduce((a, b) => a + b, 0);
          expect(remainingOf(state!, 1)).toBe(14 - out - sum);
          expect(Math.min(out, 14 - out - sum, ...promised.values(), 0)).toBe(0);
        }
      }),
    );
  });
});

test('a command is about the patient and the doctor of its prescription, or about nobody where there is none', () => {
  const of = (state: Prescription | undefined, data: object) => prescription.parties(state, data, known as never);
  const theirs = { patientId: 'patient-1', doctorId: 'doctor-1', hospitalId: 'hospital-1' };
  const held = fold(prescription, [issued()]);
  expect(of(undefined, { patientId: 'patient-1', hospitalId: 'hospital-1' })).toEqual(theirs);
  expect(of(held, { reason: 'x' })).toEqual(theirs);
  expect(of(undefined, { reason: 'x' })).toEqual({});
  expect(of(undefined, { renews: 'rx-0' })).toEqual({});
  const renewing = { ...known, facts: { ...facts, renewed: held } };
  expect(prescription.parties(undefined, { renews: 'rx-1' }, renewing as never)).toEqual(theirs);
});

test('what tells about health is marked', () => {
  const marked = (of: 'PrescriptionIssued' | 'PrescriptionAmended') =>
    markedPaths(events[of].schema).map(({ path }) => path);
  expect(marked('PrescriptionIssued')).toEqual(['medicines', 'tests', 'advice', 'warnings']);
  expect(marked('PrescriptionAmended')).toEqual(['medicines', 'tests', 'advice', 'warnings', 'reason']);
  const command = markedPaths(prescription.commands.IssuePrescription).map(({ path }) => path);
  expect(command).toEqual(['medicines', 'tests', 'advice', 'acknowledged']);
});
