import type { FastifyInstance, FastifyPluginCallback, FastifyReply } from 'fastify';
import { randomBytes } from 'node:crypto';
import { type GatewayAnswer, GatewayRefused } from '../../application/kernel/gateway.js';
import { decimalOf, type Form, moneyOf } from './forms.js';
import { type GatewaySimulator, type HostedSession, type Outcome, OUTCOMES } from './simulator.js';

type Fields = Readonly<Record<string, string | undefined>>;

/**
 * The simulator over HTTP: the five calls of SSLCommerz v4 in its own wire format, and the page on which the payer
 * decides. Registered under a prefix, in a context of its own.
 */
export const simulatorPages =
  (
    simulator: GatewaySimulator,
    store: { readonly storeId: string; readonly storePassword: string },
  ): FastifyPluginCallback =>
  (fastify: FastifyInstance, _options, done) => {
    const known = ({ store_id, store_passwd }: Fields): boolean =>
      store_id === store.storeId && store_passwd === store.storePassword;
    parseForms(fastify);

    fastify.post('/gwprocess/v4/api.php', async ({ body }) => {
      const fields = body as Fields;
      const { tran_id, success_url, ipn_url, cus_name, cus_email, cus_phone, product_name } = fields;
      const total = moneyOf(fields.total_amount, fields.currency);
      const complete = total && tran_id && success_url && ipn_url && cus_name && cus_email && cus_phone && product_name;
      if (!known(fields)) return { status: 'FAILED', failedreason: 'Store Credential Error Or Store is De-active' };
      if (!complete || tran_id.length > 30) return { status: 'FAILED', failedreason: 'A mandatory field is missing' };
      try {
        const { sessionKey, pageUrl } = await simulator.openSession({
          transactionId: tran_id,
          total,
          returnUrl: success_url,
          notifyUrl: ipn_url,
          payer: { name: cus_name, email: cus_email, phone: cus_phone },
          product: product_name,
        });
        return { status: 'SUCCESS', sessionkey: sessionKey, GatewayPageURL: pageUrl };
      } catch {
        return { status: 'FAILED', failedreason: 'Invalid amount' };
      }
    });

    fastify.get('/validator/api/validationserverAPI.php', async ({ query }) => {
      const fields = query as Fields;
      if (!known(fields)) return { APIConnect: 'FAILED', status: 'FAILED' };
      return { APIConnect: 'DONE', ...wireOf(await simulator.validate(fields.val_id ?? '')) };
    });

    fastify.get('/validator/api/merchantTransIDvalidationAPI.php', async ({ query }) => {
      const fields = query as Fields;
      if (!known(fields)) return { APIConnect: 'FAILED', status: 'failed' };
      if (fields.refund_ref_id !== undefined) {
        const status = await simulator.queryRefund(fields.refund_ref_id);
        const said = status === 'failed' ? 'cancelled' : status;
        return { APIConnect: 'DONE', refund_ref_id: fields.refund_ref_id, status: said };
      }
      if (fields.bank_tran_id !== undefined) return { APIConnect: 'DONE', ...(await refund(simulator, fields)) };
      const answer = await simulator.query(fields.tran_id ?? '');
      const element = answer.status === 'unknown' ? [] : [wireOf(answer)];
      return { APIConnect: 'DONE', no_of_trans_found: element.length, element };
    });

    fastify.get<{ Params: { key: string } }>('/pay/:key', (request, reply) => {
      const session = simulator.session(request.params.key);
      return session ? show(reply, payPage(session)) : show(reply.status(404), gonePage);
    });

    fastify.post<{ Params: { key: string } }>('/pay/:key', async (request, reply) => {
      const { outcome } = request.body as Fields;
      if (!OUTCOMES.includes(outcome as Outcome)) return show(reply.status(400), gonePage);
      const decided = await simulator.decide(request.params.key, outcome as Outcome);
      return decided
        ? show(reply, backPage(decided.returnUrl, decided.form), decided.returnUrl)
        : show(reply.status(404), gonePage);
    });
    done();
  };

const BODY_BYTES_MAX = 64 * 1024;

const parseForms = (fastify: FastifyInstance): void => {
  const type = 'application/x-www-form-urlencoded';
  if (fastify.hasContentTypeParser(type)) fastify.removeContentTypeParser(type);
  fastify.addContentTypeParser(type, { parseAs: 'string', bodyLimit: BODY_BYTES_MAX }, (_request, body, done) =>
    done(null, Object.fromEntries(new URLSearchParams(body as string))),
  );
};

const refund = async (simulator: GatewaySimulator, fields: Fields): Promise<object> => {
  const total = moneyOf(fields.refund_amount, 'BDT');
  if (!total || !fields.refund_trans_id) return { status: 'failed', errorReason: 'A mandatory field is missing' };
  try {
    const { gatewayRefundId } = await simulator.refund({
      bankTransactionId: fields.bank_tran_id!,
      refundId: fields.refund_trans_id,
      total,
      remarks: fields.refund_remarks ?? '',
    });
    return { status: 'success', bank_tran_id: fields.bank_tran_id, refund_ref_id: gatewayRefundId };
  } catch (error) {
    if (error instanceof GatewayRefused) return { status: 'failed', errorReason: error.message };
    throw error;
  }
};

