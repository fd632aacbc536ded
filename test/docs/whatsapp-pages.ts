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

## What Meta says after it took a message

Most failures come later, as a status \`failed\` with a code.

| code | what Parlance does | shown by |
| --- | --- | --- |
| 131047 | the window is closed, whatever was counted: the message's \`outsideWindow\` takes its place once, before what waits, and what waits follows the same rule | \`test/integration/outbound/substitutes.test.ts\`: “sends the template in its place, before what waits; that follows the same rule, and no flow hears of a failure” |
| 131050 | the contact wants no marketing, unless it has said the opposite since the message was sent: \`profile.optOuts.marketing_messages\`. Marketing templates are left out before the call (\`marketing_opt_out\`, which \`handlers.status\` hears of) until it opts in; utility and authentication go on | \`test/integration/outbound/failed-sends.test.ts\`: “is sent no more of it: Meta is not asked, its flow hears of it, and the next message leaves”; \`test/integration/outbound/through-meta.test.ts\`: “gets none, and Meta is not asked, until it wants it again; what is no marketing goes on” |
| 131053 | with a file of the bot: Meta's id of it is forgotten, and the message is sent once more with a fresh upload | \`test/integration/outbound/substitutes.test.ts\`: “is sent once more, and the item says which id is of no use”; \`test/integration/outbound/through-meta.test.ts\`: “is uploaded again, and the message comes once more” |
| all others | the message has failed: \`handlers.status\` hears of it, once | \`test/integration/outbound/failed-sends.test.ts\`: “tells of one that comes late, once, however often Meta repeats it” |

A message of unknown fate that is left out, because a person or another app has the word, is believed to be whatever a late status
says (\`test/integration/conversation/staff-pause.test.ts\`: “of which nobody knows whether Meta has it: a late %s is believed”).
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
