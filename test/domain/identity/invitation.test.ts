import { invitation } from '../../../domain/identity/invitation.js';
import type { RoleHeld, StaffRole } from '../../../domain/identity/roles.js';
import type { CommandOf } from '../../../domain/kernel/decider.js';
import type { EventOf } from '../../../domain/kernel/event.js';
import { NOW, spec } from '../../kernel/spec.js';

type Happened = EventOf<typeof invitation.events>;
type Command = CommandOf<typeof invitation.commands>;

const given = spec(invitation, 'i');
const LATER = '2030-01-08T08:00:00.000Z';
const of = { invitationId: 'i', hospitalId: 'h', at: NOW };
const invited: Happened = {
  type: 'StaffInvited',
  data: { ...of, email: 'karim@example.org', role: 'pharmacist', invitedBy: 'boss', expiresAt: LATER },
};
const accepted: Happened = { type: 'InvitationAccepted', data: { ...of, role: 'pharmacist', accountId: 'karim' } };
const withdrawn: Happened = { type: 'InvitationWithdrawn', data: of };

const by = (...roles: RoleHeld[]) => ({
  actor: { id: 'boss', role: 'hospitalAdministrator' as const },
  facts: { actorRoles: roles },
});
const adminOf = (hospitalId?: string) => by({ role: 'hospitalAdministrator', hospitalId });
const invite = (role: StaffRole, hospitalId?: string): Command => ({
  type: 'InviteStaff',
  data: { email: 'karim@example.org', role, hospitalId },
});

// N3: staff comes by invitation of an administrator of that hospital, and in no other way.
describe('inviting', () => {
  it('is done by an administrator of the hospital, for seven days', () =>
    given().when(invite('pharmacist', 'h'), adminOf('h')).then(invited));

  it.each<[StaffRole, string | undefined, ReturnType<typeof by>]>([
    ['hospitalAdministrator', undefined, adminOf()],
    ['hospitalAdministrator', 'h', adminOf()],
    ['complianceOfficer', undefined, adminOf()],
    ['labWorker', 'h', adminOf('h')],
    ['hospitalAdministrator', 'h', adminOf('h')],
  ])('a %s for %s is theirs', (role, hospitalId, known) =>
    expect(given().when(invite(role, hospitalId), known).events()).toMatchObject([{ data: { role } }]),
  );

  it.each<[string, StaffRole, string | undefined, ReturnType<typeof by>]>([
    ['an administrator of another hospital', 'pharmacist', 'h', adminOf('other')],
    ['a doctor', 'pharmacist', 'h', by({ role: 'doctor' })],
    ['a pharmacist of the hospital', 'pharmacist', 'h', by({ role: 'pharmacist', hospitalId: 'h' })],
    ['a compliance officer', 'labWorker', 'h', by({ role: 'complianceOfficer' })],
    ['a hospital’s administrator, for the platform', 'hospitalAdministrator', undefined, adminOf('h')],
    ['a hospital’s administrator, a compliance officer', 'complianceOfficer', 'h', adminOf('h')],
    ['nobody', 'pharmacist', 'h', by()],
  ])('is not done by %s', (_, role, hospitalId, known) =>
    given().when(invite(role, hospitalId), known).rejects('not-yours-to-give'),
  );

  it('names the hospital of pharmacists and lab workers', () =>
    given().when(invite('labWorker'), adminOf()).rejects('hospital-needed'));
  it('again changes nothing, but makes one that has expired anew', () => {
    given(invited).when(invite('pharmacist', 'h'), adminOf('h')).then();
    given(invited, accepted)
      .when(invite('pharmacist', 'h'), { ...adminOf('h'), at: LATER })
      .then();
    expect(
      given(invited)
        .when(invite('pharmacist', 'h'), { ...adminOf('h'), at: LATER })
        .events(),
    ).toHaveLength(1);
  });
});

describe('accepting', () => {
  const accept = (accountId: string): Command => ({ type: 'AcceptInvitation', data: { accountId } });
  it('is done once', () => {
    given(invited).when(accept('karim')).then(accepted);
    given(invited, accepted).when(accept('karim')).then();
    given(invited, accepted).when(accept('jamal')).rejects('invitation-closed');
  });
  it('is done in time, and not after it was withdrawn', () => {
    given().when(accept('karim')).rejects('invitation-closed');
    given(invited, withdrawn).when(accept('karim')).rejects('invitation-closed');
    given(invited).when(accept('karim'), { at: LATER }).rejects('invitation-closed');
  });
});

describe('withdrawing', () => {
  const withdraw: Command = { type: 'WithdrawInvitation', data: {} };
  it('is done by whoever may invite', () => {
    given(invited).when(withdraw, adminOf('h')).then(withdrawn);
    given(invited, withdrawn).when(withdraw, adminOf('h')).then();
    given(invited).when(withdraw, adminOf('other')).rejects('not-yours-to-give');
  });
  it('is too late after it was accepted', () => {
    given(invited, accepted).when(withdraw, adminOf('h')).rejects('invitation-accepted');
    given().when(withdraw, adminOf('h')).rejects('invitation-unknown');
  });
});

it('the mail with the link was taken or not', () =>
  given(invited)
    .when({ type: 'RecordInvitationMail', data: { outcome: 'sent' } })
    .then({ type: 'InvitationMailed', data: { ...of, outcome: 'sent' } }));

it('belongs to its hospital, so that the policy can ask', () => {
  const context = {} as Parameters<typeof invitation.parties>[2];
  expect(invitation.parties({ status: 'none' }, { hospitalId: 'h' }, context)).toEqual({ hospitalId: 'h' });
  const open = { status: 'open', role: 'pharmacist', hospitalId: 'h', expiresAt: LATER } as const;
  expect(invitation.parties(open, {}, context)).toEqual({ hospitalId: 'h' });
});
