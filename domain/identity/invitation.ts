import { z } from 'zod';
import { decider } from '../kernel/decider.js';
import { event } from '../kernel/event.js';
import { identity } from '../kernel/phi.js';
import { reject } from '../kernel/rejection.js';
import { Id, Instant } from '../kernel/types.js';
import { Email, MailOutcome } from './mail.js';
import { ensureMayAppoint, type RoleHeld, StaffRole } from './roles.js';

// One stream per invitation: it is used once. The secret in its link lies in the vault.

const VALID_MS = 7 * 24 * 60 * 60 * 1000;

// Commands

export const commands = {
  InviteStaff: z.strictObject({
    email: identity(Email).optional().describe('Missing only where the link is handed over in person.'),
    role: StaffRole,
    hospitalId: Id.optional().describe('Missing for the whole platform.'),
  }),
  WithdrawInvitation: z.strictObject({}),
  AcceptInvitation: z.strictObject({ accountId: Id }),
  RecordInvitationMail: z.strictObject({ outcome: MailOutcome }),
};

// Events

const Of = z.object({ invitationId: Id, hospitalId: Id.optional(), at: Instant });

export const events = {
  StaffInvited: event(
    Of.extend({ email: identity(z.string()).optional(), role: StaffRole, invitedBy: Id, expiresAt: Instant }),
  ),
  InvitationMailed: event(Of.extend({ outcome: MailOutcome })),
  InvitationAccepted: event(Of.extend({ role: StaffRole, accountId: Id })),
  InvitationWithdrawn: event(Of),
};

// State

interface Offer {
  readonly email?: string;
  readonly role: StaffRole;
  readonly hospitalId?: string;
  readonly expiresAt: string;
}
export type Invitation =
  | { readonly status: 'none' }
  | (Offer & { readonly status: 'open' | 'withdrawn' })
  | (Offer & { readonly status: 'accepted'; readonly accountId: string });

// Rules

const of = (invitation: Invitation, invitationId: string, at: string) => ({
  invitationId,
  ...(invitation.status !== 'none' && invitation.hospitalId !== undefined && { hospitalId: invitation.hospitalId }),
  at,
});

const closed = (): never => reject('invitation-closed', 'This invitation has expired or was used already.');

export const invitation = decider<Invitation, { readonly actorRoles: readonly RoleHeld[] } | undefined>()({
  category: 'invitation',
  commands,
  events,
  initial: { status: 'none' },

  parties(invitation, { hospitalId = invitation.status === 'none' ? undefined : invitation.hospitalId, accountId }) {
    return { ...(hospitalId !== undefined && { hospitalId }), ...(accountId !== undefined && { accountId }) };
  },

  decide: {
    InviteStaff(invitation, { email, role, hospitalId }, { id, at, actor, facts }) {
      ensureMayAppoint(actor, facts?.actorRoles ?? [], { role, hospitalId });
      // One that has expired is made again, with the same id.
      const expired = invitation.status === 'open' && invitation.expiresAt <= at;
      if (invitation.status !== 'none' && !expired) return [];
      const offer = { ...(email !== undefined && { email }), role, ...(hospitalId !== undefined && { hospitalId }) };
      const expiresAt = new Date(Date.parse(at) + VALID_MS).toISOString();
      return [{ type: 'StaffInvited', data: { invitationId: id, at, ...offer, invitedBy: actor.id, expiresAt } }];
    },
    WithdrawInvitation(invitation, _, { id, at, actor, facts }) {
      if (invitation.status === 'none') return reject('invitation-unknown', 'There is no such invitation.', 'missing');
      ensureMayAppoint(actor, facts?.actorRoles ?? [], invitation);
      if (invitation.status === 'accepted') return reject('invitation-accepted', 'It has been accepted already.');
      return invitation.status === 'open' ? [{ type: 'InvitationWithdrawn', data: of(invitation, id, at) }] : [];
    },
    AcceptInvitation(invitation, { accountId }, { id, at }) {
      if (invitation.status === 'accepted' && invitation.accountId === accountId) return [];
      if (invitation.status !== 'open' || invitation.expiresAt <= at) return closed();
      return [{ type: 'InvitationAccepted', data: { ...of(invitation, id, at), role: invitation.role, accountId } }];
    },
    RecordInvitationMail(invitation, { outcome }, { id, at }) {
      return [{ type: 'InvitationMailed', data: { ...of(invitation, id, at), outcome } }];
    },
  },

  evolve: {
    StaffInvited: (_, { email, role, hospitalId, expiresAt }) => ({
      status: 'open',
      ...(email !== undefined && { email }),
      role,
      ...(hospitalId !== undefined && { hospitalId }),
      expiresAt,
    }),
    InvitationMailed: (invitation) => invitation,
    InvitationAccepted: (invitation, { accountId }) =>
      invitation.status === 'none' ? invitation : { ...invitation, status: 'accepted', accountId },
    InvitationWithdrawn: (invitation) =>
      invitation.status === 'open' ? { ...invitation, status: 'withdrawn' } : invitation,
  },
});
