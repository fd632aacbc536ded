import { z } from 'zod';
import type { JsonObject } from '../json.js';
import type { World } from '../world.js';
import { readParams, text } from './params.js';
import type { GraphRoute } from './route.js';
import { onNumber, page, refusal, success } from './route.js';

/** QR codes that open a chat with a text: `/{phone-number-id}/message_qrdls`. */
export function qrRoutes(world: World): GraphRoute[] {
  const qr = z.looseObject({
    code: z.string().optional(),
    prefilled_message: text(140),
    generate_qr_image: z
      .string()
      .transform((format) => format.toUpperCase())
      .pipe(z.enum(['PNG', 'SVG']))
      .optional(),
  });

  /** With `code`, in the path or beside the text, one that exists is changed. */
  const put = onNumber(world, (number, call) => {
    const read = readParams(qr, call.code === undefined ? call.body : { ...call.body, code: call.code });
    if ('fault' in read) return read;
    const { codes } = world.state(number.phoneNumberId);
    const { code = world.random.hex(14).toUpperCase(), prefilled_message, generate_qr_image } = read.params;
    if (read.params.code !== undefined && !codes.has(code)) return refusal(100, 'There is no such code.');
    if (codes.size >= 2000 && !codes.has(code)) return refusal(100, 'A number has at most 2000 codes.');
    const node: JsonObject = { code, prefilled_message, deep_link_url: `https://wa.me/message/${code}` };
    codes.set(code, node);
    const image = generate_qr_image === undefined ? {} : { qr_image_url: `https://scontent.example/${code}` };
    return { body: { ...node, ...image } };
  });

  return [
    {
      method: 'get',
      path: '/:node/message_qrdls',
      handle: onNumber(world, (number, call) => page(call, [...world.state(number.phoneNumberId).codes.values()])),
    },
    { method: 'post', path: '/:node/message_qrdls', handle: put },
    { method: 'post', path: '/:node/message_qrdls/:code', handle: put },
    {
      method: 'get',
      path: '/:node/message_qrdls/:code',
      handle: onNumber(world, (number, { code }) => {
        const found = world.state(number.phoneNumberId).codes.get(code ?? '');
        return found === undefined ? refusal(100, 'There is no such code.') : { body: { data: [found] } };
      }),
    },
    {
      method: 'delete',
      path: '/:node/message_qrdls/:code',
      handle: onNumber(world, (number, { code }) =>
        world.state(number.phoneNumberId).codes.delete(code ?? '') ? success : refusal(100, 'There is no such code.'),
      ),
    },
  ];
}
