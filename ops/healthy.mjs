// Whether the process of this container is ready: for orchestrators that run a command, in images without curl.
const { PORT = '3000' } = process.env;
const answer = await fetch(`http://127.0.0.1:${PORT}/api/health/ready`).catch(() => undefined);
process.exit(answer?.ok ? 0 : 1);
