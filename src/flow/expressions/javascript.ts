/**
 * What of JavaScript an expression may use beyond the plain subset: everything here is evaluated in the sandbox, where a
 * loop or a big list harms nobody. It has no clock, no network, no locale and no prototypes to reach through.
 */

/** What can be made with `new`. */
export const CONSTRUCTORS: ReadonlySet<string> = new Set(['Array', 'Date', 'Map', 'RegExp', 'Set']);

/** Functions and their namespaces: `Math.sqrt`, `JSON.parse`. */
export const NAMESPACES: { readonly [name: string]: readonly string[] } = {
  Array: ['from', 'isArray', 'of'],
  Date: ['UTC', 'now', 'parse'],
  JSON: ['parse', 'stringify'],
  Math: [
    ...[
      'E',
      'LN10',
      'LN2',
      'LOG10E',
      'LOG2E',
      'PI',
      'SQRT1_2',
      'SQRT2',
      'abs',
      'acos',
      'asin',
      'atan',
      'atan2',
      'cbrt',
    ],
    ...['ceil', 'cos', 'exp', 'floor', 'hypot', 'log', 'log10', 'log2', 'max', 'min', 'pow', 'random', 'round', 'sign'],
    ...['sin', 'sqrt', 'tan', 'trunc'],
  ],
  Number: [
    'EPSILON',
    'MAX_SAFE_INTEGER',
    'MIN_SAFE_INTEGER',
    'isFinite',
    'isInteger',
    'isNaN',
    'isSafeInteger',
    'parseFloat',
    'parseInt',
  ],
  Object: ['assign', 'entries', 'fromEntries', 'groupBy', 'hasOwn', 'is', 'keys', 'values'],
  String: ['fromCharCode', 'fromCodePoint'],
};

/** What can be called, or given to `map` and the like, by its name alone. */
export const GLOBALS: ReadonlySet<string> = new Set([
  ...['Array', 'Boolean', 'Date', 'Map', 'Number', 'Object', 'RegExp', 'Set', 'String'],
  ...['decodeURIComponent', 'encodeURIComponent', 'isFinite', 'isNaN', 'parseFloat', 'parseInt'],
]);

/** Methods of texts, lists, numbers, patterns, dates, sets and maps that the plain subset does not have. */
export const SANDBOX_METHODS: ReadonlySet<string> = new Set([
  ...['charCodeAt', 'codePointAt', 'localeCompare', 'match', 'matchAll', 'normalize', 'search', 'substr'],
  ...[
    'entries',
    'every',
    'fill',
    'filter',
    'find',
    'findIndex',
    'findLast',
    'findLastIndex',
    'flat',
    'flatMap',
    'forEach',
  ],
  ...['keys', 'map', 'reduce', 'reduceRight', 'reverse', 'some', 'sort', 'toSorted', 'toSpliced', 'values', 'with'],
  ...['exec', 'test', 'toExponential', 'hasOwnProperty', 'toJSON', 'valueOf'],
  ...[
    'add',
    'clear',
    'delete',
    'get',
    'has',
    'set',
    'difference',
    'intersection',
    'union',
    'isSubsetOf',
    'isSupersetOf',
  ],
  ...[
    'getDate',
    'getDay',
    'getFullYear',
    'getHours',
    'getMilliseconds',
    'getMinutes',
    'getMonth',
    'getSeconds',
    'getTime',
  ],
  ...['getUTCDate', 'getUTCDay', 'getUTCFullYear', 'getUTCHours', 'getUTCMinutes', 'getUTCMonth', 'getUTCSeconds'],
  ...['setDate', 'setFullYear', 'setHours', 'setMinutes', 'setMonth', 'setSeconds', 'setTime', 'setUTCDate'],
  ...['setUTCFullYear', 'setUTCHours', 'setUTCMinutes', 'setUTCMonth', 'toISOString'],
]);

/** Methods that exist in JavaScript but do not do here what they say. */
export const MISLEADING_METHODS: { readonly [name: string]: readonly [message: string, hint: string] } = {
  ...Object.fromEntries(
    ['push', 'pop', 'shift', 'unshift', 'splice', 'copyWithin'].map((name) => [
      name,
      [
        `\`${name}()\` changes a list, and an expression cannot change anything`,
        'write [...list, item], list.slice(1) or list.filter(…), and store it with `set`',
      ],
    ]),
  ),
  ...Object.fromEntries(
    ['toLocaleString', 'toLocaleDateString', 'toLocaleTimeString'].map((name) => [
      name,
      [`\`${name}()\` knows no languages here`, 'use format.number, format.money or format.date'],
    ]),
  ),
};

/** Why a part of JavaScript is not part of an expression, and what to write instead. */
export const REFUSED: { readonly [type: string]: readonly [message: string, hint?: string] } = {
  FunctionExpression: ['functions are written with an arrow in expressions', 'write item => item.price > 10'],
  BlockStatement: [
    'a function in an expression is one expression, without `{ return … }`',
    'write item => item.price > 10; a map stands in brackets: item => ({ … }); for more there is the `code` step',
  ],
  ClassExpression: ['classes are not available in expressions'],
  AssignmentExpression: ['an expression cannot change anything', 'use a `set` step; to compare, write =='],
  UpdateExpression: ['an expression cannot change anything', 'use a `set` step with + 1'],
  NewExpression: [`only ${[...CONSTRUCTORS].join(', ')} can be made with \`new\``, 'for the time there is date.now()'],
  SequenceExpression: ['a comma makes two expressions', 'write one expression for each `{{ }}`'],
  TaggedTemplateExpression: ['tagged templates are not available in expressions'],
  ThisExpression: ['`this` is not available in expressions', 'write context, input, profile or env'],
  ImportExpression: ['`import` is not available in expressions'],
  MetaProperty: ['`import` is not available in expressions'],
  AwaitExpression: ['`await` is not available in expressions', 'use an `http` or a `code` step'],
  YieldExpression: ['`yield` is not available in expressions'],
};
