import js from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

/*
 * The layout law. `src/` runs on the runner, `containers/<name>/` inside that container; `src/shared/` is the only code
 * that both import, and it imports neither. __tests__/layout.test.ts proves that these rules find what they forbid.
 */

/** Packages that exactly one file may import, so that there is one place to replace and one to test. */
const SOLE_IMPORTER = {
  '@actions/exec': 'src/docker/cli.ts',
  '@actions/artifact': 'src/action/artifacts.ts',
};
const INPUT_READER = 'src/action/inputs.ts';

/**
 * Settings that forbid imports, static and dynamic.
 *
 * @param {Record<string, string>} forbidden regular expressions of module names, and what to say about them
 * @param {boolean} readsInputs whether `@actions/core`'s input functions may be used
 */
function forbid(forbidden, readsInputs = false) {
  const dynamic = Object.entries(forbidden).map(([regex, message]) => ({
    selector: `ImportExpression[source.value=/${regex.replaceAll('/', '\\/')}/]`,
    message,
  }));
  const inputs = '/^get(Multiline|Boolean)?Input$/';
  const message = `Only ${INPUT_READER} reads inputs; everybody else gets Config.`;
  return {
    'no-restricted-imports': [
      'error',
      { patterns: Object.entries(forbidden).map(([regex, message]) => ({ regex, message })) },
    ],
    'no-restricted-syntax': [
      'error',
      ...dynamic,
      ...(readsInputs
        ? []
        : [
            { selector: `ImportSpecifier[imported.name=${inputs}]`, message },
            { selector: `MemberExpression[property.name=${inputs}]`, message },
          ]),
    ],
  };
}

const soleImporters = (exceptIn = '') =>
  Object.fromEntries(
    Object.entries(SOLE_IMPORTER)
      .filter(([, file]) => file !== exceptIn)
      .map(([name, file]) => [`^${name}$`, `Only ${file} imports ${name}.`]),
  );

const NOT_PRODUCT = {
  '^(\\.\\./)+(__tests__|testing|bench|fuzz|script|dist)/': 'The product imports no tests, tools or output.',
};
const ON_RUNNER = {
  ...NOT_PRODUCT,
  '(^|/)containers/': 'src/ runs on the runner; what both sides need goes to src/shared/.',
};

const IN_CONTAINER = {
  ...NOT_PRODUCT,
  '^(\\.\\./)+src/(?!shared/)': 'A container runs without the runner; what both sides need goes to src/shared/.',
  '^(\\.\\./)+(containers/|squid/|agent/|api-proxy/)': 'A container imports nothing of another one.',
  '^@actions/': 'A container is no workflow step.',
};

const layout = [
  ...['src/**/*.ts', ...Object.values(SOLE_IMPORTER), INPUT_READER].map((file) => ({
    name: `awf/layout: ${file}`,
    files: [file],
    rules: forbid({ ...ON_RUNNER, ...soleImporters(file) }, file === INPUT_READER),
  })),
  {
    name: 'awf/layout: src/shared',
    files: ['src/shared/**/*.ts'],
    rules: forbid({
      '^\\.\\./': 'src/shared/ is flat and imports nothing from outside itself.',
      '^@actions/': 'src/shared/ also runs in containers.',
    }),
  },
  {
    name: 'awf/layout: containers',
    files: ['containers/**/*.ts'],
    rules: forbid(IN_CONTAINER),
  },
];

/*
 * The direction inside the api-proxy, from the bottom up: a part imports only itself and parts of the rows above it.
 * A name with a slash is a folder, any other a file.
 */
const API_PROXY = 'containers/api-proxy/src';
const API_PROXY_ROWS = [
  ['errors', 'flow', 'limits', 'log'],
  ['client-server', 'connection', 'reply', 'request/', 'start/', 'upstream/'],
  ['reflection', 'usage/'],
  ['exchange', 'interim'],
  ['return-body', 'send-body', 'websocket/'],
  ['forward'],
  ['listener'],
  ['server'],
  ['run'],
  ['main'],
];

const apiProxyDirection = API_PROXY_ROWS.flatMap((row, index) =>
  row.map((part) => {
    const forbidden = API_PROXY_ROWS.slice(index)
      .flat()
      .filter((other) => other !== part)
      .map((other) => (other.endsWith('/') ? other : `${other}\\.ts$`));
    const root = part.endsWith('/') ? '\\.\\./' : '\\./';
    return {
      name: `awf/layout: api-proxy ${part}`,
      files: [`${API_PROXY}/${part.endsWith('/') ? `${part}**/*` : part}.ts`],
      rules: forbid({
        ...IN_CONTAINER,
        ...(forbidden.length > 0 && {
          [`^${root}(?:${forbidden.join('|')})`]: `${part} stands below that; see API_PROXY_ROWS.`,
        }),
      }),
    };
  }),
);

export default defineConfig(
  globalIgnores(['dist/', 'coverage/', '.scratch/']),
  js.configs.recommended,
  tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      // Ports, sizes and counts are printed as they are.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // `() => stream.end()` and `while (true)` say what they mean.
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-unnecessary-condition': [
        'error',
        { allowConstantLoopConditions: 'only-allowed-literals' },
      ],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      // Refusing control characters is this product's business.
      'no-control-regex': 'off',
    },
  },
  {
    name: 'awf/tests',
    files: ['__tests__/**/*.ts', 'testing/**/*.ts', 'bench/**/*.ts', 'fuzz/**/*.ts'],
    rules: {
      // A wrong assertion fails the test, which is what the test is for.
      '@typescript-eslint/no-non-null-assertion': 'off',
      // Fakes implement promised interfaces without waiting for anything.
      '@typescript-eslint/require-await': 'off',
    },
  },
  layout,
  apiProxyDirection,
  { files: ['**/*.js'], extends: [tseslint.configs.disableTypeChecked] },
);
