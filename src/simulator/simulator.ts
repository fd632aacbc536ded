import type { Server } from 'node:http';
import { createServer } from 'node:http';
import { act, showAttempt } from './act.js';
import type { Simulator } from './control.js';
import { createDeliverer } from './deliver.js';
import { SimulatorError } from './errors.js';
import { createEventStreams } from './event-stream.js';
import { createGraphApi } from './graph-api.js';
import { verifyWebhook } from './handshake.js';
import { createHttpApp } from './http.js';
import type { SimulatorOptions } from './options.js';
import type { PhoneAction } from './phone-actions.js';
import { createStatusReporter } from './report-statuses.js';
import { Rule } from './rules.js';
import { createMessageCalls } from './send-message.js';
import { createSimApi } from './sim-api.js';
import { createTeller } from './tell.js';
import { readTemplateForm } from './template-form.js';
import { createWaits } from './wait.js';
import { createWorld } from './world.js';

const KEEP_ALIVE_MS = 65_000;

/** Makes a simulator that is not listening yet. */
export function createSimulator(options: SimulatorOptions): Simulator {
  const world = createWorld(options);
  const deliverer = createDeliverer(world, (updates, httpStatus) => showAttempt(world, updates, httpStatus));
  const reporter = createStatusReporter(world, deliverer);
  const teller = createTeller(world, deliverer);
  world.bus.subscribe((event) => {
    if (event.event === 'template') teller.template(event.change);
  });
  const waits = createWaits(world);
  const streams = createEventStreams(world, (chat) => reporter.opened(chat));
  const { host = '127.0.0.1', port = 0 } = options;
  let server: Server | undefined;

  const simulator: Simulator = {
    async start() {
      const messages = createMessageCalls(world, reporter);
      const app = createHttpApp({
        graphApi: createGraphApi(world, messages),
        simApi: createSimApi(world, simulator, streams.serve),
        log: world.log,
      });
      server = createServer(app);
      // Longer than clients keep a connection, so that none sends into one that is just being closed.
      server.keepAliveTimeout = KEEP_ALIVE_MS;
      const boundPort = await listen(server, port, host);
      const url = `http://${urlHost(host)}:${boundPort}`;
      world.log.info({ port: boundPort, numbers: world.numbers.size }, 'simulator started');
      return { url, port: boundPort };
    },
    async stop() {
      world.timers.clear();
      waits.stop();
      streams.stop();
      await Promise.all([server === undefined ? undefined : close(server), deliverer.stop()]);
      server = undefined;
    },
    setWebhookUrl(url) {
      world.settings.webhookUrl = url;
      world.bus.publish({ event: 'settings' });
    },
    verifyWebhook: (phoneNumberId) => verifyWebhook(world, world.number(phoneNumberId)),
    setNumbers(numbers) {
      world.numbers.clear();
      for (const number of numbers) {
        const { phoneNumberId, webhookUrl } = number;
        world.numbers.set(phoneNumberId, number);
        if (webhookUrl !== undefined) {
          world.subscriptions.setOfNumber(phoneNumberId, { url: webhookUrl, verifyToken: options.verifyToken });
        }
      }
      world.bus.publish({ event: 'settings' });
    },
    addContact: world.addContact,
    send(contactId, action, { phoneNumberId } = {}) {
      const spelled: PhoneAction = typeof action === 'string' ? { type: 'text', text: action } : action;
      const [message] = act(world, deliverer, [{ contactId, phoneNumberId, action: spelled }]).messages;
      if (message === undefined) throw new Error('an act made no message');
      return { ...message };
    },
    act: (acts) => act(world, deliverer, acts),
    webhooksSettled: deliverer.settled,
    tell: teller,
    nextBotMessage: waits.nextBotMessage,
    botMessages: (contactId, opts) => simulator.messages(contactId, opts).filter((message) => message.by === 'bot'),
    messages(contactId, { phoneNumberId } = {}) {
      const chat =
        phoneNumberId === undefined ? world.chats.ofContact(contactId) : world.chats.chat({ contactId, phoneNumberId });
      return chat.map((message) => ({ ...message }));
    },
    openChat(contactId, phoneNumberId) {
      const chat = {
        contactId: world.contact(contactId).contactId,
        phoneNumberId: world.number(phoneNumberId).phoneNumberId,
      };
      const close = world.open(chat);
      reporter.opened(chat);
      return close;
    },
    setFault(id, on, { phoneNumberId, times } = {}) {
      const numbers =
        phoneNumberId === undefined ? [...world.numbers.keys()] : [world.number(phoneNumberId).phoneNumberId];
      for (const number of numbers) world.faults.set(number, id, on, times);
    },
    injectError({ code, via, times = 1, ...match }) {
      simulator.addRule({ via, effect: { code }, match, times });
    },
    addRule: (rule) => world.rules.add(readRule(rule)),
    removeRule: (id) => void world.rules.remove(id),
    setServiceWindow(on) {
      world.settings.serviceWindow = on;
      world.bus.publish({ event: 'settings' });
    },
    advanceClock: world.advanceClock,
    play(contactId, wamid) {
      const message = world.chats.find(wamid);
      const isVoice = message?.by === 'bot' && message.contactId === contactId && message.type === 'audio';
      if (message === undefined || !isVoice) throw new SimulatorError('unknown_message', 'there is nothing to play');
      reporter.played(message);
    },
    addTemplate(template, { phoneNumberId, status = 'APPROVED' } = {}) {
      const read = readTemplateForm(template);
      if ('fault' in read) throw new SimulatorError('bad_request', read.fault.details);
      const { wabaId } = world.number(phoneNumberId);
      const { name, language } = read.form;
      const old = world.templates.find(wabaId, name, language);
      if (old !== undefined) throw new SimulatorError('bad_request', 'there is such a template already');
      return world.templates.add({ ...read.form, wabaId }, status);
    },
    setStatusMode(mode) {
      world.settings.statusMode = mode;
      world.bus.publish({ event: 'settings' });
    },
    setRateModel(on) {
      world.settings.rateModel = on;
      world.bus.publish({ event: 'settings' });
    },
    setWebhookVersion(version) {
      world.settings.webhookVersion = version;
      world.bus.publish({ event: 'settings' });
    },
    wireLog: () => world.wire.list().map((entry) => ({ ...entry })),
    reset() {
      world.reset();
    },
  };
  return simulator;
}

function readRule(rule: Rule) {
  const parsed = Rule.safeParse(rule);
  if (parsed.success) return parsed.data;
  throw new SimulatorError('bad_request', parsed.error.issues[0]?.message ?? 'no such rule');
}

function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

/** Keep-alive clients, open event streams and calls that are never answered would hold a polite close for ever. */
function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

/** A wildcard address is no address to visit. */
function urlHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}
