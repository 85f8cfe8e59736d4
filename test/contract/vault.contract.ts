import type { Vault } from '../../application/kernel/vault.js';

const HOUR = 3_600_000;
const T = Date.parse('2030-01-01T08:00:00.000Z');
const GRACE = 10_000;

/** What every vault must do. `make` gives a new place; `open` opens it once more, as another process would. */
export const vaultContract = (
  name: string,
  make: () => { open: () => Promise<Vault>; remove: () => Promise<void> },
): void =>
  describe(`vault contract: ${name}`, () => {
    let place: ReturnType<typeof make>;
    let vault: Vault;
    const opened: Vault[] = [];
    const open = async () => {
      const another = await place.open();
      opened.push(another);
      return another;
    };
    const account = (accountId: string, login = `${accountId}@example.org`) =>
      vault.reserve({ accountId, login, passwordHash: 'hash', now: T });
    const session = (accountId: string) => vault.openSession({ accountId, now: T, expiresAt: T + HOUR });

    beforeEach(async () => {
      place = make();
      vault = await open();
    });
    afterEach(async () => {
      for (const each of opened.splice(0)) await each.close();
      await place.remove();
    });

    describe('credentials', () => {
      it('gives a login to one of two who ask at once', async () => {
        const other = await open();
        const won = await Promise.all(
          Array.from({ length: 20 }, (_, i) =>
            (i % 2 ? vault : other).reserve({
              accountId: `a${i}`,
              login: 'rahim@example.org',
              passwordHash: `h${i}`,
              now: T,
            }),
          ),
        );
        expect(won.filter(Boolean)).toHaveLength(1);
        expect((await vault.credential('rahim@example.org'))!.accountId).toBe(`a${won.indexOf(true)}`);
      });

      it('answers the same to the account that holds the login already, and keeps its hash', async () => {
        expect(await account('a', 'x')).toBe(true);
        expect(await vault.reserve({ accountId: 'a', login: 'x', passwordHash: 'other', now: T })).toBe(true);
        expect((await vault.credential('x'))!.passwordHash).toBe('hash');
      });

      it('refuses a second login for one account', async () => {
        await account('a', 'x');
        expect(await vault.reserve({ accountId: 'a', login: 'y', passwordHash: 'h', now: T })).toBe(false);
        expect(await vault.credential('y')).toBeUndefined();
      });

      it('takes capitals for no difference, unless an import told two logins apart by them', async () => {
        await account('a', 'Rahim');
        expect(await account('b', 'rahim')).toBe(false);
        expect((await vault.credential('RAHIM'))!.accountId).toBe('a');
        expect(await vault.reserve({ accountId: 'b', login: 'rahim', passwordHash: null, now: T, twin: true })).toBe(
          true,
        );
        expect((await vault.credential('Rahim'))!.accountId).toBe('a');
        expect((await vault.credential('rahim'))!.accountId).toBe('b');
        expect(await vault.credential('RAHIM')).toBeUndefined();
      });

      it('gives back a login that was taken long ago and never used', async () => {
        await account('a', 'x');
        expect(await vault.release('a', T)).toBe(false);
        expect(await vault.release('a', T + 1)).toBe(true);
        expect(await vault.credential('x')).toBeUndefined();
        await account('b', 'x');
        await session('b');
        expect(await vault.release('b', T + 1)).toBe(false);
      });

      it('replaces a password only when it is still the one that was seen', async () => {
        await account('a', 'x');
        expect(await vault.replacePassword('a', 'hash', 'second')).toBe(true);
        expect(await vault.replacePassword('a', 'hash', 'third')).toBe(false);
        expect((await vault.credentialOf('a'))!.passwordHash).toBe('second');
      });
    });

    describe('sessions', () => {
      beforeEach(() => account('a'));

      const rotated = async (token: string | undefined, at: number) => {
        const rotation = await vault.rotate(token!, at, GRACE);
        if (rotation.outcome !== 'rotated') throw new Error(rotation.outcome);
        return rotation;
      };

      it('turns a refresh token into the next one of the same session, with the same end', async () => {
        const first = await session('a');
        const second = await rotated(first.refreshToken, T + 1);
        expect(second).toMatchObject({ accountId: 'a', sessionId: first.sessionId, expiresAt: T + HOUR });
        const third = await rotated(second.refreshToken, T + 2);
        expect(new Set([first.refreshToken, second.refreshToken, third.refreshToken]).size).toBe(3);
        expect((await vault.rotate(third.refreshToken, T + HOUR, GRACE)).outcome).toBe('refused');
      });

      it('gives two who ask at once with one token the same successor', async () => {
        const { refreshToken, sessionId } = await session('a');
        const both = await Promise.all([rotated(refreshToken, T), (await open()).rotate(refreshToken!, T, GRACE)]);
        expect(both[1]).toEqual(both[0]);
        expect((await rotated(both[0].refreshToken, T + 1)).sessionId).toBe(sessionId);
      });

      it('ends the session when a used token comes back after the grace', async () => {
        const { refreshToken, sessionId } = await session('a');
        const { refreshToken: next } = await rotated(refreshToken, T);
        expect((await rotated(refreshToken, T + GRACE)).refreshToken).toBe(next);
        expect(await vault.rotate(refreshToken!, T + GRACE + 1, GRACE)).toEqual({
          outcome: 'reused',
          accountId: 'a',
          sessionId,
        });
        expect((await vault.rotate(next, T + GRACE + 2, GRACE)).outcome).toBe('refused');
        expect((await vault.rotate(refreshToken!, T + GRACE + 2, GRACE)).outcome).toBe('refused');
        expect(await vault.standing(sessionId, T)).toBeUndefined();
      });

      it('ends the session when a used token comes back within the grace but its successor was used', async () => {
        const { refreshToken } = await session('a');
        const { refreshToken: next } = await rotated(refreshToken, T);
        await rotated(next, T + 1);
        expect((await vault.rotate(refreshToken!, T + 2, GRACE)).outcome).toBe('reused');
      });

      it('ends one session and leaves the account its others', async () => {
        const [one, two] = [await session('a'), await session('a')];
        await vault.endSession(one.sessionId);
        expect((await vault.rotate(one.refreshToken!, T, GRACE)).outcome).toBe('refused');
        expect(await vault.standing(one.sessionId, T)).toBeUndefined();
        expect(await vault.standing(two.sessionId, T)).toEqual({ accountId: 'a', generation: 0 });
        await rotated(two.refreshToken, T);
      });

      it('ends all sessions of an account but one', async () => {
        await account('b');
        const [one, two, others] = [await session('a'), await session('a'), await session('b')];
        await vault.endSessions('a', two.sessionId);
        expect(await vault.standing(one.sessionId, T)).toBeUndefined();
        expect(await vault.standing(two.sessionId, T)).toBeDefined();
        expect(await vault.standing(others.sessionId, T)).toBeDefined();
      });

      it('raises the generation when access is renewed, and the session gives the new one', async () => {
        const { sessionId, refreshToken, generation } = await session('a');
        await vault.renewAccess('a');
        expect(await vault.standing(sessionId, T)).toEqual({ accountId: 'a', generation: generation + 1 });
        expect((await rotated(refreshToken, T)).generation).toBe(generation + 1);
      });

      it('knows nothing of a session after its end, nor of one that cannot be refreshed how to', async () => {
        const { sessionId } = await session('a');
        expect(await vault.standing(sessionId, T + HOUR)).toBeUndefined();
        const service = await vault.openSession({ accountId: 'a', now: T, expiresAt: T + HOUR, refreshable: false });
        expect(service.refreshToken).toBeUndefined();
      });

      it('tells of changes: this object at once, another by its mark', async () => {
        const other = await open();
        const told: string[] = [];
        const stop = vault.onChange((accountId) => told.push(accountId));
        const { mark: before } = await other.changes(0);
        const { sessionId } = await session('a');
        await vault.endSession(sessionId);
        expect(told).toEqual(['a']);
        const { mark, accountIds } = await other.changes(before);
        expect(accountIds).toEqual(['a']);
        expect(await other.changes(mark)).toEqual({ mark, accountIds: [] });
        stop();
        await vault.renewAccess('a');
        expect(told).toEqual(['a']);
        expect((await other.changes(mark)).accountIds).toEqual(['a']);
      });

      it('says so when too much changed to tell one by one', async () => {
        const { mark } = await vault.changes(0);
        for (let i = 0; i < 167; i++) await Promise.all(Array.from({ length: 6 }, () => vault.renewAccess('a')));
        expect((await vault.changes(mark)).accountIds).toBe('all');
      }, 180_000);
    });

    describe('one-time tokens', () => {
      const issue = (nonce = 'n', subject = 'a') =>
        vault.issueOnce({ purpose: 'passwordReset', subject, nonce, expiresAt: T + HOUR });

      it('works once, and again only for the same claimant', async () => {
        const token = await issue();
        expect(await vault.peekOnce('passwordReset', token, T)).toBe('a');
        const redeem = (by: string) => vault.redeemOnce('passwordReset', token, by, T);
        const claims = await Promise.all(['x', 'y', 'z'].map(redeem));
        expect(claims.filter((subject) => subject === 'a')).toHaveLength(1);
        expect([await redeem('x'), await redeem('y'), await redeem('z')]).toEqual(claims);
      });

      it('works neither late, nor for another purpose, nor when it was never issued', async () => {
        const token = await issue();
        expect(await vault.redeemOnce('passwordReset', token, 'x', T + HOUR)).toBeUndefined();
        expect(await vault.redeemOnce('invitation', token, 'x', T)).toBeUndefined();
        expect(await vault.peekOnce('passwordReset', `${token}A`, T)).toBeUndefined();
      });

      it('is the same for the same nonce, and stops to work when a later one is issued', async () => {
        const first = await issue('n1');
        expect(await issue('n1')).toBe(first);
        const elsewhere = await issue('n1', 'b');
        const second = await issue('n2');
        expect(await vault.peekOnce('passwordReset', first, T)).toBeUndefined();
        expect(await vault.peekOnce('passwordReset', second, T)).toBe('a');
        expect(await vault.peekOnce('passwordReset', elsewhere, T)).toBe('b');
      });
    });

    it('keeps signing keys, the newest first', async () => {
      await vault.addSigningKey({ kid: 'old', privateKey: 'p', createdAt: T });
      await vault.addSigningKey({ kid: 'new', privateKey: 'q', createdAt: T + 1 });
      expect((await (await open()).signingKeys()).map(({ kid }) => kid)).toEqual(['new', 'old']);
    });

    it('makes a secret once and gives every process the same', async () => {
      const [one, two] = await Promise.all([vault.secret('feed'), (await open()).secret('feed')]);
      expect(one).toHaveLength(32);
      expect(two.equals(one)).toBe(true);
      expect((await vault.secret('other')).equals(one)).toBe(false);
    });
  });
