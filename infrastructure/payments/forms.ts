import { createHash, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import type { Callback } from '../../application/kernel/gateway.js';
import { Rejection } from '../../domain/kernel/rejection.js';
import type { Money } from '../../domain/kernel/types.js';

/** A form of SSLCommerz: field names and texts. */
export type Form = Readonly<Record<string, string>>;

const hash = (algorithm: 'md5' | 'sha256', text: string): string =>
  createHash(algorithm).update(text, 'utf8').digest('hex');

/**
 * The signatures over the named fields that a form has: `verify_sign` is the MD5 over `name=value` pairs in the order
 * of their names, joined by `&`, with the MD5 of the store password among them as `store_passwd`; `verify_sign_sha2` is
 * the same with SHA-256 in both places. Source: SSLCommerz, "Hash validation", and the sample of its Python library.
 */
export const signaturesOf = (form: Form, names: readonly string[], storePassword: string) => {
  const over = (algorithm: 'md5' | 'sha256'): string => {
    const signed = { ...Object.fromEntries(names.filter((name) => name in form).map((name) => [name, form[name]])) };
    const pairs = Object.entries({ ...signed, store_passwd: hash(algorithm, storePassword) });
    return hash(
      algorithm,
      pairs
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map((pair) => pair.join('='))
        .join('&'),
    );
  };
  return { verify_sign: over('md5'), verify_sign_sha2: over('sha256') };
};

/** A form as the gateway sends it: signed over all of its fields. */
export const signed = (form: Form, storePassword: string): Form => {
  const names = Object.keys(form).sort();
  return { ...form, verify_key: names.join(','), ...signaturesOf(form, names, storePassword) };
};

/** What we read of a form must be signed, or anybody could exchange it and keep the signature. */
const READ = ['tran_id', 'status', 'val_id'];

const isAuthentic = (form: Form, storePassword: string): boolean => {
  const names = (form.verify_key ?? '').split(',');
  if (READ.some((name) => name in form && !names.includes(name))) return false;
  const expected = signaturesOf(form, names, storePassword);
  const md5 = equal(form.verify_sign, expected.verify_sign);
  const sha2 = form.verify_sign_sha2 === undefined || equal(form.verify_sign_sha2, expected.verify_sign_sha2);
  return md5 && sha2;
};

const equal = (given: string | undefined, expected: string): boolean => {
  const bytes = Buffer.from(given ?? '');
  return bytes.length === expected.length && timingSafeEqual(bytes, Buffer.from(expected));
};

const FIELDS_MAX = 100;
const CallbackForm = z
  .record(z.string().max(64), z.string().max(2_000))
  .refine((form) => Object.keys(form).length <= FIELDS_MAX)
  .and(
    z.looseObject({
      tran_id: z.string().regex(/^[A-Za-z0-9]{1,30}$/),
      status: z.string().min(1).max(30),
      val_id: z.string().max(100).optional(),
    }),
  );

const STATUSES: Readonly<Record<string, Callback['status']>> = {
  VALID: 'valid',
  VALIDATED: 'valid',
  FAILED: 'failed',
  CANCELLED: 'cancelled',
};

/** Reads the form of a return or a notification, and whether its signatures are right. */
export const readCallback = (given: Readonly<Record<string, unknown>>, storePassword: string): Callback => {
  const parsed = CallbackForm.safeParse(given);
  if (!parsed.success) throw new Rejection('callback-malformed', 'This is no form of the payment gateway.', 'invalid');
  const form = parsed.data as Form;
  const fields = Object.entries(form).sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    transactionId: form.tran_id!,
    ...(form.val_id && { validationId: form.val_id }),
    status: STATUSES[form.status!] ?? 'other',
    authentic: isAuthentic(form, storePassword),
    digest: hash('sha256', JSON.stringify(fields)),
  };
};

/** Digits after the point of a currency (ISO 4217): 2 for BDT, 0 for JPY. */
const digitsOf = (currency: string): number =>
  new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2;

/** `500.00` */
export const decimalOf = ({ amount, currency }: Money): string => {
  const digits = digitsOf(currency);
  const text = String(amount).padStart(digits + 1, '0');
  return digits === 0 ? text : `${text.slice(0, -digits)}.${text.slice(-digits)}`;
};

/** Undefined for what is no amount of that currency; never rounds. */
export const moneyOf = (decimal: string | undefined, currency: string | undefined): Money | undefined => {
  if (!decimal || !currency || !/^[A-Z]{3}$/.test(currency)) return undefined;
  const [, whole, fraction = ''] = /^(\d{1,10})(?:\.(\d+))?$/.exec(decimal) ?? [];
  const digits = digitsOf(currency);
  if (whole === undefined || /[1-9]/.test(fraction.slice(digits))) return undefined;
  return { amount: Number(whole + fraction.slice(0, digits).padEnd(digits, '0')), currency };
};
