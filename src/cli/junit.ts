import type { TestResult } from '../rehearsal/run.js';

/**
 * Results as CI services read them.
 *
 * @param detail the text of a failed test
 * @see https://github.com/testmoapp/junitxml
 */
export function junit(results: readonly TestResult[], detail: (result: TestResult) => string): string {
  const files = new Map<string, TestResult[]>();
  for (const result of results) files.set(result.file.path, [...(files.get(result.file.path) ?? []), result]);
  const suites = [...files].map(([path, own]) => {
    const cases = own.map((result) => {
      const { test, failures, tookMs } = result;
      const head = `    <testcase classname="${attribute(path)}" name="${attribute(test.name)}" time="${sec(tookMs)}"`;
      const [first] = failures;
      if (first === undefined) return `${head}/>`;
      return `${head}>\n      <failure message="${attribute(first.message)}">${data(detail(result))}</failure>\n    </testcase>`;
    });
    return [`  <testsuite name="${attribute(path)}" ${counts(own)}>`, ...cases, '  </testsuite>'].join('\n');
  });
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites ${counts(results)}>\n${suites.join('\n')}\n</testsuites>\n`;
}

function counts(results: readonly TestResult[]): string {
  const failed = results.filter(({ failures }) => failures.length > 0).length;
  const tookMs = results.reduce((sum, result) => sum + result.tookMs, 0);
  return `tests="${results.length}" failures="${failed}" errors="0" time="${sec(tookMs)}"`;
}

function sec(ms: number): string {
  return (ms / 1000).toFixed(3);
}

function attribute(text: string): string {
  return data(text).replaceAll('"', '&quot;').replaceAll('\n', '&#10;');
}

/** XML 1.0 has no room for most control characters and lone surrogates, not even escaped. */
function data(text: string): string {
  return text
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '·')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
}
