import { events } from '../../domain/identity/account.js';
import type { Language } from '../../domain/kernel/wording.js';
import type { RoleHeld } from '../../domain/identity/roles.js';
import { projection } from '../kernel/projection.js';

/** An account as its owner sees it; its name is shown beside the account's id elsewhere. */
export interface AccountShown {
  readonly accountId: string;
  readonly login: string;
  readonly email?: string;
  readonly name: string;
  /** In which the owner is written to. */
  readonly language?: Language;
  readonly roles: readonly RoleHeld[];
  readonly locked: boolean;
  readonly registeredAt: string;
  /** The ETag of every command on it. */
  readonly revision: number;
}

const changed = (doc: AccountShown | undefined, change: Partial<AccountShown>): AccountShown | null =>
  doc ? { ...doc, ...change } : null;

const same = (a: RoleHeld, b: RoleHeld): boolean => a.role === b.role && a.hospitalId === b.hospitalId;

const { AccountRegistered, AccountCorrected, RoleGranted, RoleRevoked, AccountLocked, AccountUnlocked } = events;

export const accounts = projection<AccountShown>()({
  name: 'accounts',
  version: 1,
  from: { AccountRegistered, AccountCorrected, RoleGranted, RoleRevoked, AccountLocked, AccountUnlocked },
  key: ({ data }) => data.accountId,
  indexes: {},
  parties: ({ accountId, roles }) => ({
    accountId,
    ...(roles.some(({ role }) => role === 'patient') && { patientId: accountId }),
  }),
  phi: true,
  on: {
    AccountRegistered: (_doc, { data: { accountId, at, login, email, name, language }, revision }) => ({
      accountId,
      login,
      ...(email !== undefined && { email }),
      name,
      ...(language !== undefined && { language }),
      roles: [],
      locked: false,
      registeredAt: at,
      revision,
    }),
    AccountCorrected: (doc, { data: { email, name, language }, revision }) =>
      changed(doc, {
        ...(email !== undefined && { email }),
        ...(name !== undefined && { name }),
        ...(language !== undefined && { language }),
        revision,
      }),
    RoleGranted: (doc, { data: { role, hospitalId }, revision }) =>
      changed(doc, {
        roles: [...(doc?.roles ?? []), { role, ...(hospitalId !== undefined && { hospitalId }) }],
        revision,
      }),
    RoleRevoked: (doc, { data, revision }) =>
      changed(doc, { roles: (doc?.roles ?? []).filter((held) => !same(held, data)), revision }),
    AccountLocked: (doc, { revision }) => changed(doc, { locked: true, revision }),
    AccountUnlocked: (doc, { revision }) => changed(doc, { locked: false, revision }),
  },
});
