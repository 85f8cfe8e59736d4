import { account, type AccountFacts, events as accounts } from '../domain/identity/account.js';
import { events as invitations, invitation } from '../domain/identity/invitation.js';
import { INVITATION, PASSWORD_RESET, STAFF_NAMES } from '../domain/identity/letters.js';
import { unknownLogIns } from '../domain/identity/unknown-log-ins.js';
import { languagesFor, write } from '../domain/kernel/wording.js';
import { DomainCommand, handle } from './kernel/handle.js';
import { type Mail, MailRefused } from './kernel/mailer.js';
import type { Load, World } from './kernel/ports.js';
import { effect, send } from './kernel/reaction.js';
import type { Actor } from '../domain/kernel/envelope.js';

export class AccountCommand extends DomainCommand<typeof account> {}
export class InvitationCommand extends DomainCommand<typeof invitation> {}
export class UnknownLogInCommand extends DomainCommand<typeof unknownLogIns> {}

const rolesOf = async ({ actor, load }: { readonly actor: Actor; readonly load: Load }) =>
  actor.role === 'system' ? [] : (await load(account, actor.id)).roles;

export const handlers = [
  handle(AccountCommand, account, async ({ type, data }, known): Promise<AccountFacts | undefined> => {
    switch (type) {
      case 'TakeUpInvitation':
        return { actorRoles: [], invitation: await known.load(invitation, data.invitationId) };
      case 'GrantRole':
      case 'RevokeRole':
      case 'OpenServiceAccount':
        return { actorRoles: await rolesOf(known) };
      default:
        return undefined;
    }
  }),
  handle(InvitationCommand, invitation, async ({ type }, known) =>
    type === 'InviteStaff' || type === 'WithdrawInvitation' ? { actorRoles: await rolesOf(known) } : undefined,
  ),
  handle(UnknownLogInCommand, unknownLogIns),
];

const RESET_VALID_MS = 60 * 60_000;

// The secret of a link is made where the mail is sent, so that it is never in the ledger. It follows from the event, so
// that a mail that is sent twice holds the same one.
export const effects = [
  effect({
    name: 'mail-link-when-password-reset-is-requested',
    from: { PasswordResetRequested: accounts.PasswordResetRequested },
    on: {
      PasswordResetRequested: async ({ id, data: { accountId, at } }, world) => {
        const { email, name = '', language } = await world.load(account, accountId);
        const expiresAt = Date.parse(at) + RESET_VALID_MS;
        if (email === undefined || expiresAt <= Date.parse(world.clock.now())) return [];
        const token = await world.vault.issueOnce({
          purpose: 'passwordReset',
          subject: accountId,
          nonce: id,
          expiresAt,
        });
        const outcome = await outcomeOf(world, {
          id,
          to: email,
          ...write(PASSWORD_RESET, languagesFor(language), () => ({
            name,
            link: `${world.publicUrl}/#/password-reset/${token}`,
          })),
        });
        return [send(AccountCommand, accountId, { type: 'RecordPasswordResetMail', data: { outcome } })];
      },
    },
  }),
  effect({
    name: 'mail-link-when-staff-is-invited',
    from: { StaffInvited: invitations.StaffInvited },
    on: {
      StaffInvited: async ({ id, data: { invitationId, email, role, expiresAt: until } }, world) => {
        const expiresAt = Date.parse(until);
        if (email === undefined || expiresAt <= Date.parse(world.clock.now())) return [];
        const token = await world.vault.issueOnce({
          purpose: 'invitation',
          subject: invitationId,
          nonce: id,
          expiresAt,
        });
        const outcome = await outcomeOf(world, {
          id,
          to: email,
          ...write(INVITATION, languagesFor(undefined), (language) => ({
            role: STAFF_NAMES[role][language],
            link: `${world.publicUrl}/#/invitation/${token}`,
          })),
        });
        return [send(InvitationCommand, invitationId, { type: 'RecordInvitationMail', data: { outcome } })];
      },
    },
  }),
];

const outcomeOf = async ({ mailer }: World, mail: Mail): Promise<'sent' | 'refused'> => {
  try {
    await mailer.send(mail);
    return 'sent';
  } catch (error) {
    if (error instanceof MailRefused) return 'refused';
    throw error;
  }
};
