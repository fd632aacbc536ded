import { type CallHandler, createPerformCall } from '../calls/perform-call.js';
import { profileOf } from '../conversation/conversation.js';
import type { TurnEndpoint } from '../conversation/turn-task.js';
import type { FlowVersion } from '../flow/definition.js';
import { readDuration } from '../flow/durations.js';
import { isJsonObject, type Json, type JsonObject } from '../shared/json.js';
import type { CallLog, LoggedCall } from './call-log.js';
import { contactMessage, type Offer, offersOf, tapMessage } from './contact-message.js';
import { Conversation, type RehearsalLimits, type Said, StandingClock, type Turned } from './conversation.js';
import { choicesOf } from './describe.js';
import { type Failure, judgeTurn, placeText } from './judge.js';
import { contactOf, findOffer, isCutOff, lastSaidBy, placeOf, playTurn, UNDELIVERABLE } from './play.js';
import type { RecordedTurn, Recording } from './record.js';
import type { Story } from './story.js';
import { durationText } from './words.js';

/** What a chat shows, as it happens. */
export interface ChatScreen {
  said(said: Said): void;
  trace(turned: Pick<Turned, 'trace'>): void;
  /** an answer to a command, or why there is none */
  note(text: string): void;
}

export interface ChatSetup {
  version: FlowVersion;
  endpoint: TurnEndpoint;
  profile: JsonObject;
  nowMs: number;
  limits: RehearsalLimits;
  handlers: { readonly [kind: string]: CallHandler };
  /** what the handlers were asked, to be recorded */
  calls: CallLog;
  trace: boolean;
  screen: ChatScreen;
}

const HELP = `Write as the contact would. A number taps what is listed under the last message; an empty line ends a pause.
  /tap id          taps a button or row, also of an older message
  /say text        sends a text that looks like a number or a command
  /send json       sends something else: {"location":{"latitude":38.7,"longitude":-9.1}}, {"image":{}}, {"reaction":"👍"}
  /wait 10m        lets time pass: pauses, timeouts and the end of the session come due
  /fail step       the last message of that step does not reach the contact
  /handover        the colleague gives the conversation back
  /context  /profile  /session
  /trace on|off    shows each step and what it decided
  /reset           begins a new conversation
  /quit`;

/** A conversation line by line. Time stands still but for pauses of the flow and `/wait`. */
export class Chat {
  private conversation: Conversation;
  private version: FlowVersion;
  private isTracing: boolean;
  private turns: RecordedTurn[] = [];
  private readonly calls: LoggedCall[] = [];
  private readonly past: Recording[] = [];
  /** what the last menu of the last turn offers, to be tapped by number */
  private offers: readonly Offer[] = [];

  constructor(private readonly setup: ChatSetup) {
    this.version = setup.version;
    this.isTracing = setup.trace;
    this.conversation = this.begin();
  }

  /** Conversations so far, with what would let them be played again. */
  get recordings(): Recording[] {
    const current = { turns: this.turns, calls: [...this.calls] };
    return [...this.past, { name: `conversation ${this.past.length + 1}`, ...current }];
  }

  /** @returns false when the chat is over */
  async line(written: string): Promise<boolean> {
    const text = written.trim();
    if (text === '') await this.skip();
    else if (text.startsWith('/')) return this.command(text);
    else {
      const offer = /^\d{1,2}$/.test(text) ? this.offers[Number(text) - 1] : undefined;
      if (offer === undefined) await this.send({ text: written });
      else await this.tap(offer);
    }
    return true;
  }

  /** Goes through what took place elsewhere, and says where it goes another way here for the first time. */
  async replay({ turns }: Story): Promise<void> {
    const { screen } = this.setup;
    let isSame = true;
    for (const [index, { act, turn }] of turns.entries()) {
      screen.note(`> ${lineOf(act)}`);
      const played = await playTurn(this.conversation, turn);
      this.shown({ trace: [...played.trace] });
      this.keep(act, played.said);
      const other: Failure | undefined = isSame ? judgeTurn(turn, played, index, [])[0] : undefined;
      if (other !== undefined) screen.note([`Another way than there (-): ${other.message}`, ...other.diff].join('\n'));
      isSame &&= other === undefined;
      if (isCutOff(played)) return;
    }
  }

  /** Takes other flows; the session stays where it is, by the ids of steps. */
  use(version: FlowVersion): void {
    this.version = version;
    this.conversation.use(version);
  }

  /** How long the flow pauses from now, or collects a burst of messages, ms; undefined when it does neither. */
  get pauseMs(): number | undefined {
    const { burstEndsMs } = this.conversation;
    if (burstEndsMs !== undefined) return Math.max(0, burstEndsMs - this.conversation.nowMs);
    const at = placeOf(this.conversation);
    const step = typeof at === 'string' ? undefined : this.version.byName.get(at.flow)?.steps.get(at.step);
    const dueMs = this.conversation.nextTimerMs;
    return step?.kind !== 'sleep' || dueMs === undefined ? undefined : Math.max(0, dueMs - this.conversation.nowMs);
  }

  /** Ends the pause of the flow that is under way, if there is one. */
  async skip(): Promise<void> {
    const { pauseMs } = this;
    if (pauseMs !== undefined) await this.wait(pauseMs);
  }

  private begin(): Conversation {
    const { endpoint, limits, handlers, screen, nowMs, profile } = this.setup;
    return new Conversation({
      version: this.version,
      endpoint,
      contact: contactOf(profile),
      clock: new StandingClock(nowMs),
      limits,
      performCall: createPerformCall(handlers),
      onSaid: (said) => screen.said(said),
    });
  }

