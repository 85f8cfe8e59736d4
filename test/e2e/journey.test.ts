import { journey } from './journey.js';
import { Served } from './served.js';

// Everything in one process, as `npm start` runs it.
journey(async () => {
  const served = await Served.open();
  await served.start({ LOG_LEVEL: 'debug' }).up;
  return served;
});
