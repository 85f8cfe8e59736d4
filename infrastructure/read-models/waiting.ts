/** Those who wait for something to become true, and are asked again whenever it may have. */
export class Waiting {
  private readonly all = new Set<{ readonly ready: () => boolean; readonly resume: () => void }>();

  /** Resolves to whether it became true in time. */
  async until(ready: () => boolean, timeoutMs: number): Promise<boolean> {
    if (ready()) return true;
    const { promise, resolve } = Promise.withResolvers<void>();
    const one = { ready, resume: resolve };
    this.all.add(one);
    const timer = setTimeout(resolve, timeoutMs);
    await promise;
    clearTimeout(timer);
    this.all.delete(one);
    return ready();
  }

  wake(): void {
    for (const { ready, resume } of this.all) if (ready()) resume();
  }

  /** Nobody need wait any longer. */
  end(): void {
    for (const { resume } of this.all) resume();
  }
}
