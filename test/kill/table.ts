import type { Outcome } from './kill-test.js';

/** The outcomes as one Markdown table, a row each. */
export function outcomeTable(outcomes: readonly Outcome[]): string {
  const header = [
    'killed',
    'fsync',
    'messages / conversations',
    'POSTs (of them repeats)',
    'kills: worker / web / Redis / zombies',
    'settled by status / marked',
    'slowest status / grace, s',
    'lost · reordered · double effect · stuck',
    'duplicates (unmarked, needless)',
    'too soon',
    'seconds',
  ];
  const rows = outcomes.map(({ variant, counts, kills, verdict, stuck, settled, marked, slowestStatusMs, tookSec }) => [
    variant.name,
    variant.fsync,
    `${counts.messages} / ${variant.conversations}`,
    `${counts.posts} (${counts.redelivered})`,
    `${kills.workers} / ${kills.webs} / ${kills.redis} / ${kills.zombies}`,
    `${settled} / ${marked}`,
    `${(slowestStatusMs / 1000).toFixed(1)} / ${variant.uncertainGraceMs / 1000}`,
    `${verdict.lost} · ${verdict.reordered} · ${verdict.doubleEffects} · ${stuck.inbound + stuck.outbound + stuck.effects}`,
    `${verdict.duplicates} (${verdict.unmarkedDuplicates}, ${verdict.needlessDuplicates})`,
    `${verdict.tooSoon}`,
    tookSec.toFixed(0),
  ]);
  return [header, header.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
