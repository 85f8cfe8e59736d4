import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteReadModels } from '../../../infrastructure/read-models/sqlite.js';
import type { ReadModels } from '../../../projections/kernel/read-models.js';
import { leasesContract } from '../../contract/leases.contract.js';

leasesContract('sqlite', {
  open: async () => {
    const folder = mkdtempSync(join(tmpdir(), 'leases-'));
    const opened: ReadModels[] = [];
    const again = async () => {
      const models = await openSqliteReadModels({ file: join(folder, 'read-models.sqlite') });
      opened.push(models);
      return models;
    };
    return {
      again,
      models: await again(),
      close: async () => {
        for (const models of opened) await models.close();
        rmSync(folder, { recursive: true, force: true });
      },
    };
  },
});
