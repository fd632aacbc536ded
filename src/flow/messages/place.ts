import type { MessageContent } from '../../shared/message.js';
import type { View } from '../behaviour.js';
import type { Template } from '../expressions/template.js';
import { FlowError } from '../flow-error.js';
import { strict, type Text, template, text } from '../reading/fields.js';
import { numberIn } from './parts.js';

export interface Place {
  latitude: Template;
  longitude: Template;
  name?: Text | undefined;
  address?: Text | undefined;
}

/** `location: { latitude: 38.71, longitude: -9.14, name: Our shop }` */
export const location = strict('a location', {
  latitude: template.describe('In degrees, north of the equator positive.'),
  longitude: template.describe('In degrees, east of Greenwich positive.'),
  name: text.optional().describe('Of the place.'),
  address: text.optional().describe('Below the name.'),
});

/** @throws FlowError for coordinates that are not on Earth */
export function placeOf(place: Place, view: View): Extract<MessageContent, { type: 'location' }> {
  const latitude = numberIn(view, 'the latitude', place.latitude);
  const longitude = numberIn(view, 'the longitude', place.longitude);
  if (Math.abs(latitude) > 90 || Math.abs(longitude) > 180) {
    throw new FlowError('a latitude lies between -90 and 90, a longitude between -180 and 180');
  }
  const name = place.name === undefined ? '' : view.text(place.name).trim();
  const address = place.address === undefined ? '' : view.text(place.address).trim();
  return {
    type: 'location',
    latitude,
    longitude,
    ...(name === '' ? {} : { name }),
    ...(address === '' ? {} : { address }),
  };
}
