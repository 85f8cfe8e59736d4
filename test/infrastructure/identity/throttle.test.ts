import { TooManyRequests } from '../../../application/kernel/access.js';
import { ALLOWANCES, createThrottle } from '../../../infrastructure/identity/throttle.js';

const few = createThrottle;
const allowances = {
  ...ALLOWANCES,
  logIn: { subject: { attempts: 3, seconds: 60 }, address: { attempts: 5, seconds: 60 } },
};

describe('the throttle', () => {
  it('refuses the attempt beyond the allowance of one account, and says when to come back', async () => {
    const throttle = few(allowances);
    for (let i = 0; i < 3; i++) await throttle.take('logIn', 'rahim', `10.0.0.${i}`);
    const refused = await throttle.take('logIn', 'rahim', '10.0.0.9').catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(TooManyRequests);
    expect((refused as TooManyRequests).retryAfterSeconds).toBeGreaterThan(50);
    expect((refused as TooManyRequests).retryAfterSeconds).toBeLessThanOrEqual(60);
    await throttle.take('logIn', 'karim', '10.0.0.9');
    await throttle.take('redeem', 'rahim', '10.0.0.9');
  });

  it('refuses an address that tries many accounts', async () => {
    const throttle = few(allowances);
    for (let i = 0; i < 5; i++) await throttle.take('logIn', `login-${i}`, '10.0.0.1');
    await expect(throttle.take('logIn', 'login-6', '10.0.0.1')).rejects.toThrow(TooManyRequests);
    await throttle.take('logIn', 'login-6', '10.0.0.2');
  });

  it('forgets the attempts on an account that got in, and holds failures against the address only', async () => {
    const throttle = few(allowances);
    for (let i = 0; i < 3; i++) await throttle.take('logIn', 'rahim', '10.0.0.1');
    await throttle.forgive('logIn', 'rahim', '10.0.0.1');
    for (let i = 0; i < 3; i++) await throttle.take('logIn', 'rahim', '10.0.0.1');
    await expect(throttle.take('logIn', 'karim', '10.0.0.1')).rejects.toThrow(TooManyRequests);
  });

  it('lets any number of people in who know their passwords', async () => {
    const throttle = few(allowances);
    for (let i = 0; i < 50; i++) {
      await throttle.take('logIn', `login-${i}`, '10.0.0.1');
      await throttle.forgive('logIn', `login-${i}`, '10.0.0.1');
    }
  });
});
