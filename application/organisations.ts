import { file } from '../domain/files/file.js';
import { hospital } from '../domain/organisations/hospital.js';
import { DomainCommand, handle } from './kernel/handle.js';

export class HospitalCommand extends DomainCommand<typeof hospital> {}

export const handlers = [
  handle(HospitalCommand, hospital, async ({ data }, { load }) =>
    'image' in data && data.image ? { picture: await load(file, data.image) } : {},
  ),
];
