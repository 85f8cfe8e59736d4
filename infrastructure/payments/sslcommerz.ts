import { z } from 'zod';
import {
  type GatewayAnswer,
  GatewayRefused,
  GatewayUnavailable,
  type PaymentGateway,
} from '../../application/kernel/gateway.js';
import { decimalOf, moneyOf, readCallback } from './forms.js';

export interface SslCommerzOptions {
  /** `https://securepay.sslcommerz.com`, or the sandbox. */
  readonly baseUrl: string;
  readonly storeId: string;
  readonly storePassword: string;
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 10_000;
const SESSION = '/gwprocess/v4/api.php';
const VALIDATION = '/validator/api/validationserverAPI.php';
const MERCHANT = '/validator/api/merchantTransIDvalidationAPI.php';

// The gateway writes amounts now as texts and now as numbers, and leaves out or empties what it does not know.
const Text = z
  .union([z.string(), z.number()])
  .nullish()
  .transform((value) => (value === null || value === undefined || value === '' ? undefined : String(value)));

const Session = z.object({ status: z.string(), sessionkey: Text, GatewayPageURL: Text });
const Payment = z.object({
  status: z.string(),
  tran_id: Text,
  val_id: Text,
  amount: Text,
  currency: Text,
  currency_type: Text,
  currency_amount: Text,
  bank_tran_id: Text,
  card_type: Text,
  card_brand: Text,
  card_issuer: Text,
  card_no: Text,
  risk_level: Text,
});
const Payments = z.object({ element: z.array(Payment).optional() });
const Refund = z.object({ status: z.string(), refund_ref_id: Text });
const Connected = z.object({ APIConnect: z.string().optional() });

/** SSLCommerz v4 by its five calls. Source: developer.sslcommerz.com/doc/v4. */
export const sslCommerz = ({
  baseUrl,
  storeId,
  storePassword,
  timeoutMs = TIMEOUT_MS,
}: SslCommerzOptions): PaymentGateway => {
  const credentials = { store_id: storeId, store_passwd: storePassword };

  const call = async <S extends z.ZodType>(path: string, shape: S, init: RequestInit): Promise<z.output<S>> => {
    let text: string;
    let status: number;
    try {
      const answer = await fetch(`${baseUrl.replace(/\/$/, '')}${path}`, {
        ...init,
        redirect: 'error',
        signal: AbortSignal.timeout(timeoutMs),
      });
      status = answer.status;
      text = await answer.text();
    } catch {
      // What fetch throws may quote the URL, and the URL holds the store's password.
      throw new GatewayUnavailable('no answer');
    }
    if (status >= 400 && status < 500) throw new GatewayRefused(`status ${status}`);
    if (status >= 500) throw new GatewayUnavailable(`status ${status}`);
    const body = parse(text);
    const { APIConnect = 'DONE' } = Connected.safeParse(body).data ?? {};
    if (APIConnect !== 'DONE') throw new GatewayRefused('not connected');
    const parsed = shape.safeParse(body);
    if (!parsed.success) throw new GatewayUnavailable('an answer that cannot be read');
    return parsed.data;
  };
  const get = <S extends z.ZodType>(path: string, shape: S, fields: Record<string, string>) =>
    call(`${path}?${new URLSearchParams({ ...fields, ...credentials, v: '1', format: 'json' }).toString()}`, shape, {});

  return {
    async openSession({ transactionId, total, returnUrl, notifyUrl, payer, product }) {
      const body = new URLSearchParams({
        ...credentials,
        tran_id: transactionId,
        total_amount: decimalOf(total),
        currency: total.currency,
        success_url: returnUrl,
        fail_url: returnUrl,
        cancel_url: returnUrl,
        ipn_url: notifyUrl,
        cus_name: payer.name,
        cus_email: payer.email,
        cus_phone: payer.phone,
        cus_add1: 'Dhaka',
        cus_city: 'Dhaka',
        cus_country: 'Bangladesh',
        shipping_method: 'NO',
        num_of_item: '1',
        product_name: product,
        product_category: 'Health',
        product_profile: 'non-physical-goods',
        emi_option: '0',
      });
      const { status, sessionkey, GatewayPageURL } = await call(SESSION, Session, { method: 'POST', body });
      if (status !== 'SUCCESS' || !sessionkey || !GatewayPageURL) throw new GatewayRefused('no session');
      return { sessionKey: sessionkey, pageUrl: GatewayPageURL };
    },

    readCallback: (form) => readCallback(form, storePassword),

    async validate(validationId) {
      return answerOf(await get(VALIDATION, Payment, { val_id: validationId }));
    },

    async query(transactionId) {
      const { element = [] } = await get(MERCHANT, Payments, { tran_id: transactionId });
      const answers = element.map(answerOf);
      const says = (...statuses: GatewayAnswer['status'][]) => answers.find(({ status }) => statuses.includes(status));
      return says('valid', 'validated') ?? says('pending') ?? says('failed') ?? { status: 'unknown' };
    },

    async refund({ bankTransactionId, refundId, total, remarks }) {
      const { status, refund_ref_id } = await get(MERCHANT, Refund, {
        bank_tran_id: bankTransactionId,
        refund_trans_id: refundId,
        refund_amount: decimalOf(total),
        refund_remarks: remarks,
        refe_id: refundId,
      });
      // `success` says that it was begun, `processing` that it had been begun before.
      if (!['success', 'processing'].includes(status) || !refund_ref_id) throw new GatewayRefused('no refund');
      return { gatewayRefundId: refund_ref_id };
    },

    async queryRefund(gatewayRefundId) {
      const { status } = await get(MERCHANT, Refund, { refund_ref_id: gatewayRefundId });
      return status === 'refunded' || status === 'processing' ? status : 'failed';
    },
  };
};

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    throw new GatewayUnavailable('an answer that cannot be read');
  }
};

const ANSWERS: Readonly<Record<string, GatewayAnswer['status']>> = {
  VALID: 'valid',
  VALIDATED: 'validated',
  PENDING: 'pending',
  FAILED: 'failed',
  CANCELLED: 'failed',
  EXPIRED: 'failed',
  UNATTEMPTED: 'pending',
};

const answerOf = (payment: z.output<typeof Payment>): GatewayAnswer => {
  const { tran_id, val_id, amount, currency, bank_tran_id, card_type, risk_level } = payment;
  // `currency_type` and `currency_amount` are what we asked for; `amount` is in the currency that was charged.
  const asked = moneyOf(payment.currency_amount ?? amount, payment.currency_type ?? currency);
  const charged = moneyOf(amount, currency);
  const total = asked && charged && asked.currency === charged.currency ? charged : asked;
  return {
    status: ANSWERS[payment.status] ?? 'unknown',
    ...(tran_id !== undefined && { transactionId: tran_id }),
    ...(val_id !== undefined && { validationId: val_id }),
    ...(total && { total }),
    ...(bank_tran_id !== undefined && { bankTransactionId: bank_tran_id }),
    ...(card_type !== undefined && {
      card: {
        type: card_type.slice(0, 60),
        brand: (payment.card_brand ?? '').slice(0, 60),
        issuer: (payment.card_issuer ?? '').slice(0, 120),
        masked: (payment.card_no ?? '').slice(0, 30),
      },
    }),
    // Whatever is not clearly safe is risky.
    risk: risk_level === '0' ? 'low' : 'high',
  };
};
