import { randomUUID } from 'node:crypto';
import type { Caller } from '../application/kernel/transact.js';

/** Whoever starts the program. */
export const platform = (): Caller => {
  const commandId = randomUUID();
  const actor = { id: 'platform', role: 'system' as const };
  return { actor, commandId, correlationId: commandId, causationId: commandId, purpose: 'HOPERAT' };
};
