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

const url = process.env['EVENTSTORE_URL'];
if (url === undefined)
  describe.skip('the ledger on EventStoreDB: EVENTSTORE_URL names no server', () => test.todo('the contract'));
else
  ledgerContract('EventStoreDB, the server that EVENTSTORE_URL names', async () => {
    let ledger = await openEventStoreLedger({ url });
    return {
      ledger,
      // Nobody stops a server that others may use.
      interrupt: async () => {
        await ledger.close();
        return (ledger = await openEventStoreLedger({ url }));
      },
      close: () => ledger.close(),
    };
  });
