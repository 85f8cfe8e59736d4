import { failToStart, softwareVersion } from '../composition/process.js';
import { platform } from '../composition/platform.js';
import { ensureShared, readConfiguration } from '../infrastructure/config.js';
import { openSystem } from '../system.js';

/** Prints the secret of the first administrator's invitation, once: for systems of several processes. */
const main = async (): Promise<void> => {
  // The secret is all that it prints.
  const configuration = { ...readConfiguration(process.env), LOG_LEVEL: 'silent' as const };
  ensureShared(configuration);
  const software = softwareVersion();
  const system = await openSystem({ configuration, software, withWorker: false, withProjector: false });
  const token = await system.doors.inviteFirstAdministrator(platform()).finally(() => system.close());
  if (token === undefined) throw new Error('There is a first administrator already.');
  console.log(token);
};

main().catch(failToStart);
