import type { HostTraffic, RefusedRequest } from './hosts.ts';
import { code, details, nameCell, note, table, type Row } from './markdown.ts';
import { counted, countText } from './numbers.ts';

/** Lines in a block to paste. */
const MAX_PASTED = 20;

/** Refused requests at named hosts, with the lines that would allow them. */
export function refusedHostBlocks(refused: readonly RefusedRequest[], others: number): string[] {
  const rows = refused.map(({ host, line, requests }): Row => [
    `${nameCell(line.slice(line.indexOf(' ') + 1))}${note(`at ${code(host)}`)}`,
    countText(requests),
  ]);
  return [
    ...pasteBlocks(refused),
    ...table(['Refused at a named host', 'Requests'], rows),
    ...(others === 0 ? [] : [`${counted(others, 'further request')} refused at named hosts.`]),
  ];
}

/** A path has no character that could end the block. */
function pasteBlocks(refused: readonly RefusedRequest[]): string[] {
  return (['host-rules', 'allow-endpoints'] as const).flatMap((option) => {
    const lines = refused.filter((one) => one.option === option).map(({ line }) => line);
    const plain = lines.filter((line) => line.length <= 200 && /^[!-_a-~ ]+$/.test(line)).slice(0, MAX_PASTED);
    if (plain.length === 0) return [];
    const lead = `**If the command needs a refused request**, add its line to \`${option}\`:`;
    return [lead, ['```yaml', `${option}: |`, ...plain.map((line) => `  ${line}`), '```'].join('\n')];
  });
}

/** What named hosts answered. */
export function hostBlocks({ hosts }: HostTraffic): string[] {
  const rows = hosts.map(({ host, rule, requests, failed }): Row => [
    `${code(host)}${note(`allowed by ${code(rule)}${failed === 0 ? '' : `; ${countText(failed)} failed`}`)}`,
    countText(requests),
  ]);
  const requests = hosts.reduce((sum, one) => sum + one.requests, 0);
  return details(`<b>Named hosts</b>: ${counted(requests, 'request')} allowed`, table(['Host', 'Requests'], rows));
}
