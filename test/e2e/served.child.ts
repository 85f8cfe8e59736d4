// The built application on the folder DATA_DIR, as main.ts opens it, for a parent that talks to it over HTTP and kills
// it. The parent is told when it listens, with the secret of the first administrator's invitation where it asks for one,
// and when everything that happened so far has been dealt with and is shown. CLOCK_AHEAD_MS is how late it is.
const built = new URL('../../dist/', import.meta.url);
const { openSystem } = (await import(new URL('system.js', built).href)) as typeof import('../../system.js');
const { readConfiguration } = (await import(
  new URL('infrastructure/config.js', built).href
)) as typeof import('../../infrastructure/config.js');

const configuration = readConfiguration(process.env);
const ahead = Number(process.env.CLOCK_AHEAD_MS ?? 0);
const clock = { now: () => new Date(Date.now() + ahead).toISOString() };
const system = await openSystem({ configuration, software: 'test', clock });
await system.app.listen(configuration.PORT, configuration.HOST);

const invite = () => {
  const commandId = crypto.randomUUID();
  const ids = { commandId, correlationId: commandId, causationId: commandId };
  return system.doors.inviteFirstAdministrator({
    ...ids,
    actor: { id: 'test', role: 'system' },
    purpose: 'HOPERAT',
  });
};
const settle = async () => {
  await system.worker.drain();
  const head = await system.ledger.head();
  if (head !== undefined) await system.projector.waitFor(head, 60_000);
};

process.on('message', (what) => {
  const done = what === 'invite' ? invite() : what === 'settle' ? settle() : system.close();
  void done.then((answer) => {
    process.send!({ [String(what)]: answer ?? true });
    if (what === 'close') process.disconnect();
  });
});
process.on('disconnect', () => process.exit());
process.send!({ listening: true });
