import { hospital } from '../../../domain/organisations/hospital.js';
import { NOW, spec } from '../../kernel/spec.js';

const hospitalId = 'h-1';
const given = spec(hospital, hospitalId);
const money = (amount: number, currency = 'BDT') => ({ amount, currency });
const NO_BEDS = { general: 0, icu: 0, regularCabin: 0, emergencyCabin: 0, vipCabin: 0 };

const registration = {
  name: 'Green Life',
  type: 'private' as const,
  address: '32 Green Road, Dhaka',
  timeZone: 'Asia/Dhaka',
  currency: 'BDT',
};
const registered = {
  type: 'HospitalRegistered' as const,
  data: { hospitalId, ...registration, capacity: { ...NO_BEDS, icu: 4 }, at: NOW },
};
const closed = { type: 'HospitalClosed' as const, data: { hospitalId, reason: 'Flood.', at: NOW } };
const cardiology = { type: 'DepartmentAdded' as const, data: { hospitalId, departmentId: 'd-1', name: 'Cardiology' } };
const neurology = { type: 'DepartmentAdded' as const, data: { hospitalId, departmentId: 'd-2', name: 'Neurology' } };

describe('registering a hospital', () => {
  it('is in Dhaka and counts in taka unless told', () => {
    const { timeZone: _, currency: __, ...rest } = registration;
    given()
      .when({ type: 'RegisterHospital', data: { ...rest, phone: '01712-345678' } as never })
      .then({
        type: 'HospitalRegistered',
        data: {
          hospitalId,
          ...registration,
          phone: { e164: '+8801712345678', given: '01712-345678' },
          capacity: NO_BEDS,
          at: NOW,
        },
      });
  });

  it('happens once', () =>
    given(registered).when({ type: 'RegisterHospital', data: registration }).rejects('hospital-known'));

  it('takes fees in its own currency only', () => {
    const fees = { checkUp: money(50_000), report: money(10_000, 'USD') };
    given()
      .when({ type: 'RegisterHospital', data: { ...registration, fees } })
      .rejects('currency-differs');
  });

  it('shows a picture that was stored for it, and no other', () => {
    const command = { type: 'RegisterHospital' as const, data: { ...registration, image: 'f-1' } };
    given().when(command, { facts: {} }).rejects('picture-unknown');
    given()
      .when(command, { facts: { picture: { purpose: 'certificate', hospitalId } } })
      .rejects('picture-unknown');
    given()
      .when(command, { facts: { picture: { purpose: 'picture', hospitalId: 'h-2' } } })
      .rejects('picture-unknown');
    expect(
      given()
        .when(command, { facts: { picture: { purpose: 'picture', hospitalId } } })
        .events(),
    ).toHaveLength(1);
  });
});

describe('revising a hospital (N12)', () => {
  it('changes the given fields and no other', () =>
    given(registered)
      .when({ type: 'ReviseHospital', data: { name: 'Green Life Hospital', type: 'private' } })
      .then({ type: 'HospitalRevised', data: { hospitalId, name: 'Green Life Hospital', at: NOW } }));

  it('takes a field away that is given as null', () =>
    given(registered, { type: 'HospitalRevised', data: { hospitalId, email: 'a@example.org', at: NOW } })
      .when({ type: 'ReviseHospital', data: { email: null, description: null } })
      .then({ type: 'HospitalRevised', data: { hospitalId, email: null, at: NOW } }));

  it('says nothing when nothing changes, in whatever order the days are given', () => {
    const openingHours = { mon: [{ from: '09:00', to: '17:00' }], tue: [{ from: '09:00', to: '17:00' }] };
    const past = { type: 'HospitalRevised' as const, data: { hospitalId, openingHours, at: NOW } };
    given(registered, past)
      .when({
        type: 'ReviseHospital',
        data: { name: 'Green Life', openingHours: { tue: openingHours.tue, mon: openingHours.mon } },
      })
      .then();
  });

  it('keeps its fees in its currency when either changes', () => {
    const fees = { checkUp: money(50_000), report: money(10_000) };
    const past = { type: 'HospitalRevised' as const, data: { hospitalId, fees, at: NOW } };
    given(registered, past)
      .when({ type: 'ReviseHospital', data: { currency: 'EUR' } })
      .rejects('currency-differs');
    const inEuro = { checkUp: money(5_000, 'EUR'), report: money(1_000, 'EUR') };
    given(registered, past)
      .when({ type: 'ReviseHospital', data: { currency: 'EUR', fees: inEuro } })
      .then({ type: 'HospitalRevised', data: { hospitalId, currency: 'EUR', fees: inEuro, at: NOW } });
    given(registered, past)
      .when({ type: 'ReviseHospital', data: { currency: 'EUR', fees: null } })
      .then({ type: 'HospitalRevised', data: { hospitalId, currency: 'EUR', fees: null, at: NOW } });
  });

  it('refuses a time zone that does not exist', () =>
    expect(() =>
      given(registered)
        .when({ type: 'ReviseHospital', data: { timeZone: 'Asia/Dakka' } })
        .events(),
    ).toThrow(/time zone/));

  it('needs a hospital', () =>
    given()
      .when({ type: 'ReviseHospital', data: { name: 'x' } })
      .rejects('hospital-unknown'));
});

