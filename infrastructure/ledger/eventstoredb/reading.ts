import type { ResolvedEvent, StreamingRead } from '@eventstore/db-client';
import { Transient } from '../../../application/kernel/ledger.js';

/**
 * Takes events as they come until there are no more or `take` has enough. Ends the call then: one that is only left
 * would stay open for ever.
 *
 * @throws Transient when nothing comes for `deadlineMs`; the client itself would wait for ever.
 */
export const readUntil = (
  read: StreamingRead<ResolvedEvent>,
  take: (event: ResolvedEvent) => boolean,
  deadlineMs: number,
): Promise<void> =>
  new Promise((resolve, reject) => {
    let moved = false;
    let over = false;
    const end = (error?: Error, cancel = true) => {
      if (over) return;
      over = true;
      clearInterval(timer);
      read.off('data', onData);
      if (cancel) void read.cancel().catch(() => undefined);
      if (error) reject(error);
      else resolve();
    };
    const timer = setInterval(() => {
      if (!moved) end(new Transient('The event store did not answer in time.'));
      moved = false;
    }, deadlineMs);
    const onData = (event: ResolvedEvent) => {
      moved = true;
      if (take(event)) end();
    };
    read.on('data', onData);
    read.once('end', () => end(undefined, false));
    // Stays: what the call says after it was ended concerns nobody.
    read.on('error', (error) => end(error));
  });
