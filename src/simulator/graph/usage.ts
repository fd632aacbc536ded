import type { Response } from 'express';

/**
 * The headers by which Graph tells how much of its limits is used.
 *
 * @param accountId the WABA, or the node when it belongs to none
 * @param regainMinutes 0 when nothing is refused
 * @see https://developers.facebook.com/docs/graph-api/overview/rate-limiting
 */
export function setUsage(res: Response, accountId: string, regainMinutes: number): void {
  if (res.headersSent) return;
  const percent = regainMinutes > 0 ? 100 : 1;
  const usage = {
    type: 'whatsapp',
    call_count: percent,
    total_cputime: 1,
    total_time: 1,
    estimated_time_to_regain_access: regainMinutes,
  };
  res.set({
    'x-app-usage': JSON.stringify({ call_count: percent, total_cputime: 1, total_time: 1 }),
    'x-business-use-case-usage': JSON.stringify({ [accountId]: [usage] }),
  });
}
