import type { ResolvedEvent, StreamingRead } from '@eventstore/db-client';
import { type LedgerEvent, Transient } from '../../../application/kernel/ledger.js';
import { ledgerEvent } from './events.js';

/**
 * All events of a read.
 *
 * @throws Transient when nothing comes for `deadlineMs`, where the client itself would wait for ever; the call is ended
 * then, for one that is only left would stay open.
 */
export const eventsOf = (read: StreamingRead<ResolvedEvent>, deadlineMs: number): Promise<LedgerEvent[]> =>
  new Promise((resolve, reject) => {
    const events: LedgerEvent[] = [];
    let moved = false;
    const fail = (error: Error) => {
      clearInterval(timer);
      void read.cancel().catch(() => undefined);
      reject(error);
    };
    const timer = setInterval(() => {
      if (!moved) fail(new Transient('The event store did not answer in time.'));
      moved = false;
    }, deadlineMs);
    read.on('data', (resolved) => {
      moved = true;
      const event = ledgerEvent(resolved);
      if (event) events.push(event);
    });
    read.once('end', () => {
      clearInterval(timer);
      resolve(events);
    });
    // Stays: what the call says after it was ended concerns nobody.
    read.on('error', fail);
  });
