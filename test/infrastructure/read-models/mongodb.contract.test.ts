import { openMongoReadModels } from '../../../infrastructure/read-models/mongodb.js';
import { readModelsContract } from '../../contract/read-models.contract.js';
import { MONGODB_URL, mongoDatabase } from '../../kernel/mongo.js';

if (MONGODB_URL)
  readModelsContract('mongodb', async () => {
    const { url, drop } = mongoDatabase();
    const open = () => openMongoReadModels({ url });
    const readModels = await open();
    return {
      readModels,
      another: open,
      close: async () => {
        await readModels.close();
        await drop();
      },
    };
  });
else describe.skip('read models on mongodb: MONGODB_URL names no server', () => it('holds', () => undefined));
