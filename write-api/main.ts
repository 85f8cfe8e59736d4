import { openApi } from '../composition/api.js';
import { commandSide } from '../composition/commands.js';
import { gatewayOf } from '../composition/outside.js';
import { runProcess } from '../composition/process.js';

// Takes commands. As many of these as are wanted; none of them is special.
await runProcess('write-api', async (ground) => {
  const { gateway } = gatewayOf(ground.configuration, ground.publicUrl);
  const commands = await commandSide(ground);
  const app = await openApi(ground, { offered: [commands.api(gateway)], checks: {} });
  return { app, stop: async () => undefined };
});
