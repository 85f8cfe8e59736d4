import { readFileSync } from 'node:fs';
import { openSystem } from './system.js';
import { readConfiguration } from './infrastructure/config.js';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

const configuration = readConfiguration(process.env);
const system = await openSystem({ configuration, software: version });
await system.app.listen(configuration.PORT, configuration.HOST);
console.log(await system.app.getUrl());