describe('capacity', () => {
  it('changes the given kinds of beds', () =>
    given(registered)
      .when({ type: 'ReviseCapacity', data: { icu: 4, vipCabin: 3 } })
      .then({ type: 'CapacityRevised', data: { hospitalId, vipCabin: 3, at: NOW } }));

  it('is never negative', () =>
    expect(() =>
      given(registered)
        .when({ type: 'ReviseCapacity', data: { icu: -1 } })
        .events(),
    ).toThrow());
});

describe('closing and reopening', () => {
  it('is said once', () => {
    given(registered)
      .when({ type: 'CloseHospital', data: { reason: 'Flood.' } })
      .then(closed);
    given(registered, closed)
      .when({ type: 'CloseHospital', data: { reason: 'Again.' } })
      .then();
    given(registered, closed)
      .when({ type: 'ReopenHospital', data: {} })
      .then({ type: 'HospitalReopened', data: { hospitalId, at: NOW } });
    given(registered).when({ type: 'ReopenHospital', data: {} }).then();
  });
});

describe('departments, services, specialisations', () => {
  it('are added once, under a name that is free', () => {
    given(registered)
      .when({ type: 'AddDepartment', data: { departmentId: 'd-1', name: 'Cardiology' } })
      .then(cardiology);
    given(registered, cardiology)
      .when({ type: 'AddDepartment', data: { departmentId: 'd-1', name: 'Cardiology' } })
      .then();
    given(registered, cardiology)
      .when({ type: 'AddDepartment', data: { departmentId: 'd-2', name: 'CARDIOLOGY' } })
      .rejects('name-taken');
    given(registered, cardiology)
      .when({ type: 'AddService', data: { serviceId: 's-1', name: 'Cardiology' } })
      .then({ type: 'ServiceAdded', data: { hospitalId, serviceId: 's-1', name: 'Cardiology' } });
  });

  it('are renamed (N12), also in capitals only, but not into another', () => {
    given(registered, cardiology, neurology)
      .when({ type: 'ReviseDepartment', data: { departmentId: 'd-1', name: 'CARDIOLOGY' } })
      .then({ type: 'DepartmentRevised', data: { hospitalId, departmentId: 'd-1', name: 'CARDIOLOGY' } });
    given(registered, cardiology, neurology)
      .when({ type: 'ReviseDepartment', data: { departmentId: 'd-1', name: 'neurology' } })
      .rejects('name-taken');
    given(registered, { type: 'ServiceAdded', data: { hospitalId, serviceId: 's-1', name: 'Ambulance' } })
      .when({ type: 'RenameService', data: { serviceId: 's-1', name: 'Ambulance, 24 hours' } })
      .then({ type: 'ServiceRenamed', data: { hospitalId, serviceId: 's-1', name: 'Ambulance, 24 hours' } });
    given(registered, { type: 'SpecialisationAdded', data: { hospitalId, specialisationId: 'p-1', name: 'Surgeon' } })
      .when({ type: 'RenameSpecialisation', data: { specialisationId: 'p-1', name: 'Surgeon' } })
      .then();
  });

  it('keep the picture when only the name is revised', () => {
    const pictured = { type: 'DepartmentRevised' as const, data: { hospitalId, departmentId: 'd-1', image: 'f-1' } };
    given(registered, cardiology, pictured)
      .when({ type: 'ReviseDepartment', data: { departmentId: 'd-1', image: null } }, { facts: {} })
      .then({ type: 'DepartmentRevised', data: { hospitalId, departmentId: 'd-1', image: null } });
    given(registered, cardiology, pictured)
      .when({ type: 'ReviseDepartment', data: { departmentId: 'd-1', name: 'Heart', image: 'f-1' } }, { facts: {} })
      .then({ type: 'DepartmentRevised', data: { hospitalId, departmentId: 'd-1', name: 'Heart' } });
  });

  it('give their name free when they are removed', () => {
    const removed = { type: 'DepartmentRemoved' as const, data: { hospitalId, departmentId: 'd-1' } };
    given(registered, cardiology)
      .when({ type: 'RemoveDepartment', data: { departmentId: 'd-1' } })
      .then(removed);
    given(registered, cardiology, removed)
      .when({ type: 'RemoveDepartment', data: { departmentId: 'd-1' } })
      .then();
    given(registered, cardiology, removed)
      .when({ type: 'ReviseDepartment', data: { departmentId: 'd-1', name: 'x' } })
      .rejects('unknown');
    given(registered, cardiology, removed)
      .when({ type: 'AddDepartment', data: { departmentId: 'd-3', name: 'Cardiology' } })
      .then({ type: 'DepartmentAdded', data: { hospitalId, departmentId: 'd-3', name: 'Cardiology' } });
  });
});
