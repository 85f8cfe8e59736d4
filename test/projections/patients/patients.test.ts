import fc from 'fast-check';
import { patientDirectory } from '../../../projections/patients/patient-directory.js';
import { patients, withAge } from '../../../projections/patients/patients.js';
import { project } from '../../kernel/project.js';
import { NOW } from '../../kernel/spec.js';

const stream = 'patient-p';
const patientId = 'p';
const begun = {
  stream,
  type: 'PatientProfileBegun' as const,
  data: { patientId, at: NOW, name: 'Karim', dateOfBirth: '1992-09-18', address: 'Mirpur' },
};

test('a patient shows what was said last, and what was removed is gone', () => {
  const of = { patientId, at: NOW };
  expect(
    project(
      patients,
      begun,
      { stream, type: 'PatientProfileRevised', data: { ...of, bloodGroup: 'B+', address: null } },
      { stream, type: 'AllergyAdded', data: { ...of, allergyId: 'a', substance: 'Penicillin', onset: '2015-01-01' } },
      { stream, type: 'AllergyCorrected', data: { ...of, allergyId: 'a', severity: 'severe', onset: null } },
      { stream, type: 'AllergyAdded', data: { ...of, allergyId: 'b', substance: 'Dust' } },
      { stream, type: 'AllergyRemoved', data: { ...of, allergyId: 'b', reason: 'No.' } },
      { stream, type: 'ConditionAdded', data: { ...of, conditionId: 'c', condition: 'Asthma' } },
      { stream, type: 'ConditionAdded', data: { ...of, conditionId: 'd', condition: 'Gout' } },
      { stream, type: 'ConditionCorrected', data: { ...of, conditionId: 'c', condition: 'Bronchial asthma' } },
      { stream, type: 'ConditionRemoved', data: { ...of, conditionId: 'd', reason: 'No.' } },
    ),
  ).toEqual({
    p: {
      patientId,
      name: 'Karim',
      dateOfBirth: '1992-09-18',
      bloodGroup: 'B+',
      allergies: { a: { substance: 'Penicillin', severity: 'severe' } },
      conditions: { c: { condition: 'Bronchial asthma' } },
      revision: 9,
    },
  });
});

test('the age is derived when it is read (N18)', () => {
  const { p } = project(patients, begun);
  expect(p).not.toHaveProperty('age');
  expect(withAge(p!, '2030-09-17').age).toBe(37);
  expect(withAge(p!, '2030-09-18').age).toBe(38);
  expect(withAge({}, '2030-09-18')).toEqual({});
});

test('a patient is found by the name of today, by the hospitals that were asked and the doctors who confirmed', () => {
  const name = fc.constantFrom('Karim', 'Rahim', 'Selim');
  const step = fc.oneof(
    fc.record({ what: fc.constant('named' as const), patientId: fc.constantFrom('p1', 'p2'), name }),
    fc.record({
      what: fc.constantFrom('requested' as const, 'confirmed' as const),
      patientId: fc.constantFrom('p1', 'p2'),
      doctorId: fc.constantFrom('d1', 'd2'),
      hospitalId: fc.constantFrom('h1', 'h2'),
    }),
  );
  type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;
  const eventOf = (s: Step) => {
    if (s.what === 'named')
      return {
        stream,
        type: 'PatientProfileRevised' as const,
        data: { patientId: s.patientId, at: NOW, name: s.name },
      };
    const { patientId: who, doctorId, hospitalId } = s;
    const appointmentId = `${doctorId}_2030-01-02_abcdef`;
    const about = { appointmentId, doctorId, hospitalId, patientId: who, at: NOW };
    const slot = { start: '2030-01-02T03:00:00.000Z', end: '2030-01-02T03:15:00.000Z' };
    if (s.what === 'confirmed')
      return { stream, type: 'AppointmentConfirmed' as const, data: { ...about, ...slot, token: 1 } };
    const booked = { ...about, ...slot, day: '2030-01-02', type: 'report' as const };
    return {
      stream,
      type: 'AppointmentRequested' as const,
      data: { ...booked, fee: { amount: 1, currency: 'BDT' } },
    };
  };
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
      const docs = project(patientDirectory, ...steps.map(eventOf));
      for (const who of ['p1', 'p2']) {
        const own = steps.filter((s) => s.patientId === who);
        const last = own.findLast((s) => s.what === 'named');
        expect(docs[who]?.name ?? '').toBe(last?.what === 'named' ? last.name : '');
        const asked = own.flatMap((s) => (s.what === 'requested' ? [s.hospitalId] : []));
        const confirmed = own.flatMap((s) => (s.what === 'confirmed' ? [s.doctorId] : []));
        expect(new Set(docs[who]?.hospitalIds)).toEqual(new Set(asked));
        expect(new Set(docs[who]?.doctorIds)).toEqual(new Set(confirmed));
        expect(docs[who]?.hospitalIds.length ?? 0).toBe(new Set(asked).size);
      }
    }),
  );
});
