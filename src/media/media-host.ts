/**
 * Whether a file may be fetched from here: Meta's servers for files, or the host of the Graph API itself, which is how
 * the simulator, and a proxy before Meta, hand files out. What Meta's answer names is not believed further than that.
 *
 * @param graphApiUrl as configured, e.g. `https://graph.facebook.com`
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/media
 */
export function isMediaHost(url: URL, graphApiUrl: string): boolean {
  if (url.username !== '' || url.password !== '') return false;
  if (url.origin === new URL(graphApiUrl).origin) return true;
  return url.protocol === 'https:' && url.port === '' && META_HOST.test(url.hostname);
}

/** `lookaside.fbsbx.com` at the time of writing; the others serve files of Meta's other products. */
const META_HOST = /^(?:[a-z0-9-]+\.)+(?:fbsbx\.com|fbcdn\.net|whatsapp\.net)$/;