  private async command(text: string): Promise<boolean> {
    const [name = ''] = text.split(/\s/, 1);
    const rest = text.slice(name.length).trim();
    const { screen } = this.setup;
    switch (name) {
      case '/quit':
      case '/exit':
        return false;
      case '/context':
        screen.note(pretty(this.conversation.session?.flow.context ?? {}));
        break;
      case '/profile':
        screen.note(pretty(profileOf(this.conversation.contact)));
        break;
      case '/session':
        screen.note(this.sessionText());
        break;
      case '/trace':
        this.isTracing = rest !== 'off';
        screen.note(`trace ${this.isTracing ? 'on' : 'off'}`);
        break;
      case '/wait':
        await this.waitFor(rest);
        break;
      case '/handover':
        await this.take({ handoverEnded: true }, () => this.conversation.endHandover());
        break;
      case '/fail':
        await this.fail(rest);
        break;
      case '/say':
        await this.send({ text: rest });
        break;
      case '/send':
        await this.sendJson(rest);
        break;
      case '/tap':
        await this.tapNamed(rest);
        break;
      case '/reset':
        this.reset();
        break;
      default:
        screen.note(name === '/help' ? HELP : `There is no command ${name}; /help lists them.`);
    }
    return true;
  }

  private sessionText(): string {
    const { session, nextTimerMs, nowMs } = this.conversation;
    if (session === undefined) return 'There is no session: the next message begins one.';
    const timer =
      nextTimerMs === undefined ? '' : `, the next timer is due in ${Math.round((nextTimerMs - nowMs) / 1000)} s`;
    const at = placeText(placeOf(this.conversation));
    return `It waits at ${at}${timer}.\n${pretty({ id: session.flow.id, handover: session.flow.handover, at: new Date(nowMs).toISOString() })}`;
  }

  private async send(sent: JsonObject): Promise<void> {
    const { text } = sent;
    const contact = typeof text === 'string' && Object.keys(sent).length === 1 ? text : sent;
    await this.take({ contact }, () => this.conversation.receive(contactMessage(sent, this.conversation.said)));
  }

  private async fail(named: string): Promise<void> {
    const failed = lastSaidBy(this.conversation.said, named);
    if (failed === undefined) this.setup.screen.note(`The step ${named} has said nothing.`);
    else await this.take({ fails: failed.step }, () => this.conversation.fail(failed, [UNDELIVERABLE]));
  }

  private async sendJson(written: string): Promise<void> {
    const sent = parse(written);
    if (isJsonObject(sent) && Object.keys(sent).length > 0) await this.send(sent);
    else this.setup.screen.note('Write JSON with one key, for example /send {"image":{"caption":"Look"}}');
  }

  private async tapNamed(name: string): Promise<void> {
    const offer = findOffer(offersOf(this.conversation.said), name, undefined);
    if (offer === undefined) this.setup.screen.note(`Nothing called ${name} was offered.`);
    else await this.tap(offer);
  }

  private async tap(offer: Offer): Promise<void> {
    await this.take({ tap: offer.choice.id }, () => this.conversation.receive(tapMessage(offer)));
  }

  private async waitFor(written: string): Promise<void> {
    const ms = readDuration(written);
    if (ms === undefined || ms === 0) this.setup.screen.note('Write how long: /wait 10m, /wait 1h 30m');
    else await this.wait(ms);
  }

  private async wait(ms: number): Promise<void> {
    const said: Said[] = [];
    await this.conversation.pass(ms, (turned) => {
      said.push(...turned.said);
      this.shown(turned);
    });
    if (ms > 0) this.keep({ wait: durationText(ms) }, said);
  }

  private async take(act: JsonObject, turn: () => Promise<Turned>): Promise<void> {
    const turned = await turn();
    this.shown(turned);
    this.keep(act, turned.said);
  }

  private shown(turned: Pick<Turned, 'trace'>): void {
    if (this.isTracing) this.setup.screen.trace(turned);
    else if (turned.trace.some(({ outcome }) => outcome === 'failed')) {
      this.setup.screen.trace({ trace: turned.trace.filter(({ outcome }) => outcome === 'failed') });
    }
  }

  private keep(act: JsonObject, said: readonly Said[]): void {
    const at = placeOf(this.conversation);
    this.calls.push(...this.setup.calls.take());
    this.turns.push({ act, said, at: typeof at === 'string' ? at : at.step });
    const menu = said.findLast(({ content }) => choicesOf(content).length > 0);
    if (said.length > 0) this.offers = menu === undefined ? [] : offersOf([menu]);
  }

  private reset(): void {
    if (this.turns.length > 0) this.past.push(...this.recordings.slice(-1));
    this.turns = [];
    this.calls.length = 0;
    this.offers = [];
    this.conversation = this.begin();
    this.setup.screen.note('A new conversation begins.');
  }
}

/** What one would write for it here. */
function lineOf({ contact, tap, wait, fails }: JsonObject): string {
  if (typeof contact === 'string') return contact;
  if (contact !== undefined) return `/send ${JSON.stringify(contact)}`;
  if (typeof tap === 'string') return `/tap ${tap}`;
  if (typeof wait === 'string') return `/wait ${wait}`;
  return typeof fails === 'string' ? `/fail ${fails}` : '/handover';
}

function pretty(value: Json): string {
  return JSON.stringify(value, undefined, 2);
}

function parse(written: string): Json | undefined {
  try {
    const value: Json = JSON.parse(written);
    return value;
  } catch {
    return undefined;
  }
}
