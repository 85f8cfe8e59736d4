import { openMongoVault } from '../../../infrastructure/vault/mongodb.js';
import { vaultContract } from '../../contract/vault.contract.js';
import { MONGODB_URL, mongoDatabase } from '../../kernel/mongo.js';

if (MONGODB_URL)
  vaultContract('mongodb', () => {
    const { url, drop } = mongoDatabase();
    return { open: () => openMongoVault({ url }), remove: drop };
  });
else describe.skip('vault contract: mongodb: MONGODB_URL names no server', () => it('holds', () => undefined));
