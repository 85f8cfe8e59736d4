import fc from 'fast-check';
import { markedPaths } from '../../../domain/kernel/phi.js';
import { ageOn, BLOOD_GROUPS, events, patient } from '../../../domain/patients/patient.js';
import { NOW, spec } from '../../kernel/spec.js';

const patientId = 'p-1';
const given = spec(patient, patientId);

const begun = { type: 'PatientProfileBegun' as const, data: { patientId, name: 'Karim', at: NOW } };
const penicillin = {
  type: 'AllergyAdded' as const,
  data: { patientId, allergyId: 'a-1', substance: 'Penicillin', severity: 'severe' as const, at: NOW },
};
const asthma = {
  type: 'ConditionAdded' as const,
  data: { patientId, conditionId: 'c-1', condition: 'Asthma', at: NOW },
};

describe('profile', () => {
  it('begins once, with numbers as they are dialled and as they were given', () => {
    given()
      .when({
        type: 'BeginProfile',
        data: {
          name: 'Karim',
          phone: '01812-000111',
          emergencyContact: { name: 'Rahima', phone: '8801812000222' },
          legacySerial: '#PT8F2K1A',
        },
      })
      .then({
        type: 'PatientProfileBegun',
        data: {
          ...begun.data,
          phone: { e164: '+8801812000111', given: '01812-000111' },
          emergencyContact: { name: 'Rahima', phone: { e164: '+8801812000222', given: '8801812000222' } },
          legacySerial: '#PT8F2K1A',
        },
      });
    given(begun)
      .when({ type: 'BeginProfile', data: { name: 'Another' } })
      .then();
  });

  it("takes the account's name where none is given", () => {
    given()
      .when({ type: 'BeginProfile', data: {} }, { facts: { accountName: 'Karim' } })
      .then(begun);
    given().when({ type: 'BeginProfile', data: {} }, { facts: {} }).rejects('name-needed');
  });

  it('changes in the given fields and no other (N12)', () => {
    const address = { type: 'PatientProfileRevised' as const, data: { patientId, address: 'Mirpur 10', at: NOW } };
    given(begun, address)
      .when({ type: 'ReviseProfile', data: { name: 'Abdul Karim', address: 'Mirpur 10' } })
      .then({ type: 'PatientProfileRevised', data: { patientId, name: 'Abdul Karim', at: NOW } });
    given(begun, address)
      .when({ type: 'ReviseProfile', data: { address: null, history: null } })
      .then({ type: 'PatientProfileRevised', data: { patientId, address: null, at: NOW } });
    given()
      .when({ type: 'ReviseProfile', data: { name: 'x' } }, { facts: {} })
      .rejects('patient-unknown');
  });

  it('begins with the first change of somebody who has just registered', () => {
    const registered = { facts: { accountName: 'Karim' } };
    const begins = { type: 'PatientProfileBegun' as const, data: { patientId, name: 'Karim', at: NOW } };
    given()
      .when({ type: 'ReviseProfile', data: { address: 'Mirpur' } }, registered)
      .then(begins, { type: 'PatientProfileRevised', data: { patientId, address: 'Mirpur', at: NOW } });
    given()
      .when({ type: 'ReviseProfile', data: { name: 'Karim' } }, registered)
      .then(begins);
    given()
      .when({ type: 'AddAllergy', data: { allergyId: 'a-1', substance: 'Dust' } }, registered)
      .then(begins, { type: 'AllergyAdded', data: { patientId, allergyId: 'a-1', substance: 'Dust', at: NOW } });
    given()
      .when({ type: 'AddCondition', data: { conditionId: 'c-1', condition: 'Gout' } }, registered)
      .then(begins, { type: 'ConditionAdded', data: { patientId, conditionId: 'c-1', condition: 'Gout', at: NOW } });
  });

  it('knows eight blood groups and says so of any other spelling', () => {
    for (const bloodGroup of BLOOD_GROUPS)
      given(begun)
        .when({ type: 'ReviseProfile', data: { bloodGroup } })
        .then({ type: 'PatientProfileRevised', data: { patientId, bloodGroup, at: NOW } });
    for (const bloodGroup of ['a+', 'C+', 'A', ''])
      expect(() =>
        given(begun)
          .when({ type: 'ReviseProfile', data: { bloodGroup: bloodGroup as 'A+' } })
          .events(),
      ).toThrow('A blood group is one of A+, A-, B+, B-, AB+, AB-, O+, O-');
  });

  it('takes a day of birth that can be one', () => {
    const born = (dateOfBirth: string) => given(begun).when({ type: 'ReviseProfile', data: { dateOfBirth } });
    born('1990-02-28').then({ type: 'PatientProfileRevised', data: { patientId, dateOfBirth: '1990-02-28', at: NOW } });
    expect(born('1880-01-01').events()).toHaveLength(1);
    born('1879-12-31').rejects('birth-too-early');
    // At 08:00 UTC it is nowhere tomorrow but east of +14:00 of today.
    expect(born('2030-01-01').events()).toHaveLength(1);
    born('2030-01-02').rejects('birth-ahead');
    expect(() => born('1990-02-30').events()).toThrow();
  });

  it('shows a portrait of the patient alone', () => {
    const command = { type: 'ReviseProfile' as const, data: { portrait: 'f-1' } };
    given(begun)
      .when(command, { facts: { file: { purpose: 'portrait', ownerId: 'x' } } })
      .rejects('file-unknown');
    given(begun).when(command, { facts: {} }).rejects('file-unknown');
    expect(
      given(begun)
        .when(command, { facts: { file: { purpose: 'portrait', ownerId: patientId } } })
        .events(),
    ).toHaveLength(1);
  });
});

