/** Calls of the simulator's own API. Throws an Error whose message is for a person. */
async function call(method, path, body) {
  const answer = await fetch(`/sim${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  if (answer.status === 204) return undefined;
  const json = await answer.json();
  if (!answer.ok) throw new Error(json.error?.message ?? `HTTP ${answer.status}`);
  return json;
}

const chatQuery = (chat) => new URLSearchParams(chat).toString();
const contactPath = (contactId) => `/contacts/${encodeURIComponent(contactId)}/messages`;

export const api = {
  state: () => call('GET', '/state'),
  messages: async ({ contactId, phoneNumberId }) =>
    (await call('GET', `${contactPath(contactId)}?${new URLSearchParams({ phoneNumberId })}`)).data,
  wire: async (chat) => (await call('GET', `/wire?${chatQuery(chat)}`)).data,
  send: ({ contactId, phoneNumberId }, action) => call('POST', contactPath(contactId), { ...action, phoneNumberId }),
  setFault: (phoneNumberId, id, on) =>
    call('PUT', `/numbers/${encodeURIComponent(phoneNumberId)}/faults/${encodeURIComponent(id)}`, { on }),
  setSettings: (settings) => call('PUT', '/settings', settings),
  verify: (phoneNumberId) => call('POST', '/webhook/verify', { phoneNumberId }),
  played: ({ contactId }, messageId) =>
    call('POST', `/contacts/${encodeURIComponent(contactId)}/played`, { messageId }),
  changeIdentity: ({ contactId, phoneNumberId }, change) =>
    call('POST', `/contacts/${encodeURIComponent(contactId)}/identity`, { ...change, phoneNumberId }),
  setOffers: ({ contactId, phoneNumberId }, wanted) =>
    call('PUT', `/contacts/${encodeURIComponent(contactId)}/offers`, { wanted, phoneNumberId }),
  echo: ({ contactId, phoneNumberId }, message) =>
    call('POST', `/contacts/${encodeURIComponent(contactId)}/echoes`, { message, phoneNumberId }),
  samples: async () => (await call('GET', '/webhooks')).data,
  sendSample: (chat, id) => call('POST', `/webhooks/${encodeURIComponent(id)}`, chat),
  advanceClock: (advanceMs) => call('POST', '/clock', { advanceMs }),
  reset: () => call('POST', '/reset', {}),
  /** The stream also means: the contact looks at this chat. */
  events: (chat) => new EventSource(`/sim/events?${chatQuery(chat)}`),
};
