import { journey } from './journey.js';
import { Stacked } from './stacked.js';

// Ten processes and their engines share this machine.
jest.setTimeout(120_000);

// The same way on the distributed system: two of each process, a gateway before them.
if (process.env.MONGODB_URL) journey(() => Stacked.open({ env: { LOG_LEVEL: 'debug' } }));
else describe.skip('the journey on the stack: MONGODB_URL names no server', () => test('passes', () => undefined));
