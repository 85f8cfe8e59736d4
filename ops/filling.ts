import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { DEMO_PASSWORD } from '../application/simulation/demo.js';
import { beginningOf, simulate, type Simulated, type SimulationOptions } from '../application/simulation/simulate.js';
import { SimulatedClock, type SimulatedSystem } from '../application/simulation/stage.js';
import { type LedgerStatistics, ledgerStatistics } from '../projections/audit/ledger-statistics.js';
import type { Configuration } from '../infrastructure/config.js';
import { createPasswords } from '../infrastructure/identity/passwords.js';
import { GatewaySimulator } from '../infrastructure/payments/simulator.js';
import { markUnfinished } from './data-folder.js';
import { openSystem, type System } from '../system.js';

const PROJECTION_MAX_MS = 600_000;

/** A system whose clock, gateway and mailer are the simulation's; it must be closed. */
export const openForSimulation = async (
  configuration: Configuration,
  software: string,
  options: Pick<SimulationOptions, 'until' | 'days'>,
  { withProjector }: { readonly withProjector: boolean },
): Promise<{ readonly system: System; readonly simulated: SimulatedSystem }> => {
  const { HOST, PORT, PUBLIC_URL, DATA_DIR } = configuration;
  const clock = new SimulatedClock(beginningOf(options));
  // Takes no money, whatever is configured, and is told what its payers decide without a network between.
  const gateway = new GatewaySimulator({
    storeId: 'simulated',
    storePassword: randomUUID(),
    pagesUrl: `${PUBLIC_URL ?? `http://${HOST}:${PORT}`}/gateway`,
    file: join(DATA_DIR, 'gateway.jsonl'),
    deliver: async () => undefined,
  });
  const mailer = { send: async () => undefined };
  const system = await openSystem({ configuration, software, clock, gateway, mailer, durable: false, withProjector });
  const { bus, doors, streams, worker } = system;
  const load = async (d: Parameters<typeof streams.load>[0], id: string) => (await streams.load(d, id)).state as never;
  return { system, simulated: { bus, doors, load, clock, gateway, settle: () => worker.drain() } };
};

export interface Filled extends Simulated {
  readonly events: number;
  readonly byType: Readonly<Record<string, number>>;
}

/** Fills a folder without events; tells which share is done, from 0 to 1. */
export const fill = async (
  configuration: Configuration,
  software: string,
  options: Omit<SimulationOptions, 'passwordHash'>,
  onProgress: (share: number) => void = () => undefined,
): Promise<Filled> => {
  const finish = markUnfinished(configuration.DATA_DIR);
  const { system, simulated } = await openForSimulation(configuration, software, options, { withProjector: false });
  let filled: Filled;
  try {
    const passwordHash = await createPasswords().hash(DEMO_PASSWORD);
    const steps = options.days + 1;
    const done = await simulate(simulated, { ...options, passwordHash }, (days) => onProgress(days / steps));
    filled = { ...done, ...(await project(system)) };
  } finally {
    await system.close();
  }
  finish();
  onProgress(1);
  return filled;
};

/** All at once afterwards takes less time than following event by event. */
const project = async ({ projector, ledger, readModels }: System) => {
  await projector.start();
  await projector.waitFor((await ledger.head())!, PROJECTION_MAX_MS);
  const statistics = await readModels.open<LedgerStatistics>(ledgerStatistics);
  const { events, byCategory } = (await statistics.get('total'))!.doc;
  // A type of event belongs to one kind of stream.
  return { events, byType: Object.assign({}, ...Object.values(byCategory)) as Record<string, number> };
};
