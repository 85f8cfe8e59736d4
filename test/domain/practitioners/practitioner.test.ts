import { type Facts, practitioner } from '../../../domain/practitioners/practitioner.js';
import { NOW, spec } from '../../kernel/spec.js';

const doctorId = 'd-1';
const given = spec(practitioner, doctorId);
const taka = (amount: number) => ({ amount, currency: 'BDT' });

const facts: Facts = {
  hospital: { status: 'open', currency: 'BDT', departments: { cardio: {} }, specialisations: { heart: {} } },
  file: { purpose: 'certificate', ownerId: doctorId },
};
const wish = { hospitalId: 'h-1', departmentId: 'cardio', specialisationId: 'heart' };

const begun = { type: 'PractitionerProfileBegun' as const, data: { doctorId, name: 'Dr. Rahman', at: NOW } };
const requested = { type: 'RegistrationRequested' as const, data: { doctorId, ...wish, at: NOW } };
const accepted = { type: 'RegistrationAccepted' as const, data: { doctorId, ...wish, at: NOW } };
const rejected = {
  type: 'RegistrationRejected' as const,
  data: { doctorId, hospitalId: 'h-1', reason: 'No certificate.', at: NOW },
};
const away = (leaveId: string, from: string, to: string) => ({
  type: 'LeaveTaken' as const,
  data: { doctorId, leaveId, from, to, at: NOW },
});

describe('profile', () => {
  it('begins once', () => {
    given()
      .when({ type: 'BeginProfile', data: { name: 'Dr. Rahman' } })
      .then(begun);
    given(begun)
      .when({ type: 'BeginProfile', data: { name: 'Somebody else' } })
      .then();
  });

  it("takes the account's name where none is given", () => {
    given()
      .when({ type: 'BeginProfile', data: {} }, { facts: { accountName: 'Dr. Rahman' } })
      .then(begun);
    given().when({ type: 'BeginProfile', data: {} }, { facts: {} }).rejects('name-needed');
  });

  it('changes in the given fields and no other (N12)', () => {
    const phoned = {
      type: 'PractitionerProfileRevised' as const,
      data: { doctorId, phone: { e164: '+8801712345678', given: '01712345678' }, gender: 'male' as const, at: NOW },
    };
    given(begun, phoned)
      .when({ type: 'ReviseProfile', data: { name: 'Dr. A. Rahman', phone: '01712345678' } })
      .then({ type: 'PractitionerProfileRevised', data: { doctorId, name: 'Dr. A. Rahman', at: NOW } });
    given(begun, phoned)
      .when({ type: 'ReviseProfile', data: { phone: null } })
      .then({ type: 'PractitionerProfileRevised', data: { doctorId, phone: null, at: NOW } });
    given(begun, phoned).when({ type: 'ReviseProfile', data: {} }).then();
    given().when({ type: 'ReviseProfile', data: {} }, { facts: {} }).rejects('practitioner-unknown');
  });

  it('begins with the first change of somebody who has just registered', () => {
    const registered = { facts: { accountName: 'Dr. Rahman' } };
    const begins = { type: 'PractitionerProfileBegun' as const, data: { doctorId, name: 'Dr. Rahman', at: NOW } };
    given()
      .when({ type: 'ReviseProfile', data: { gender: 'female' } }, registered)
      .then(begins, { type: 'PractitionerProfileRevised', data: { doctorId, gender: 'female', at: NOW } });
    const leave = { leaveId: 'l-1', from: '2030-02-01', to: '2030-02-02' };
    given()
      .when({ type: 'TakeLeave', data: leave }, registered)
      .then(begins, { type: 'LeaveTaken', data: { doctorId, ...leave, at: NOW } });
  });

  it('shows a portrait of the doctor alone', () => {
    const command = { type: 'ReviseProfile' as const, data: { portrait: 'f-1' } };
    for (const file of [
      undefined,
      { purpose: 'certificate', ownerId: doctorId },
      { purpose: 'portrait', ownerId: 'x' },
    ])
      given(begun).when(command, { facts: { file } }).rejects('file-unknown');
    given(begun)
      .when(command, { facts: { file: { purpose: 'portrait', ownerId: doctorId } } })
      .then({ type: 'PractitionerProfileRevised', data: { doctorId, portrait: 'f-1', at: NOW } });
  });
});

