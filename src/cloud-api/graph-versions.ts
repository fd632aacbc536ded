/**
 * The Graph API versions the WhatsApp shapes of this code were read for, and until when Meta serves each.
 *
 * A version that has ended is no error at Meta: calls silently get the oldest one that lives, whose answers may look
 * different. So an operator should hear of it before, not Meta's changes after.
 *
 * @see https://developers.facebook.com/docs/graph-api/changelog/versions
 */
interface GraphVersion {
  /** the day from which it is gone, ISO; undefined while Meta has not set one */
  endsOn?: string;
}

const VERSIONS: Readonly<Record<string, GraphVersion>> = {
  'v20.0': { endsOn: '2026-09-24' },
  'v21.0': { endsOn: '2027-01-21' },
  'v22.0': { endsOn: '2027-05-20' },
  'v23.0': { endsOn: '2027-10-08' },
  'v24.0': { endsOn: '2028-02-18' },
  'v25.0': { endsOn: '2028-07-29' },
  'v26.0': {},
};

/** Long enough to try a newer version and to change the webhook's, too. */
const WARN_DAYS = 90;
const DAY_MS = 86_400_000;

export type GraphVersionState = 'supported' | 'ending' | 'ended' | 'unknown';

export interface GraphVersionVerdict {
  state: GraphVersionState;
  /** until Meta ends it; Infinity while that is open, and for one we do not know */
  daysLeft: number;
  /** for an operator, a sentence with what to do; '' when there is nothing to do */
  advice: string;
}

/** @param version as configured, such as `v25.0` */
export function judgeGraphVersion(version: string, nowMs: number): GraphVersionVerdict {
  const known = Object.hasOwn(VERSIONS, version) ? VERSIONS[version] : undefined;
  if (known === undefined)
    return { state: 'unknown', daysLeft: Number.POSITIVE_INFINITY, advice: unknownAdvice(version) };
  const { endsOn } = known;
  const daysLeft = endsOn === undefined ? Number.POSITIVE_INFINITY : Math.ceil((Date.parse(endsOn) - nowMs) / DAY_MS);
  if (daysLeft > WARN_DAYS) return { state: 'supported', daysLeft, advice: '' };
  const newest = Object.keys(VERSIONS).at(-1) ?? version;
  const remedy = `set graphVersion to ${newest}, here and for the webhook subscription of the app`;
  return daysLeft > 0
    ? { state: 'ending', daysLeft, advice: `Graph API ${version} ends on ${endsOn}, in ${daysLeft} days: ${remedy}` }
    : {
        state: 'ended',
        daysLeft,
        advice: `Graph API ${version} ended on ${endsOn}, Meta answers as another version: ${remedy}`,
      };
}

function unknownAdvice(version: string): string {
  const [oldest, newest] = [Object.keys(VERSIONS)[0], Object.keys(VERSIONS).at(-1)];
  return `Graph API ${version} is not one this release knows (${oldest} to ${newest}): its messages may look different`;
}
