import { openApi } from '../composition/api.js';
import { feedCondition, shownCondition } from '../composition/health.js';
import { runProcess } from '../composition/process.js';
import { questionSide } from '../composition/questions.js';
import { checkpointIn } from '../infrastructure/leases/fenced.js';
import { SHOWN } from '../infrastructure/read-models/announcing.js';
import { Shown } from '../infrastructure/read-models/shown.js';

// Answers questions. As many of these as are wanted; none of them is special.
await runProcess('read-api', async (ground) => {
  const { ledger, readModels, redis, log } = ground;
  const read = () => checkpointIn(readModels, SHOWN);
  const shown = new Shown({ read, notices: redis?.notices, logger: log });
  const questions = questionSide(ground, shown);
  const app = await openApi(ground, {
    offered: [questions.api],
    checks: { readModels: () => shownCondition(ledger, read), feed: () => feedCondition(questions.feed) },
  });
  shown.start();
  await questions.feed.start();
  return {
    app,
    stop: async () => {
      await questions.feed.stop();
      await shown.stop();
    },
  };
});