describe('registration', () => {
  it('is asked of an open hospital, for a department and a specialisation that it has', () => {
    const ask = (data: object, known: Facts = facts) =>
      given(begun).when({ type: 'RequestRegistration', data: { ...wish, ...data } }, { facts: known });
    ask({ certificate: 'f-1' }).then({
      type: 'RegistrationRequested',
      data: { ...requested.data, certificate: 'f-1' },
    });
    ask({}).then(requested);
    expect(() => ask({ departmentId: 'toString' }).events()).toThrow('Not an id.');
    ask({ departmentId: 'x' }).rejects('department-unknown');
    ask({ specialisationId: 'x' }).rejects('specialisation-unknown');
    ask({}, {}).rejects('hospital-unknown');
    ask({}, { hospital: { ...facts.hospital!, status: 'closed' } }).rejects('hospital-unknown');
    ask({ certificate: 'f-1' }, { ...facts, file: { purpose: 'certificate', ownerId: 'x' } }).rejects('file-unknown');
  });

  it('is pending until it is decided, and decided once', () => {
    const accept = { type: 'AcceptRegistration' as const, data: { hospitalId: 'h-1' } };
    given(begun, requested).when(accept).then(accepted);
    given(begun, requested, accepted).when(accept).then();
    given(begun, requested, rejected).when(accept).rejects('registration-rejected');
    given(begun).when(accept).rejects('registration-unknown');
  });

  it('can be rejected in every state without a failure (N15)', () => {
    const reject = { type: 'RejectRegistration' as const, data: { hospitalId: 'h-1', reason: 'No certificate.' } };
    given(begun, requested).when(reject).then(rejected);
    given(begun, requested, accepted).when(reject).then(rejected);
    given(begun, requested, rejected).when(reject).then();
    given(begun).when(reject).rejects('registration-unknown');
    given().when(reject).rejects('registration-unknown');
    given(begun, requested)
      .when({ type: 'RejectRegistration', data: { hospitalId: 'h-2', reason: 'x' } })
      .rejects('registration-unknown');
  });

  it('can be asked again after a rejection, or otherwise while it is pending, and keeps the certificate', () => {
    const again = { type: 'RequestRegistration' as const, data: wish };
    given(begun, requested, rejected).when(again, { facts }).then(requested);
    given(begun, requested).when(again, { facts }).then();
    given(begun, requested, accepted).when(again, { facts }).rejects('registration-accepted');
    const certified = { ...requested, data: { ...requested.data, certificate: 'f-1' } };
    given(begun, certified, rejected, requested)
      .when({ type: 'RequestRegistration', data: { ...wish, certificate: 'f-1' } }, { facts })
      .then();
  });

  it('at one hospital says nothing of another', () => {
    const elsewhere = { ...requested, data: { ...requested.data, hospitalId: 'h-2' } };
    given(begun, requested, elsewhere, accepted)
      .when({ type: 'AcceptRegistration', data: { hospitalId: 'h-2' } })
      .then({ type: 'RegistrationAccepted', data: { ...accepted.data, hospitalId: 'h-2' } });
  });
});

describe('hours and fees', () => {
  const week = { hospitalId: 'h-1', slotMinutes: 15, hours: { sun: [{ from: '09:00', to: '13:00' }] } };
  const fees = { hospitalId: 'h-1', checkUp: taka(80_000), report: taka(20_000) };

  it('are set where the doctor is accepted', () => {
    given(begun, requested, accepted)
      .when({ type: 'SetSchedule', data: week })
      .then({ type: 'ScheduleSet', data: { doctorId, ...week, at: NOW } });
    given(begun, requested).when({ type: 'SetSchedule', data: week }).rejects('registration-not-accepted');
    given(begun, requested).when({ type: 'SetFees', data: fees }, { facts }).rejects('registration-not-accepted');
    given(begun).when({ type: 'SetSchedule', data: week }).rejects('registration-unknown');
  });

  it('say nothing when they say the same', () => {
    const past = [begun, requested, accepted];
    given(...past, { type: 'ScheduleSet', data: { doctorId, ...week, at: NOW } })
      .when({ type: 'SetSchedule', data: week })
      .then();
    given(...past, { type: 'FeesSet', data: { doctorId, ...fees, at: NOW } })
      .when({ type: 'SetFees', data: fees }, { facts })
      .then();
  });

  it('take the currency of the hospital', () => {
    given(begun, requested, accepted)
      .when({ type: 'SetFees', data: fees }, { facts })
      .then({ type: 'FeesSet', data: { doctorId, ...fees, at: NOW } });
    given(begun, requested, accepted)
      .when({ type: 'SetFees', data: { ...fees, report: { amount: 1, currency: 'USD' } } }, { facts })
      .rejects('currency-differs');
  });
});

describe('leave', () => {
  const take = (from: string, to: string, more: object = {}) => ({
    type: 'TakeLeave' as const,
    data: { leaveId: 'l-2', from, to, ...more },
  });

  it('is taken from day to day', () => {
    given(begun)
      .when(take('2030-02-01', '2030-02-01'))
      .then(away('l-2', '2030-02-01', '2030-02-01'));
    given(begun).when(take('2030-02-02', '2030-02-01')).rejects('leave-backwards');
    given(begun).when(take('2030-02-01', '2031-03-01')).rejects('leave-too-long');
    given(begun)
      .when(take('2030-02-01', '2030-02-03', { moveTo: '2030-02-03' }))
      .rejects('leave-moves-into-itself');
    expect(
      given(begun)
        .when(take('2030-02-01', '2030-02-03', { moveTo: '2030-02-04' }))
        .events(),
    ).toHaveLength(1);
  });

  it('does not overlap', () => {
    const past = away('l-1', '2030-02-05', '2030-02-10');
    given(begun, past).when(take('2030-02-10', '2030-02-12')).rejects('leave-overlaps');
    given(begun, past).when(take('2030-02-01', '2030-02-05')).rejects('leave-overlaps');
    given(begun, past)
      .when(take('2030-02-11', '2030-02-12'))
      .then(away('l-2', '2030-02-11', '2030-02-12'));
    given(begun, past, away('l-2', '2030-02-11', '2030-02-12'))
      .when(take('2030-02-11', '2030-02-12'))
      .then();
  });

  it('can be withdrawn, once', () => {
    const past = away('l-1', '2030-02-05', '2030-02-10');
    const withdrawn = {
      type: 'LeaveWithdrawn' as const,
      data: { doctorId, leaveId: 'l-1', from: '2030-02-05', to: '2030-02-10', at: NOW },
    };
    given(begun, past)
      .when({ type: 'WithdrawLeave', data: { leaveId: 'l-1' } })
      .then(withdrawn);
    given(begun, past, withdrawn)
      .when({ type: 'WithdrawLeave', data: { leaveId: 'l-1' } })
      .then();
    given(begun, past, withdrawn)
      .when(take('2030-02-06', '2030-02-07'))
      .then(away('l-2', '2030-02-06', '2030-02-07'));
  });
});
