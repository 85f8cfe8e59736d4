import { file } from '../domain/files/file.js';
import { account, events as accounts } from '../domain/identity/account.js';
import { patient } from '../domain/patients/patient.js';
import { DomainCommand, handle } from './kernel/handle.js';
import type { Load } from './kernel/ports.js';
import { reaction, send } from './kernel/reaction.js';

export class PatientCommand extends DomainCommand<typeof patient> {}

/** Of an account that is a patient's; the profile may not have begun yet. */
const accountNameOf = async (id: string, load: Load): Promise<string | undefined> => {
  const { name, roles } = await load(account, id);
  return roles.some(({ role }) => role === 'patient') ? name : undefined;
};

/** Whether there is such a patient, also one who registered a moment ago. */
export const isPatient = async (id: string, load: Load): Promise<boolean> =>
  (await load(patient, id)).begun || (await accountNameOf(id, load)) !== undefined;

export const handlers = [
  handle(PatientCommand, patient, async ({ data }, { id, load }) => ({
    accountName: await accountNameOf(id, load),
    ...('portrait' in data && data.portrait && { file: await load(file, data.portrait) }),
  })),
];

export const reactions = [
  reaction({
    name: 'begin-patients-profile-when-role-granted',
    from: { RoleGranted: accounts.RoleGranted },
    on: {
      RoleGranted: ({ data: { accountId, role } }) =>
        role === 'patient' ? [send(PatientCommand, accountId, { type: 'BeginProfile', data: {} })] : [],
    },
  }),
];
