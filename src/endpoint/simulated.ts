import { createHmac } from 'node:crypto';
import type { Endpoint } from './endpoint.js';

/** What a number at Meta has and a demo bot gets from the simulator. */
export type Credentials = Pick<
  Endpoint,
  'urlToken' | 'verifyToken' | 'appId' | 'appSecrets' | 'accessToken' | 'phoneNumberId' | 'wabaId'
>;

/**
 * The simulator's credentials of a demo bot: the same in every process that has the same `simulator.key`, also after a
 * restart. They open nothing but the simulator, so a key that everybody can read is good enough. All demo bots belong to
 * one app, as several numbers of a company do.
 */
export function simulatedCredentials(simulatorKey: string, endpointId: string): Credentials {
  const derive = (label: string) => createHmac('sha256', simulatorKey).update(label).digest('hex').slice(0, 32);
  return {
    urlToken: `demo-${derive(`url token of ${endpointId}`)}`,
    verifyToken: derive('verify token'),
    appId: '100000000000001',
    appSecrets: [derive('app secret')],
    accessToken: derive('access token'),
    phoneNumberId: numericId(derive(`phone number of ${endpointId}`)),
    wabaId: '100000000000002',
  };
}

/** 15 digits, as Meta's ids have. */
function numericId(hex: string): string {
  return `1${String(Number.parseInt(hex.slice(0, 13), 16) % 1e14).padStart(14, '0')}`;
}

/** What the simulator has to know to be Meta for the demo bots. */
export interface SimulatorSetup {
  appId: string;
  appSecret: string;
  accessToken: string;
  verifyToken: string;
  /** where it sends webhooks, below the bot's own URL: `/webhook/<urlToken>` */
  webhookPath: string;
  numbers: { phoneNumberId: string; displayPhoneNumber: string; wabaId: string; name: string }[];
}

/** @returns undefined when there is no simulated endpoint */
export function simulatorSetup(endpoints: readonly Endpoint[]): SimulatorSetup | undefined {
  const simulated = endpoints.filter((endpoint) => endpoint.simulated);
  const [first] = simulated;
  const appSecret = first?.appSecrets[0];
  if (first === undefined || appSecret === undefined) return undefined;
  return {
    appId: first.appId,
    appSecret,
    accessToken: first.accessToken,
    verifyToken: first.verifyToken,
    // The callback URL of any endpoint of an app serves all its numbers.
    webhookPath: `/webhook/${first.urlToken}`,
    numbers: welcomeFirst(simulated).map(({ phoneNumberId, wabaId, name }, index) => ({
      phoneNumberId,
      // 555-0100 to 555-0199 are set aside for fiction: nobody has them.
      displayPhoneNumber: `+1 555-01${String((index + 1) % 100).padStart(2, '0')}`,
      wabaId,
      name,
    })),
  };
}

/** The phone begins with the first number: the bot that shows newcomers around. */
function welcomeFirst(endpoints: readonly Endpoint[]): Endpoint[] {
  const isWelcome = ({ flow }: Endpoint) => Number(flow === 'welcome');
  return [...endpoints].sort((a, b) => isWelcome(b) - isWelcome(a));
}
