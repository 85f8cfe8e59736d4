import { legacyRow } from '../domain/migration/legacy-row.js';
import { DomainCommand, handle } from './kernel/handle.js';

export class LegacyRowCommand extends DomainCommand<typeof legacyRow> {}

export const handlers = [handle(LegacyRowCommand, legacyRow)];
export const commandClasses = [LegacyRowCommand];
