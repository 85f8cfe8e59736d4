import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteReadModels } from '../../../infrastructure/read-models/sqlite.js';
import { readModelsContract } from '../../contract/read-models.contract.js';

readModelsContract('sqlite', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'read-models-'));
  const open = () => openSqliteReadModels({ file: join(folder, 'read-models.db') });
  const readModels = await open();
  return {
    readModels,
    another: open,
    close: async () => {
      await readModels.close();
      rmSync(folder, { recursive: true });
    },
  };
});
