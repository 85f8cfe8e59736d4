import { file } from '../domain/files/file.js';
import { account, events as accounts } from '../domain/identity/account.js';
import { patient } from '../domain/patients/patient.js';
import { DomainCommand, handle } from './kernel/handle.js';
import { reaction, send } from './kernel/reaction.js';

export class PatientCommand extends DomainCommand<typeof patient> {}

export const handlers = [
  handle(PatientCommand, patient, async ({ type, data }, { id, load }) => ({
    ...(type === 'BeginProfile' && { accountName: (await load(account, id)).name }),
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
