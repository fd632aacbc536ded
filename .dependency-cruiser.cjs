/**
 * Imports point one way: main, cli → app → api, webhook, conversation, outbound → inbound, calls, flow, cloud-api → shared.
 * The rooms beside the path (config, endpoint, redis, observability) may be used by the path, never the other way round.
 */
const room = (name) => `^src/${name}/`;
const path = '^src/(webhook|inbound|conversation|flow|outbound|cloud-api)/';

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-orphans', severity: 'error', from: { orphan: true, pathNot: '^src/main\\.ts$' }, to: {} },
    {
      name: 'flow-is-pure',
      comment: 'The engine reads no clock, sends nothing and knows no database.',
      severity: 'error',
      from: { path: room('flow') },
      to: {
        pathNot: [
          '^src/flow/',
          '^src/shared/(errors|message|json|whatsapp-limits|media-types)\\.ts$',
          'node_modules/(zod|yaml|acorn|libphonenumber-js)/',
          '^(node:)?(crypto|module)$',
        ],
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'simulator-knows-only-the-wire',
      severity: 'error',
      from: { path: room('simulator') },
      to: { path: '^src/', pathNot: ['^src/simulator/', '/wire\\.ts$'] },
    },
    {
      name: 'webhook-knows-no-flows',
      severity: 'error',
      from: { path: room('webhook') },
      to: { path: '^src/(conversation|flow|outbound|cloud-api)/' },
    },
    {
      name: 'inbound-is-below',
      severity: 'error',
      from: { path: room('inbound') },
      to: { path: '^src/(webhook|conversation|outbound|cloud-api)/' },
    },
    {
      name: 'conversation-does-not-send',
      severity: 'error',
      from: { path: room('conversation') },
      to: { path: '^src/(webhook|outbound|cloud-api)/' },
    },
    {
      name: 'calls-know-no-conversations',
      comment: 'What a flow asks the host to do: the flow is known by its types only, who asks not at all.',
      severity: 'error',
      from: { path: room('calls') },
      to: { path: '^src/(webhook|inbound|conversation|outbound|cloud-api|config|redis)/' },
    },
    {
      name: 'media-know-no-conversations',
      comment: 'Files in and out: whose they are, and what is done with them, is decided elsewhere.',
      severity: 'error',
      from: { path: room('media') },
      to: { path: '^src/(webhook|inbound|conversation|flow|outbound|config|endpoint)/' },
    },
    {
      name: 'outbound-does-not-think',
      severity: 'error',
      from: { path: room('outbound') },
      to: { path: '^src/(webhook|conversation|flow)/' },
    },
    {
      name: 'cloud-api-knows-no-conversations',
      severity: 'error',
      from: { path: room('cloud-api') },
      to: { path: '^src/(webhook|inbound|conversation|flow|outbound)/' },
    },
    {
      name: 'beside-the-path',
      severity: 'error',
      from: { path: '^src/(redis|observability|endpoint|config)/' },
      to: { path },
    },
    {
      name: 'render-only-reads-flows',
      severity: 'error',
      from: { path: room('render') },
      to: { path: '^src/', pathNot: '^src/(render|flow|shared)/' },
    },
    {
      name: 'rehearsals-are-for-the-terminal',
      comment: 'Conversations in memory: nothing that serves real ones may come to depend on them.',
      severity: 'error',
      from: { pathNot: '^src/(rehearsal|cli)/' },
      to: { path: room('rehearsal') },
    },
    {
      name: 'shared-is-the-floor',
      severity: 'error',
      from: { path: room('shared') },
      to: { path: '^src/', pathNot: '^src/shared/' },
    },
    {
      name: 'only-starters-import-app',
      severity: 'error',
      from: { pathNot: '^src/main\\.ts$' },
      to: { path: '^src/app\\.ts$' },
    },
    {
      name: 'versions-are-beside-conversations',
      comment: 'They know what a session looks like, and nothing of messages.',
      severity: 'error',
      from: { path: room('flow-versions') },
      to: { path: '^src/(webhook|inbound|outbound|cloud-api|api|roles)/' },
    },
    { name: 'only-main-is-main', severity: 'error', from: {}, to: { path: '^src/main\\.ts$' } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
  },
};
