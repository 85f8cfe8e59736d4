import { file } from '../domain/files/file.js';
import { account, events as accounts } from '../domain/identity/account.js';
import type { CommandOf } from '../domain/kernel/decider.js';
import { hospital } from '../domain/organisations/hospital.js';
import { credentials } from '../domain/practitioners/credentials.js';
import { type Facts, practitioner } from '../domain/practitioners/practitioner.js';
import { DomainCommand, handle } from './kernel/handle.js';
import type { Load } from './kernel/ports.js';
import { reaction, send } from './kernel/reaction.js';

export class PractitionerCommand extends DomainCommand<typeof practitioner> {}
export class CredentialsCommand extends DomainCommand<typeof credentials> {}

/** Of an account that is a doctor's; the profile may not have begun yet. */
const accountNameOf = async (id: string, load: Load): Promise<string | undefined> => {
  const { name, roles } = await load(account, id);
  return roles.some(({ role }) => role === 'doctor') ? name : undefined;
};

const factsOf = async (
  { type, data }: CommandOf<typeof practitioner.commands>,
  { id, load }: { readonly id: string; readonly load: Load },
): Promise<Facts> => {
  switch (type) {
    case 'BeginProfile':
    case 'ReviseProfile':
      return {
        accountName: await accountNameOf(id, load),
        ...(data.portrait && { file: await load(file, data.portrait) }),
      };
    case 'RequestRegistration':
      return {
        accountName: await accountNameOf(id, load),
        hospital: await load(hospital, data.hospitalId),
        ...(data.certificate && { file: await load(file, data.certificate) }),
      };
    case 'TakeLeave':
      return { accountName: await accountNameOf(id, load) };
    case 'SetFees':
      return { hospital: await load(hospital, data.hospitalId) };
    default:
      return {};
  }
};

export const handlers = [handle(PractitionerCommand, practitioner, factsOf), handle(CredentialsCommand, credentials)];

export const reactions = [
  reaction({
    name: 'begin-doctors-profile-when-role-granted',
    from: { RoleGranted: accounts.RoleGranted },
    on: {
      RoleGranted: ({ data: { accountId, role } }) =>
        role === 'doctor' ? [send(PractitionerCommand, accountId, { type: 'BeginProfile', data: {} })] : [],
    },
  }),
];
