import { expect, it } from 'vitest';
import { latestOfEach, type News, readNews } from '../../../src/api/account-news.js';
import { readEvents } from '../../../src/webhook/read-events.js';
import { fixtureNames, readFixture } from '../webhook/fixtures.js';

const read = (field: string, raw: unknown, at = 1): News => {
  const news = readNews(JSON.stringify({ at, field, wabaId: '100', raw }));
  if (news === undefined) throw new Error('not read');
  return news;
};

it.each<[string, object, Partial<News>]>([
  [
    'account_update',
    { event: 'ACCOUNT_RESTRICTION' },
    { level: 'error', event: 'ACCOUNT_RESTRICTION', about: 'account' },
  ],
  ['account_update', { event: 'PARTNER_ADDED' }, { level: 'info' }],
  ['account_update', { event: 'DISABLED_UPDATE', ban_info: { waba_ban_state: 'DISABLE' } }, { level: 'error' }],
  ['account_update', { event: 'DISABLED_UPDATE', ban_info: { waba_ban_state: 'REINSTATE' } }, { level: 'info' }],
  ['account_alerts', { alert_info: { alert_severity: 'WARNING' } }, { level: 'warn', about: 'account' }],
  [
    'account_alerts',
    {
      entity_type: 'PHONE_NUMBER',
      entity_id: '700000000000001',
      alert_info: { alert_severity: 'CRITICAL', alert_type: 'OBA_REJECTED' },
    },
    { level: 'error', event: 'OBA_REJECTED', about: 'number 700000000000001' },
  ],
  ['account_review_update', { decision: 'REJECTED' }, { level: 'warn', event: 'REJECTED' }],
  [
    'message_template_status_update',
    { event: 'PAUSED', message_template_id: 594425479261596 },
    { level: 'warn', about: 'template 594425479261596' },
  ],
  [
    'message_template_quality_update',
    { previous_quality_score: 'RED', new_quality_score: 'GREEN', message_template_id: 5 },
    { level: 'info', event: 'GREEN' },
  ],
  [
    'phone_number_quality_update',
    { event: 'FLAGGED', display_phone_number: '351210000001' },
    { level: 'warn', about: 'number 351210000001' },
  ],
  ['flows', { event: 'ENDPOINT_LATENCY', flow_id: '7' }, { level: 'warn', about: 'flow 7' }],
  ['security', { event: ['PIN_CHANGED'], requester: null }, { level: 'info' }],
])('%s %o is %o', (field, raw, expected) => expect(read(field, raw)).toMatchObject({ ...expected, value: raw }));

it('shows of fields that hold contacts only that they came', () => {
  const personal = ['calls', 'history', 'messages', 'standby', 'smb_app_state_sync', 'smb_message_echoes'];
  const also = ['user_preferences', 'messaging_handovers', 'automatic_events', 'group_participants_update', 'to_come'];
  const raw = { event: 'PAUSED', message_template_id: '351910000002', display_phone_number: '351910000002' };
  for (const field of [...personal, ...also]) {
    expect(read(field, raw)).toEqual({ at: 1, field, wabaId: '100', about: 'account', level: 'info' });
  }
});

it('holds no number of a contact, whatever Meta tells', () => {
  const shown = fixtureNames.flatMap((name) =>
    readEvents(readFixture(name)).flatMap((event) =>
      event.kind === 'account' ? [JSON.stringify(read(event.field, event.raw))] : [],
    ),
  );
  expect(shown.length).toBeGreaterThan(30);
  for (const text of shown) expect(text).not.toMatch(/351910000002|PT\.9000|not for us|staff wrote/);
});

it('of news that was too large to keep shows that it came', () => {
  expect(readNews('{"at":1,"field":"account_update","wabaId":"1","cut":70000}')).toEqual({
    ...{ at: 1, field: 'account_update', wabaId: '1', about: 'account', level: 'info' },
  });
  expect(readNews('null')).toBeUndefined();
});

it('tells how matters stand by the last word on each thing', () => {
  const status = (event: string, id: number, at: number) =>
    read('message_template_status_update', { event, message_template_id: id }, at);
  const newestFirst = [status('PAUSED', 1, 3), status('APPROVED', 2, 2), status('APPROVED', 1, 1)];
  expect(latestOfEach(newestFirst).map(({ about, event }) => `${about} ${event}`)).toEqual([
    'template 1 PAUSED',
    'template 2 APPROVED',
  ]);
});
