import { documents } from './read-models/documents.js';
import { generations } from './read-models/generations.js';
import { queries } from './read-models/queries.js';
import { searching } from './read-models/searching.js';
import { type ReadModelsFixture, Subject } from './read-models/subject.js';

export type { ReadModelsFixture } from './read-models/subject.js';

/**
 * What every adapter of the read-model port promises. Each test makes collections of its own and expects nothing of the
 * others, so it can be run against a store that is in use.
 */
export const readModelsContract = (name: string, open: () => Promise<ReadModelsFixture>): void => {
  describe(`read models on ${name}`, () => {
    const subject = new Subject();
    beforeAll(async () => subject.use(await open()));
    afterAll(() => subject.close());

    describe('documents', () => documents(subject));
    describe('queries', () => queries(subject));
    describe('search', () => searching(subject));
    describe('generations', () => generations(subject));
  });
};
