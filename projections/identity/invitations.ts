import { events } from '../../domain/identity/invitation.js';
import type { StaffRole } from '../../domain/identity/roles.js';
import { projection } from '../kernel/projection.js';

/** An invitation as administrators see it. */
export interface InvitationShown {
  readonly invitationId: string;
  readonly hospitalId?: string;
  readonly email?: string;
  readonly role: StaffRole;
  readonly status: 'open' | 'accepted' | 'withdrawn';
  readonly invitedBy: string;
  readonly invitedAt: string;
  readonly expiresAt: string;
  /** Whether the mail with the link was taken. */
  readonly mail?: 'sent' | 'refused';
  readonly acceptedBy?: string;
  readonly revision: number;
}

const changed = (doc: InvitationShown | undefined, change: Partial<InvitationShown>): InvitationShown | null =>
  doc ? { ...doc, ...change } : null;

export const invitations = projection<InvitationShown>()({
  name: 'invitations',
  version: 1,
  from: events,
  key: ({ data }) => data.invitationId,
  indexes: { byHospital: ['hospitalId', 'status', 'invitedAt'] },
  parties: ({ hospitalId }) => ({ ...(hospitalId !== undefined && { hospitalId }) }),
  phi: false,
  on: {
    StaffInvited: (_doc, { data: { at: invitedAt, ...offer }, revision }) => ({
      ...offer,
      status: 'open',
      invitedAt,
      revision,
    }),
    InvitationMailed: (doc, { data: { outcome }, revision }) => changed(doc, { mail: outcome, revision }),
    InvitationAccepted: (doc, { data: { accountId }, revision }) =>
      changed(doc, { status: 'accepted', acceptedBy: accountId, revision }),
    InvitationWithdrawn: (doc, { revision }) => changed(doc, { status: 'withdrawn', revision }),
  },
});
