import type { JsonObject } from '../json.js';
import { isJsonObject, stringAt } from '../json.js';
import { readTemplateEdit, readTemplateForm } from '../template-form.js';
import type { Template } from '../templates.js';
import { templateNode } from '../templates.js';
import type { World } from '../world.js';
import { chooseFields } from './fields.js';
import { unfold } from './read-body.js';
import type { GraphAnswer, GraphCall, GraphRoute } from './route.js';
import { noSuchNode, onAccount, page, refusal, success } from './route.js';

const KIND = 'WhatsAppMessageTemplate';
const USUAL_FIELDS = ['name', 'parameter_format', 'components', 'language', 'status', 'category', 'id'];
const MAX_TEMPLATES = 250;
const DAY_MS = 24 * 3_600_000;

/**
 * `/{waba-id}/message_templates`, and a template by its own id.
 *
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/template-management
 */
export function templateRoutes(world: World): GraphRoute[] {
  const path = '/:node/message_templates';
  return [
    { method: 'get', path, handle: onAccount(world, ({ wabaId }, call) => list(world, wabaId, call)) },
    { method: 'post', path, handle: onAccount(world, ({ wabaId }, { body }) => create(world, wabaId, body)) },
    { method: 'delete', path, handle: onAccount(world, ({ wabaId }, { body }) => remove(world, wabaId, body)) },
    {
      method: 'post',
      path: '/:node/unpause',
      handle: ({ node }) => {
        const template = world.templates.byId(node);
        if (template === undefined) return { fault: noSuchNode };
        if (template.status !== 'PAUSED') return refusal(100, 'The template is not paused.');
        world.templates.setStatus(template, 'APPROVED');
        return success;
      },
    },
  ];
}

/** `GET /{template-id}` */
export function readTemplate(world: World, call: GraphCall): GraphAnswer | undefined {
  const template = world.templates.byId(call.node);
  if (template === undefined) return undefined;
  return chooseFields(templateNode(template), call.query.fields, KIND, USUAL_FIELDS);
}

/** `POST /{template-id}`: an edit, which is looked at again. Once a day, ten times in 30 days. */
export function editTemplate(world: World, template: Template, body: JsonObject): GraphAnswer {
  if (!['APPROVED', 'REJECTED', 'PAUSED'].includes(template.status)) {
    return refusal(100, 'Only approved, rejected and paused templates can be edited.');
  }
  const nowMs = world.nowMs();
  const edits = template.edits.filter((atMs) => nowMs - atMs < 30 * DAY_MS);
  if (edits.length >= 10 || edits.some((atMs) => nowMs - atMs < DAY_MS)) {
    return refusal(100, 'The template was edited too often.');
  }
  const read = readTemplateEdit(template, body);
  if ('fault' in read) return read;
  // What it has already was looked at then.
  const unknown = body.components === undefined ? undefined : unknownSample(world, read.form.components);
  if (unknown !== undefined) return unknown;
  template.components = read.form.components;
  template.category = read.form.category;
  template.edits = [...edits, nowMs];
  world.review(template);
  return { body: { success: true, id: template.id, category: template.category } };
}

function list(world: World, wabaId: string, call: GraphCall): GraphAnswer {
  const { name, content, name_or_content: anywhere, fields } = call.query;
  const [languages, statuses, categories, scores] = ['language', 'status', 'category', 'quality_score'].map((key) =>
    oneOf(call.query[key]),
  );
  const found = world.templates
    .list(wabaId)
    .filter((one) => name === undefined || one.name.includes(name))
    .filter((one) => content === undefined || textOf(one).includes(content))
    .filter((one) => anywhere === undefined || one.name.includes(anywhere) || textOf(one).includes(anywhere))
    .filter((one) => languages === undefined || languages.includes(one.language.toUpperCase()))
    .filter((one) => statuses === undefined || statuses.includes(one.status))
    .filter((one) => categories === undefined || categories.includes(one.category))
    .filter((one) => scores === undefined || scores.includes(one.quality))
    .map((template) => chooseFields(templateNode(template), fields, KIND, USUAL_FIELDS));
  const refused = found.find((node) => 'fault' in node);
  if (refused !== undefined) return refused;
  return page(
    call,
    found.flatMap((node) => ('body' in node ? [node.body] : [])),
  );
}

/** A filter of one value, or of several as a JSON list. */
function oneOf(filter: string | undefined): string[] | undefined {
  if (filter === undefined) return undefined;
  const values = unfold(filter);
  return (Array.isArray(values) ? values : [filter]).map((one) => String(one).toUpperCase());
}

/** What a template says, all parts together. */
const textOf = ({ components }: Template): string => components.map((one) => stringAt(one, 'text') ?? '').join('\n');

function create(world: World, wabaId: string, body: JsonObject): GraphAnswer {
  const read = readTemplateForm(body);
  if ('fault' in read) return read;
  const { name, language, category } = read.form;
  const unknown = unknownSample(world, read.form.components);
  if (unknown !== undefined) return unknown;
  if (world.templates.find(wabaId, name, language) !== undefined) {
    return { fault: { code: 100, subcode: 2_388_024, details: 'There is content in this language already.' } };
  }
  if (world.templates.list(wabaId).length >= MAX_TEMPLATES) {
    return { fault: { code: 100, subcode: 2_388_019, details: 'The account has as many templates as it may.' } };
  }
  const template = world.templates.add({ ...read.form, wabaId }, 'PENDING');
  world.review(template);
  return { body: { id: template.id, status: template.status, category } };
}

/** A picture, video or document in a header has a sample, named by the handle of an upload. */
function unknownSample(world: World, components: Template['components']): GraphAnswer | undefined {
  const handles = components.flatMap((one) => {
    const example = one.example;
    const given = isJsonObject(example) ? example.header_handle : undefined;
    return Array.isArray(given) ? given : [];
  });
  const isKnown = handles.every((one) => typeof one === 'string' && world.media.byHandle(one) !== undefined);
  return isKnown ? undefined : refusal(100, 'header_handle was not given by an upload.');
}

/** By name in all languages, or with `hsm_id` in one. */
function remove(world: World, wabaId: string, { name, hsm_id: id }: JsonObject): GraphAnswer {
  if (typeof name !== 'string') return refusal(100, 'The parameter name is required.');
  const found = world.templates.list(wabaId).filter((one) => one.name === name && (id === undefined || one.id === id));
  if (found.length === 0) {
    return { fault: { code: 100, subcode: 2_593_002, details: 'There is no such template.' } };
  }
  for (const template of found) world.templates.remove(template);
  return success;
}
