import { Gateway } from './gateway/proxy.js';

// The gateway as a process of its own. READ_API_URLS and WRITE_API_URLS name the servers, with commas between.
const { READ_API_URLS, WRITE_API_URLS, PORT = '3000', HOST = '127.0.0.1' } = process.env;
const listed = (name: string, value: string | undefined): string[] => {
  const urls = (value ?? '').split(',').filter((url) => url !== '');
  if (urls.length > 0 && urls.every((url) => URL.canParse(url))) return urls;
  console.error(`${name}: the addresses of the servers, http://host:port, with commas between.`);
  process.exit(1);
};

const reads = listed('READ_API_URLS', READ_API_URLS);
const gateway = new Gateway({ reads, writes: listed('WRITE_API_URLS', WRITE_API_URLS) });
await gateway.listen(Number(PORT), HOST);
for (const signal of ['SIGTERM', 'SIGINT'] as const)
  process.once(signal, () => void gateway.close().then(() => process.exit(0)));
