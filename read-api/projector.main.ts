import { openApi } from '../composition/api.js';
import { projectorCondition } from '../composition/health.js';
import { runProcess } from '../composition/process.js';
import { leasesOf, projectingTurns, turnsCondition } from '../composition/turns.js';

// Keeps the read models. Of several one is at work; the others take over when it ends or falls silent.
await runProcess('projector', async (ground) => {
  const turns = projectingTurns(ground, leasesOf(ground));
  const app = await openApi(ground, {
    offered: [],
    checks: { readModels: () => turnsCondition(turns, ({ projector }) => projectorCondition(projector)) },
  });
  turns.start();
  return { app, stop: () => turns.stop() };
});
