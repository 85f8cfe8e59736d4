import { openEventStoreLedger } from '../../../infrastructure/ledger/eventstoredb.js';
import { ledgerContract } from '../../contract/ledger.contract.js';
import { EventStoreFixture } from '../../fixtures/eventstoredb/fixture.js';

ledgerContract('EventStoreDB, the protocol fixture', async () => {
  const store = await EventStoreFixture.start();
  const ledger = await openEventStoreLedger({ url: store.url });
  return {
    ledger,
    interrupt: async () => {
      await store.stop();
      await store.start();
      return ledger;
    },
    close: async () => {
      await ledger.close();
      await store.close();
    },
  };
});
