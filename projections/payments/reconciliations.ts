import { type Difference, reconciliation } from '../../domain/payments/reconciliation.js';
import { projection } from '../kernel/projection.js';

/** What comparing a day's transactions with the gateway found, the last time it was done. */
export interface Reconciliation {
  /** A calendar day (UTC). */
  readonly day: string;
  readonly run: number;
  readonly status: 'running' | 'done';
  readonly compared: number;
  readonly differences: number;
  /** Of which the gateway did not know the end yet. */
  readonly pending: number;
  /** The first of the differences; all of them are in the ledger. */
  readonly found: readonly Difference[];
}

const FOUND_MAX = 200;

const { TransactionListed: _, ...from } = reconciliation.events;

const begin = (day: string, run: number): Reconciliation => ({
  day,
  run,
  status: 'running',
  compared: 0,
  differences: 0,
  pending: 0,
  found: [],
});

/** The document of a run; a newer run begins it anew. */
const ofRun = (doc: Reconciliation | undefined, { day, run }: { day: string; run: number }): Reconciliation =>
  doc?.run === run ? doc : begin(day, run);

export const reconciliations = projection<Reconciliation>()({
  name: 'reconciliations',
  version: 1,
  from,
  key: ({ data: { day } }) => day,
  indexes: { byDay: ['day'] },
  parties: () => ({}),
  phi: false,
  on: {
    ComparisonStarted: (doc, { data }) => ofRun(doc, data),
    PaymentDiffers: (doc, { data: { day, run, ...difference } }) => {
      const known = ofRun(doc, { day, run });
      return { ...known, found: [...known.found, difference].slice(0, FOUND_MAX) };
    },
    ComparisonEnded: (doc, { data }) => {
      const known = ofRun(doc, data);
      return {
        ...known,
        compared: known.compared + data.compared,
        differences: known.differences + data.differences,
        pending: known.pending + data.pending,
      };
    },
    DayReconciled: (doc, { data }) => ({ ...ofRun(doc, data), ...data, status: 'done' }),
  },
});
