import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteLedger } from '../../../infrastructure/ledger/sqlite.js';
import { ledgerContract } from '../../contract/ledger.contract.js';

ledgerContract('sqlite', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ledger-'));
  // A short log, so that checkpoints happen all the time.
  const open = () => openSqliteLedger({ file: join(folder, 'ledger.db'), checkpointPages: 100 });
  let ledger = await open();
  return {
    ledger,
    interrupt: async () => {
      await ledger.close();
      return (ledger = await open());
    },
    close: async () => {
      await ledger.close();
      rmSync(folder, { recursive: true });
    },
  };
});
