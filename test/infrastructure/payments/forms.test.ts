import fc from 'fast-check';
import { decimalOf, moneyOf, readCallback, signaturesOf, signed } from '../../../infrastructure/payments/forms.js';
import { Rejection } from '../../../domain/kernel/rejection.js';

// A notification of the gateway's sandbox, published with SSLCommerz's own Python library.
const PASSWORD = 'test_testemi@ssl';
const SAMPLE = {
  tran_id: '5E121A0D01F92',
  val_id: '200105225826116qFnATY9sHIwo',
  amount: '10.00',
  card_type: 'VISA-Dutch Bangla',
  store_amount: '9.75',
  card_no: '418117XXXXXX6675',
  bank_tran_id: '200105225825DBgSoRGLvczhFjj',
  status: 'VALID',
  tran_date: '2020-01-05 22:58:21',
  currency: 'BDT',
  card_issuer: 'TRUST BANK, LTD.',
  card_brand: 'VISA',
  card_issuer_country: 'Bangladesh',
  card_issuer_country_code: 'BD',
  store_id: 'test_testemi',
  verify_sign: 'd42fab70ae0bcbda5280e7baffef60b0',
  verify_key:
    'amount,bank_tran_id,base_fair,card_brand,card_issuer,card_issuer_country,card_issuer_country_code,card_no,card_type,currency,currency_amount,currency_rate,currency_type,risk_level,risk_title,status,store_amount,store_id,tran_date,tran_id,val_id,value_a,value_b,value_c,value_d',
  verify_sign_sha2: '02c0417ff467c109006382d56eedccecd68382e47245266e7b47abbb3d43976e',
  currency_type: 'BDT',
  currency_amount: '10.00',
  currency_rate: '1.0000',
  base_fair: '0.00',
  value_a: '',
  value_b: '',
  value_c: '',
  value_d: '',
  risk_level: '0',
  risk_title: 'Safe',
};
const read = (change: Record<string, unknown> = {}, password = PASSWORD) =>
  readCallback({ ...SAMPLE, ...change }, password);

describe('the signature of a form', () => {
  test('is the one that SSLCommerz itself made', () => {
    expect(signaturesOf(SAMPLE, SAMPLE.verify_key.split(','), PASSWORD)).toEqual({
      verify_sign: SAMPLE.verify_sign,
      verify_sign_sha2: SAMPLE.verify_sign_sha2,
    });
    expect(read()).toMatchObject({
      authentic: true,
      status: 'valid',
      transactionId: SAMPLE.tran_id,
      validationId: SAMPLE.val_id,
    });
  });
  test('does without the second one where it is not given', () => {
    const { verify_sign_sha2: _, ...form } = SAMPLE;
    expect(readCallback(form, PASSWORD).authentic).toBe(true);
  });
  test.each([
    ['a field that is signed', { amount: '1.00' }],
    ['the status', { status: 'FAILED' }],
    ['the transaction', { tran_id: 'OTHER' }],
    ['the first signature', { verify_sign: '0'.repeat(32) }],
    ['the second signature', { verify_sign_sha2: '0'.repeat(64) }],
    ['a signature of another length', { verify_sign: 'd42f' }],
    ['the list of what is signed', { verify_key: 'amount,tran_id' }],
    ['no signature at all', { verify_sign: undefined, verify_sign_sha2: undefined, verify_key: undefined }],
  ])('is wrong after a change of %s', (_, change) => {
    const form = Object.fromEntries(
      Object.entries({ ...SAMPLE, ...change }).filter(([, value]) => value !== undefined),
    );
    expect(readCallback(form, PASSWORD).authentic).toBe(false);
  });
  test('is wrong under another password', () => expect(read({}, 'other').authentic).toBe(false));
  test.each(['tran_id', 'status', 'val_id'])('must be over %s, or that could be exchanged', (name) => {
    const { [name as 'tran_id']: value, ...rest } = { tran_id: 'T1', status: 'VALID', val_id: 'V1' };
    expect(readCallback({ ...signed(rest, PASSWORD), [name]: value }, PASSWORD).authentic).toBe(false);
    expect(readCallback(signed({ ...rest, [name]: value }, PASSWORD), PASSWORD).authentic).toBe(true);
  });
  test('no change of any field of a signed form goes unnoticed', () => {
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(SAMPLE)), fc.string({ minLength: 1, maxLength: 20 }), (name, text) => {
        fc.pre(SAMPLE[name as keyof typeof SAMPLE] !== text);
        try {
          expect(read({ [name]: text }).authentic).toBe(false);
        } catch (error) {
          expect(error).toBeInstanceOf(Rejection);
        }
      }),
    );
  });
});

describe('a form that is none', () => {
  test.each([
    ['nothing', {}],
    ['no transaction', { status: 'VALID' }],
    ['no status', { tran_id: 'T1' }],
    ['a transaction that is no id', { tran_id: '../x', status: 'VALID' }],
    ['a field twice', { tran_id: ['T1', 'T2'], status: 'VALID' }],
    ['too many fields', Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`f${i}`, 'x']))],
    ['a field that is too long', { tran_id: 'T1', status: 'x'.repeat(31) }],
  ])('%s', (_, form) =>
    expect(() => readCallback(form, PASSWORD)).toThrow(
      expect.objectContaining({ code: 'callback-malformed', kind: 'invalid' }),
    ),
  );
});

test('the digest is the same for the same form in any order, and another one for any other', () => {
  const backwards = Object.fromEntries(Object.entries(SAMPLE).reverse());
  expect(readCallback(backwards, PASSWORD).digest).toBe(read().digest);
  expect(read({ value_a: 'x' }).digest).not.toBe(read().digest);
});

describe('amounts', () => {
  test('are written and read without loss', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 1_000_000_000 }),
        fc.constantFrom('BDT', 'JPY', 'KWD'),
        (amount, currency) => expect(moneyOf(decimalOf({ amount, currency }), currency)).toEqual({ amount, currency }),
      ),
    );
    expect(decimalOf({ amount: 5, currency: 'BDT' })).toBe('0.05');
    expect(decimalOf({ amount: 5, currency: 'JPY' })).toBe('5');
    expect(moneyOf('500', 'BDT')).toEqual({ amount: 50_000, currency: 'BDT' });
    expect(moneyOf('500.5', 'BDT')).toEqual({ amount: 50_050, currency: 'BDT' });
    expect(moneyOf('500.5000', 'BDT')).toEqual({ amount: 50_050, currency: 'BDT' });
  });
  test.each(['', '-1', '1e3', '500.001', 'x', '1,000', '99999999999'])('that are none: %s', (text) =>
    expect(moneyOf(text, 'BDT')).toBeUndefined(),
  );
  test.each(['', 'bdt', 'TAKA'])('in no currency: %s', (currency) => expect(moneyOf('1', currency)).toBeUndefined());
});
