import { z } from 'zod';
import type { JsonObject } from '../json.js';
import { present } from '../json.js';
import type { NumberState } from '../number-state.js';
import type { World } from '../world.js';
import { chooseFields } from './fields.js';
import { callbackUrl, readParams, text } from './params.js';
import type { GraphRoute } from './route.js';
import { onNumber, refusal, success } from './route.js';

const VERTICALS = [
  ...['ALCOHOL', 'APPAREL', 'AUTO', 'BEAUTY', 'EDU', 'ENTERTAIN', 'EVENT_PLAN', 'FINANCE', 'GOVT', 'GROCERY'],
  ...[
    'HEALTH',
    'HOTEL',
    'MATRIMONY_SERVICE',
    'NONPROFIT',
    'ONLINE_GAMBLING',
    'OTC_DRUGS',
    'OTHER',
    'PHYSICAL_GAMBLING',
  ],
  ...['PROF_SERVICES', 'RESTAURANT', 'RETAIL', 'TRAVEL', ''],
];

const profile = z.object({
  messaging_product: z.literal('whatsapp'),
  about: text(139).optional(),
  address: text(256, 0).optional(),
  description: text(512, 0).optional(),
  email: text(128, 0).optional(),
  vertical: z.enum(VERTICALS).optional(),
  websites: z.array(callbackUrl.max(256)).max(2, 'allows 2 websites').optional(),
  profile_picture_handle: text(4096).optional(),
});

/** `GET|POST /{phone-number-id}/whatsapp_business_profile` */
export function profileRoutes(world: World): GraphRoute[] {
  return [
    {
      method: 'get',
      path: '/:node/whatsapp_business_profile',
      handle: onNumber(world, (number, { query }) => {
        const node = profileOf(world.state(number.phoneNumberId));
        const answer = chooseFields(node, query.fields, 'WhatsAppBusinessProfile', ['messaging_product']);
        if (!('body' in answer)) return answer;
        return { body: { data: [{ ...answer.body, messaging_product: 'whatsapp' }] } };
      }),
    },
    {
      method: 'post',
      path: '/:node/whatsapp_business_profile',
      handle: onNumber(world, (number, { body, origin }) => {
        const read = readParams(profile, body);
        if ('fault' in read) return read;
        const { profile_picture_handle: handle, ...fields } = read.params;
        const stored = world.state(number.phoneNumberId).profile;
        if (handle !== undefined) {
          const picture = world.media.byHandle(handle);
          if (picture === undefined) return refusal(100, 'profile_picture_handle was not given by an upload.');
          if (!/^image\/(jpe?g|png)$/.test(picture.mimeType)) return refusal(100, 'A profile shows JPEG and PNG only.');
          stored.profile_picture_url = `${origin}/pictures/${world.media.show(picture)}`;
        }
        Object.assign(stored, present(fields));
        return success;
      }),
    },
  ];
}

const FIELDS = ['about', 'address', 'description', 'email', 'profile_picture_url', 'websites', 'vertical'];

/** The profile of a number; null stands for what nobody has filled in. */
export const profileOf = ({ profile: filled }: NumberState): JsonObject => ({
  ...Object.fromEntries(FIELDS.map((name) => [name, null])),
  ...filled,
});