const STATUSES: Readonly<Record<GatewayAnswer['status'], string>> = {
  valid: 'VALID',
  validated: 'VALIDATED',
  pending: 'PENDING',
  failed: 'FAILED',
  unknown: 'INVALID_TRANSACTION',
};

const wireOf = ({ status, transactionId, validationId, total, bankTransactionId, card, risk }: GatewayAnswer) => ({
  status: STATUSES[status],
  tran_id: transactionId ?? '',
  val_id: validationId ?? '',
  amount: total ? decimalOf(total) : '',
  currency: total?.currency ?? '',
  currency_type: total?.currency ?? '',
  currency_amount: total ? decimalOf(total) : '',
  bank_tran_id: bankTransactionId ?? '',
  card_type: card?.type ?? '',
  card_brand: card?.brand ?? '',
  card_issuer: card?.issuer ?? '',
  card_no: card?.masked ?? '',
  risk_level: risk === 'high' ? '1' : '0',
  risk_title: risk === 'high' ? 'Risky' : 'Safe',
});

interface Page {
  readonly title: string;
  readonly body: string;
  readonly script?: string;
}

/** Nothing but what the page itself brings may run or load; its form may go here and to where the payer came from. */
const show = (reply: FastifyReply, { title, body, script }: Page, formTo = ''): FastifyReply => {
  const nonce = randomBytes(16).toString('base64');
  const target = URL.canParse(formTo) ? new URL(formTo).origin : '';
  const policy = `default-src 'none'; style-src 'nonce-${nonce}'; script-src 'nonce-${nonce}'; form-action 'self' ${target}; frame-ancestors 'none'; base-uri 'none'`;
  return reply
    .header('content-security-policy', policy)
    .header('cache-control', 'no-store')
    .header('referrer-policy', 'no-referrer')
    .type('text/html; charset=utf-8')
    .send(
      `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} – Simulated payment gateway</title>
<style nonce="${nonce}">${STYLE}</style>
</head>
<body>
<main>
${body}
</main>
${script ? `<script nonce="${nonce}">${script}</script>` : ''}
</body>
</html>
`,
    );
};

const payPage = ({ product, total, transactionId, status }: HostedSession): Page => ({
  title: 'Pay',
  body: `<h1>Pay ${escape(total.currency)} ${decimalOf(total)}</h1>
<p class="note">This gateway is simulated. No money is taken.</p>
<dl>
<dt>For</dt><dd>${escape(product)}</dd>
<dt>Transaction</dt><dd>${escape(transactionId)}</dd>
</dl>
${
  status === 'VALID'
    ? '<p role="status">This is paid already.</p>'
    : `<form method="post">
<button name="outcome" value="pay" class="main">Pay</button>
<button name="outcome" value="payRisky">Pay, and let it look risky</button>
<button name="outcome" value="fail">Let the card be declined</button>
<button name="outcome" value="cancel">Cancel</button>
</form>`
}`,
});

const backPage = (returnUrl: string, form: Form): Page => ({
  title: 'Going back',
  script: "document.getElementById('back').submit()",
  body: `<h1>Going back</h1>
<form method="post" id="back" action="${escape(returnUrl)}">
${Object.entries(form)
  .map(([name, value]) => `<input type="hidden" name="${escape(name)}" value="${escape(value)}">`)
  .join('\n')}
<button class="main">Go back to the hospital</button>
</form>`,
});

const gonePage: Page = {
  title: 'Not found',
  body: '<h1>Not found</h1><p>There is no such payment here. Go back and begin again.</p>',
};

const STYLE = `
:root { color-scheme: light dark }
body { font: 1rem/1.5 system-ui, sans-serif; margin: 0; display: grid; min-height: 100vh; place-items: center }
main { width: min(26rem, 100% - 2rem); padding: 2rem 0 }
h1 { font-size: 1.5rem; margin: 0 0 .5rem }
dl { display: grid; grid-template-columns: auto 1fr; gap: .25rem 1rem }
dt { font-weight: 600 }
dd { margin: 0; overflow-wrap: anywhere }
form { display: grid; gap: .75rem; margin-top: 1.5rem }
button { font: inherit; padding: .75rem 1rem; border: 1px solid currentColor; border-radius: .5rem; background: none; color: inherit; cursor: pointer }
button.main { background: #0b57d0; border-color: #0b57d0; color: #fff }
button:focus-visible { outline: 3px solid #f9ab00; outline-offset: 2px }
`;

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const escape = (text: string): string => text.replace(/[&<>"']/g, (char) => ENTITIES[char]!);
