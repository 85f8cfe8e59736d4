import type { World } from '../application/kernel/ports.js';
import { openApi } from '../composition/api.js';
import { commandSide } from '../composition/commands.js';
import { workerCondition } from '../composition/health.js';
import { relayCondition, relayOf } from '../composition/offering.js';
import { gatewayOf, mailerOf } from '../composition/outside.js';
import { runProcess } from '../composition/process.js';
import { leasesOf, turnsCondition, workingTurns } from '../composition/turns.js';

// Reactions, effects and timers, and the relay to Kafka. Of several one is at work; the others take over when it ends or
// falls silent.
await runProcess('worker', async (ground) => {
  const { configuration, publicUrl, clock, vault } = ground;
  const { gateway } = gatewayOf(configuration, publicUrl);
  const commands = await commandSide(ground);
  const relay = relayOf(ground);
  const app = await openApi(ground, {
    offered: [commands.handling],
    checks: {
      worker: () => turnsCondition(turns, workerCondition),
      ...(relay && { relay: () => relayCondition(relay) }),
    },
  });
  const world: World = { clock, load: commands.load, mailer: mailerOf(configuration), gateway, vault, publicUrl };
  const turns = workingTurns(ground, leasesOf(ground), app, world);
  turns.start();
  relay?.start();
  return {
    app,
    stop: async () => {
      await relay?.stop();
      await turns.stop();
    },
  };
});
