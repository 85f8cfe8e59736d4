import fastify from 'fastify';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { GatewaySimulator } from '../infrastructure/payments/simulator.js';
import { simulatorPages } from '../infrastructure/payments/simulator-pages.js';

// The simulated payment gateway as a process of its own, for several processes that would otherwise each have one:
// --port, --data FOLDER, --pages URL under which browsers reach it.
const { values } = parseArgs({
  options: { port: { type: 'string' }, data: { type: 'string' }, pages: { type: 'string' } },
});
const store = { storeId: 'simulated', storePassword: process.env.SSLCOMMERZ_STORE_PASSWORD ?? 'simulated' };
const file = join(values.data ?? 'data', 'gateway.jsonl');
const simulator = new GatewaySimulator({ ...store, pagesUrl: values.pages ?? '', file });
const app = fastify();
await app.register(simulatorPages(simulator, store), { prefix: '/gateway' });
await app.listen({ port: Number(values.port ?? 0), host: '127.0.0.1' });
for (const signal of ['SIGTERM', 'SIGINT'] as const)
  process.once(signal, () => void app.close().then(() => process.exit(0)));
