import type { Finding } from '../flow/reading/finding.js';
import { FINDING_CODES } from '../flow/reading/finding-codes.js';
import { type Paints, paints, plural, printable } from './paint.js';

export const FORMATS = ['text', 'json', 'sarif', 'github'] as const;
export type Format = (typeof FORMATS)[number];

export interface Checked {
  findings: readonly Finding[];
  /** how many were read */
  files: number;
  /** the text of a file, for the line that is shown */
  textOf(path: string): string | undefined;
}

/** @param color for terminals; only the text format has colours */
export function showFindings(checked: Checked, format: Format, color: boolean): string {
  switch (format) {
    case 'text':
      return asText(checked, color);
    case 'json':
      return `${JSON.stringify({ ...counted(checked), findings: checked.findings }, undefined, 2)}\n`;
    case 'sarif':
      return `${JSON.stringify(asSarif(checked.findings), undefined, 2)}\n`;
    case 'github':
      return checked.findings.map(asWorkflowCommand).join('');
  }
}

function counted({ findings, files }: Checked): { files: number; errors: number; warnings: number } {
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  return { files, errors, warnings: findings.length - errors };
}

function asText(checked: Checked, color: boolean): string {
  const paint = paints(color);
  const { files, errors, warnings } = counted(checked);
  const shown = checked.findings.map((finding) => `${oneFinding(finding, checked.textOf(finding.file), paint)}\n`);
  const wrong = [
    errors > 0 ? paint.error(plural(errors, 'error')) : [],
    warnings > 0 ? paint.warning(plural(warnings, 'warning')) : [],
  ].flat();
  const sum = wrong.length === 0 ? paint.good('nothing to complain about') : wrong.join(', ');
  return `${shown.join('')}${sum} in ${plural(files, 'flow file')}\n`;
}

/** A finding with the line it is about. */
export function oneFinding(finding: Finding, text: string | undefined, paint: Paints): string {
  const { file, line, column, severity, message, hint, code } = finding;
  const place = file === '' ? '' : `${paint.bold(`${file}:${line}:${column}`)} `;
  const head = `${place}${paint[severity](severity)} ${message} ${paint.faint(`[${code}]`)}\n`;
  const help = hint === undefined ? '' : `  ${paint.faint('→')} ${hint}\n`;
  return `${head}${excerpt(finding, text, paint)}${help}`;
}

const WIDEST = 110;

/** The line of the file with a caret under the place. Never that of a secret: logs of a build are read by many. */
function excerpt({ line, column, severity, code }: Finding, text: string | undefined, paint: Paints): string {
  const whole = text?.split(/\r\n|\r|\n/, line)[line - 1];
  if (whole === undefined || whole.trim() === '' || code === 'plain-secret') return '';
  const from = column > WIDEST - 20 ? column - 40 : 0;
  const cut = whole.slice(from, from + WIDEST);
  const shown = `${from > 0 ? '…' : ''}${printable(cut)}${from + WIDEST < whole.length ? '…' : ''}`;
  const before = `${from > 0 ? ' ' : ''}${blank(cut.slice(0, column - 1 - from))}`;
  const number = String(line);
  const margin = ' '.repeat(number.length);
  return `  ${paint.faint(`${number} |`)} ${shown}\n  ${margin} ${paint.faint('|')} ${before}${paint[severity]('^')}\n`;
}

/** Blanks as wide as a text is shown: signs of two columns are one UTF-16 unit in East Asian scripts, two elsewhere. */
function blank(text: string): string {
  return text
    .replace(/[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/g, '  ')
    .replace(/[^\t]/g, ' ');
}

/** @see https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html */
function asSarif(findings: readonly Finding[]): object {
  const rules = Object.entries(FINDING_CODES).map(([id, text]) => ({ id, shortDescription: { text } }));
  const results = findings.map(({ code, severity, file, line, column, message, hint }) => ({
    ruleId: code,
    level: severity,
    message: { text: sentence(message, hint) },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: encodeURI(file.replaceAll('\\', '/')) },
          region: { startLine: line, startColumn: column },
        },
      },
    ],
  }));
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [{ tool: { driver: { name: 'parlance check', rules } }, columnKind: 'utf16CodeUnits', results }],
  };
}

function sentence(message: string, hint: string | undefined): string {
  return hint === undefined ? message : `${message} (${hint})`;
}

/** @see https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands */
function asWorkflowCommand({ severity, file, line, column, code, message, hint }: Finding): string {
  const data = (text: string) => text.replace(/[%\r\n]/g, encodeURIComponent);
  const property = (text: string) => text.replace(/[%\r\n:,]/g, encodeURIComponent);
  const where = `file=${property(file)},line=${line},col=${column},title=${property(code)}`;
  return `::${severity} ${where}::${data(sentence(message, hint))}\n`;
}
