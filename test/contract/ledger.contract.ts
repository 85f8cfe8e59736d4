import { hiding } from './ledger/hiding.js';
import { reading } from './ledger/reading.js';
import { type LedgerFixture, Subject } from './ledger/subject.js';
import { subscribing } from './ledger/subscribing.js';
import { writing } from './ledger/writing.js';

export type { LedgerFixture } from './ledger/subject.js';

/**
 * What every adapter of the ledger port promises. Each run writes under a stream prefix of its own and expects nothing
 * of the other streams in the store, so it can be run against one that is in use.
 */
export const ledgerContract = (name: string, open: () => Promise<LedgerFixture>): void => {
  describe(`the ledger on ${name}`, () => {
    const subject = new Subject();
    beforeAll(async () => subject.use(await open()));
    afterAll(() => subject.close());

    describe('writing', () => writing(subject));
    describe('reading', () => reading(subject));
    describe('subscribing', () => subscribing(subject));
    describe('hiding and deleting', () => hiding(subject));
  });
};
