import { errorTable, type Rule, verdictFor } from '../../src/cloud-api/errors.js';
import { OUTBOUND_KINDS } from './outbound-kinds.js';

/** The pages of `docs/whatsapp` that are made from tables: of the kinds of messages, and of Meta's error codes. */
export function whatsappPages(): { name: string; text: string }[] {
  return [
    { name: 'outbound.md', text: outboundPage() },
    { name: 'errors.md', text: errorsPage() },
  ];
}

function outboundPage(): string {
  const rows = Object.values(OUTBOUND_KINDS).map(({ key, wire, limits }) => `| ${key} | \`${wire}\` | ${limits} |`);
  return `# What a bot can send

Made by \`npm run docs\`; \`test/unit/docs/whatsapp-pages.test.ts\` sends an example of every row and one beyond its limit.
Lengths are characters. They are checked when a flow is checked, and again before a message is sent: what is too long is
given up with the name of the limit, and \`handlers.status\` hears of it.

| in a flow | Meta's type | limits |
| --- | --- | --- |
${rows.join('\n')}

Beside them, with any message: \`replyTo\` (quotes a message; not with reactions), \`markRead\`, \`typing\`, \`delay\`, \`then\`, and
\`outsideWindow\` for what shall happen when the contact has not written for 24 hours (72 when it came from an advertisement).
Each carries \`biz_opaque_callback_data\`, by which its statuses find it, and goes to the contact's number (\`to\`), or to its
business-scoped user id (\`recipient\`) where the number is not known.
`;
}

function errorsPage(): string {
  const rows = errorTable().map(({ codes, rule }) => {
    const [code] = codes;
    return `| ${codes.join(' to ')} | ${rule.reason} | ${doing(rule, code)} | ${SOURCES[rule.source ?? 'meta']} |`;
  });
  return `# Meta's error codes, and what Parlance does

Made by \`npm run docs\` from \`src/cloud-api/errors.ts\`; \`test/unit/docs/whatsapp-pages.test.ts\` gives every code to the
code that decides, and compares. Parlance decides on the code, not on the HTTP status. Where Meta calls an error transient
(\`is_transient\`), it is tried three times whatever stands here.

* **given up**: the message is a dead letter, and \`handlers.status\` hears of it, with the code.
* **paused**: nothing of the number goes out; messages wait, one of them tries now and then, and all go out once it works.
* **may double**: Meta may have sent it all the same; a status settles that, and only without one it is sent again.

| code | meaning | what Parlance does | source |
| --- | --- | --- | --- |
${rows.join('\n')}

A code that is not here: HTTP 429 waits for the number, 5xx is tried three times and may double, all others are given up.
Answers without a code (HTML, nothing, cut off, 3 MB): with HTTP 2xx or 5xx Meta may have sent the message; 401 to 407, 410 and
redirects pause the number; 400 gives the message up. Five failures of Graph itself in a row pause the number as
\`graph_failing\`, with a try after 1 s, 2 s … 15 s.
`;
}

const SOURCES = { meta: 'Meta', clients: 'open clients', unconfirmed: 'unconfirmed' } as const;

function doing(rule: Rule, code: number): string {
  if (rule.kind === 'pause') return 'paused';
  if (rule.kind === 'reject') return rule.remedy === 'template' ? 'given up, or as `outsideWindow` says' : 'given up';
  const waits: string[] = [];
  for (let attempt = 1; attempt <= 3; attempt++) {
    const verdict = verdictFor({ code, httpStatus: 400, isTransient: false }, attempt);
    if (verdict.outcome === 'retry') waits.push(`${verdict.afterMs / 1_000} s`);
  }
  const many = Number.isFinite(rule.maxTries) ? `, ${rule.maxTries} tries` : ' …';
  return `again after ${waits.join(', ')}${many} (${rule.scope})${rule.mayHaveBeenSent ? ', may double' : ''}`;
}
