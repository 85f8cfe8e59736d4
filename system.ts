import type { Type } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Doors } from './application/doors.js';
import { effects, reactions, timers } from './application/index.js';
import type { PaymentGateway } from './application/kernel/gateway.js';
import type { Ledger } from './application/kernel/ledger.js';
import type { Mailer } from './application/kernel/mailer.js';
import type { Ports, World } from './application/kernel/ports.js';
import type { Streams } from './application/kernel/streams.js';
import type { Vault } from './application/kernel/vault.js';
import { openApi } from './composition/api.js';
import { commandSide } from './composition/commands.js';
import { type GroundOptions, openGround } from './composition/ground.js';
import { feedCondition, projectorCondition, workerCondition } from './composition/health.js';
import { relayCondition, relayOf } from './composition/offering.js';
import { gatewayOf, mailerOf } from './composition/outside.js';
import { questionSide } from './composition/questions.js';
import { closeApplication } from './infrastructure/http/application.js';
import type { PolicyTable } from './infrastructure/http/policy.js';
import { Projector } from './infrastructure/read-models/projector.js';
import { observedBatch, observeProjector, observeWorker } from './infrastructure/telemetry/instruments.js';
import { Worker } from './infrastructure/worker/worker.js';
import { projections } from './projections/index.js';
import type { ReadModels } from './projections/kernel/read-models.js';

/** How a system is opened beside its configuration. */
export interface SystemOptions extends GroundOptions {
  /** Whether reactions, effects and timers run; a tool that drives them itself says no. */
  readonly withWorker?: boolean;
  /** Whether read models follow; a measurement of the write path alone says no. */
  readonly withProjector?: boolean;
  /** Instead of the configured ones, for simulations and tests. */
  readonly mailer?: Mailer;
  readonly gateway?: PaymentGateway;
  /** More controllers with their rows of the policy table, for measurements. */
  readonly more?: { readonly controllers: readonly Type[]; readonly policy: PolicyTable };
}

/** Everything in one process, open and working; it listens when told. */
export interface System {
  readonly app: NestFastifyApplication;
  readonly bus: CommandBus;
  readonly ledger: Ledger;
  readonly readModels: ReadModels;
  readonly vault: Vault;
  readonly doors: Doors;
  readonly streams: Streams;
  readonly projector: Projector;
  readonly worker: Worker;
  readonly ports: Ports;
  readonly close: () => Promise<void>;
}

/** All parts in one process: what `npm start` runs. The processes of the distributed system have the same parts apart. */
export const openSystem = async ({
  withWorker = true,
  withProjector = true,
  more,
  ...options
}: SystemOptions): Promise<System> => {
  const { configuration } = options;
  const ground = await openGround(options);
  const { ledger, readModels, vault, clock, log, publicUrl, telemetry } = ground;
  const { gateway, pages } = options.gateway
    ? { gateway: options.gateway, pages: undefined }
    : gatewayOf(configuration, publicUrl);
  const commands = await commandSide(ground);
  const onBatch = telemetry && observedBatch('project', telemetry);
  const following = { ledger, readModels, projections, clock, logger: log };
  const projector = new Projector({ ...following, ...(onBatch && { onBatch }) });
  const questions = questionSide(ground, projector);
  const relay = relayOf(ground);
  const app = await openApi(ground, {
    offered: [questions.api, commands.api(gateway), ...(more ? [{ ...more, providers: [] }] : [])],
    pages,
    checks: {
      readModels: () => projectorCondition(projector),
      worker: () => workerCondition(worker),
      feed: () => feedCondition(questions.feed),
      ...(relay && { relay: () => relayCondition(relay) }),
    },
  });
  const bus = app.get(CommandBus);
  const mailer = options.mailer ?? mailerOf(configuration);
  const world: World = { clock, load: commands.load, mailer, gateway, vault, publicUrl };
  const worker = new Worker({ ledger, readModels, bus, reactions, effects, timers, world, clock, logger: log });
  if (telemetry) {
    observeProjector(() => (withProjector ? projector : undefined), telemetry);
    observeWorker(() => (withWorker ? worker : undefined), telemetry);
  }
  if (withProjector) await projector.start();
  if (withProjector) await questions.feed.start();
  if (withWorker) await worker.start();
  if (withWorker) relay?.start();

  return {
    ...{ app, bus, ledger, readModels, vault, projector, worker },
    ...{ ports: commands.ports, streams: commands.streams, doors: app.get(Doors) },
    close: async () => {
      ground.drain();
      await closeApplication(app);
      await relay?.stop();
      await worker.stop();
      await questions.feed.stop();
      await projector.stop();
      await ground.close();
    },
  };
};