describe('age (N18)', () => {
  it.each([
    ['1990-06-15', '2030-06-14', 39],
    ['1990-06-15', '2030-06-15', 40],
    ['2030-01-01', '2030-01-01', 0],
    ['2000-02-29', '2030-02-28', 29],
    ['2000-02-29', '2030-03-01', 30],
  ])('of one born on %s, on %s, is %i', (born, day, age) => expect(ageOn(born, day)).toBe(age));

  it('is nowhere in what is stored', () => {
    const fields = Object.values(events).flatMap(({ schema }) => Object.keys(schema.shape));
    expect(fields).toContain('dateOfBirth');
    expect(fields).not.toContain('age');
  });

  it('grows by one a year', () =>
    fc.assert(
      fc.property(
        fc.date({ min: new Date('1900-01-01'), max: new Date('2020-12-31'), noInvalidDate: true }),
        fc.integer({ min: 0, max: 80 }),
        (born, years) => {
          const day = born.toISOString().slice(0, 10);
          const anniversary = `${Number(day.slice(0, 4)) + years}${day.slice(4)}`;
          expect(ageOn(day, anniversary)).toBe(years);
        },
      ),
    ));
});

describe('allergies and conditions', () => {
  it('are recorded once for each substance', () => {
    const again = { allergyId: 'a-2', substance: 'PENICILLIN' };
    given(begun)
      .when({ type: 'AddAllergy', data: { allergyId: 'a-1', substance: 'Penicillin', severity: 'severe' } })
      .then(penicillin);
    given(begun, penicillin)
      .when({ type: 'AddAllergy', data: { ...again, allergyId: 'a-1' } })
      .then();
    given(begun, penicillin).when({ type: 'AddAllergy', data: again }).rejects('already-recorded');
    given().when({ type: 'AddAllergy', data: again }, { facts: {} }).rejects('patient-unknown');
  });

  it('are corrected in the given fields', () => {
    given(begun, penicillin)
      .when({ type: 'CorrectAllergy', data: { allergyId: 'a-1', substance: 'penicillin', drugClass: 'Penicillins' } })
      .then({
        type: 'AllergyCorrected',
        data: { patientId, allergyId: 'a-1', substance: 'penicillin', drugClass: 'Penicillins', at: NOW },
      });
    given(begun, penicillin)
      .when({ type: 'CorrectAllergy', data: { allergyId: 'a-1', severity: 'severe' } })
      .then();
    given(begun, penicillin)
      .when({ type: 'CorrectAllergy', data: { allergyId: 'a-2' } })
      .rejects('entry-unknown');
    given(begun, asthma)
      .when({ type: 'CorrectCondition', data: { conditionId: 'c-1', severity: 'mild' } })
      .then({ type: 'ConditionCorrected', data: { patientId, conditionId: 'c-1', severity: 'mild', at: NOW } });
  });

  it('are removed with a reason, once, and can be recorded anew', () => {
    const removed = {
      type: 'AllergyRemoved' as const,
      data: { patientId, allergyId: 'a-1', reason: 'Tested negative.', at: NOW },
    };
    const remove = { type: 'RemoveAllergy' as const, data: { allergyId: 'a-1', reason: 'Tested negative.' } };
    given(begun, penicillin).when(remove).then(removed);
    given(begun, penicillin, removed).when(remove).then();
    expect(
      given(begun, penicillin, removed)
        .when({ type: 'AddAllergy', data: { allergyId: 'a-2', substance: 'Penicillin' } })
        .events(),
    ).toHaveLength(1);
    given(begun, asthma)
      .when({ type: 'RemoveCondition', data: { conditionId: 'c-1', reason: 'Another patient.' } })
      .then({
        type: 'ConditionRemoved',
        data: { patientId, conditionId: 'c-1', reason: 'Another patient.', at: NOW },
      });
  });

  it('did not begin in the future', () => {
    given(begun)
      .when({ type: 'AddCondition', data: { conditionId: 'c-1', condition: 'Asthma', onset: '2030-01-03' } })
      .rejects('onset-ahead');
    given(begun, penicillin)
      .when({ type: 'CorrectAllergy', data: { allergyId: 'a-1', onset: '2031-01-01' } })
      .rejects('onset-ahead');
  });
});

it('marks everything of a patient but opaque ids and moments', () => {
  const open = new Set(['patientId', 'at', 'allergyId', 'conditionId', 'portrait']);
  for (const { schema } of Object.values(events)) {
    const marked = new Set(markedPaths(schema).map(({ path }) => path));
    expect(Object.keys(schema.shape).filter((field) => !marked.has(field) && !open.has(field))).toEqual([]);
  }
});
