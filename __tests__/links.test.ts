import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../testing/root.ts';

const below = (folder: string, ends: RegExp): string[] =>
  readdirSync(join(ROOT, folder), { recursive: true })
    .map((path) => join(folder, String(path)))
    .filter((path) => ends.test(path) && !path.includes('node_modules'));

const PAGES = [
  ...readdirSync(ROOT).filter((file) => file.endsWith('.md')),
  ...below('docs', /\.md$/),
  ...below('examples', /\.md$/),
];

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

/** Without what is quoted as code: a link in it is an example. */
const prose = (text: string): string => text.replace(/^```.*?^```$/gms, '').replace(/`[^`\n]*`/g, '`code`');

/** The anchors that GitHub gives a page: https://github.com/gjtorikian/html-pipeline, `TableOfContentsFilter`. */
function anchorsOf(page: string): Set<string> {
  const seen = new Map<string, number>();
  const headings = read(page)
    .replace(/^```.*?^```$/gms, '')
    .matchAll(/^#{1,6} (.+)$/gm);
  return new Set(
    [...headings].map(([, heading = '']) => {
      const anchor = heading
        .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
        .toLowerCase()
        .replace(/[^\p{L}\p{N}_\- ]/gu, '')
        .replaceAll(' ', '-');
      const before = seen.get(anchor) ?? 0;
      seen.set(anchor, before + 1);
      return before === 0 ? anchor : `${anchor}-${before}`;
    }),
  );
}

/** @returns what is wrong with a link from a page, if anything is */
function fault(page: string, link: string): string[] {
  if (/^[a-z]+:/.test(link)) return [];
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? page : normalize(join(dirname(page), path));
  if (!existsSync(join(ROOT, target))) return [`${page}: ${link} does not exist`];
  if (anchor === undefined || anchor === '' || statSync(join(ROOT, target)).isDirectory()) return [];
  return anchorsOf(target).has(anchor) ? [] : [`${page}: ${target} has no heading #${anchor}`];
}

test.each(PAGES)('every link in %s leads somewhere', (page) => {
  const text = prose(read(page));
  const links = [...text.matchAll(/\]\(<?([^)\s>]+)>?[^)]*\)/g), ...text.matchAll(/ (?:src|srcset)="([^"]+)"/g)];
  expect(links.flatMap(([, link = '']) => fault(page, link))).toEqual([]);
});

test('every page that a source or an input names exists, with its heading', () => {
  const sources = [
    ...below('src', /\.ts$/),
    ...below('containers', /\.(ts|c|sh)$/),
    'action.yml',
    ...below('examples', /\.(yml|sh)$/),
  ];
  const named = sources.flatMap((source) =>
    [...read(source).matchAll(/(?<![\w/])docs\/[\w-]+\.md(?:#[\w-]+)?/g)].map(([link]) => ({ source, link })),
  );
  expect(named.length).toBeGreaterThan(5);
  expect(named.flatMap(({ source, link }) => fault('README.md', link).map((text) => `${source}: ${text}`))).toEqual([]);
});
