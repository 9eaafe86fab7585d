import js from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

/*
 * The layout law. `src/` runs on the runner, `containers/<name>/` inside that container; `src/shared/` is the only code
 * that both import, and it imports neither. Within `src/`, imports go one way: down. __tests__/layout.test.ts proves that
 * these rules find what they forbid. __tests__/import-circles.test.ts looks for files that import each other.
 */

/**
 * The floors of `src/` from the ground up, above `shared`, which everybody may import. A folder imports from the floors
 * below its own; folders of one floor are apart.
 */
const FLOORS = [
  ['authority', 'host'],
  ['config'],
  ['policy'],
  ['squid'],
  ['docker'],
  ['mounts', 'workspace'],
  ['agent'],
  ['report'],
  ['log'],
  ['run', 'logs'],
  ['doctor'],
  ['action', 'command-line'],
];
/** Folders that are apart although one lies below the other. */
const APART = { agent: ['workspace'] };
const FOLDERS = FLOORS.flat();

/** The only files at the root of `src/`: the entries, which nobody imports, and what every folder above `shared` may use. */
const ENTRIES = ['main', 'post', 'cli'];
const BASE = ['errors', 'reporter'];

/** Packages that exactly one file may import, so that there is one place to replace and one to test. */
const SOLE_IMPORTER = {
  '@actions/exec': 'src/docker/client.ts',
  '@actions/artifact': 'src/action/artifact-package.ts',
  yauzl: 'src/logs/zip-source.ts',
};
const INPUT_READER = 'src/action/inputs.ts';

/**
 * V8 allocates a function that is written on the right of such an assignment among the old objects. There it keeps alive
 * whatever it captures until the next full collection, even if nothing refers to the function any more. One such
 * function per request made the api-proxy's collections five times as long. (docs/benchmarks.md)
 */
const NO_OLD_CLOSURE = {
  selector: 'AssignmentExpression[left.type="MemberExpression"][right.type=/^(Arrow)?FunctionExpression$/]',
  message:
    'Give the function a name first, or assign an object that has it as a method: V8 would keep it for too long.',
};

/** Lines of a file and of a function. Blank lines and comments count: the limit is what a reader sees at once. */
const LONGEST = { file: 300, function: 60 };

/**
 * Settings that forbid imports: static, dynamic, and of types.
 *
 * @param {Record<string, string>} forbidden regular expressions of module names, and what to say about them
 * @param {boolean} readsInputs whether `@actions/core`'s input functions may be used
 * @param {{ selector: string, message: string }[]} syntax further rules for `no-restricted-syntax`
 */
function forbid(forbidden, readsInputs = false, syntax = []) {
  const other = Object.entries(forbidden).map(([regex, message]) => ({
    selector: `:matches(ImportExpression, TSImportType)[source.value=/${regex.replaceAll('/', '\\/')}/]`,
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
      ...other,
      ...syntax,
      {
        selector: 'ImportExpression:not([source.type="Literal"])',
        message: 'A dynamic import names its module as plain text, which the rules about imports can read.',
      },
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
  [`^\\.\\.?/(.*/)?(${['shared', ...FOLDERS].join('|')})/[^/]+/`]:
    'A folder within a folder belongs to it, and nobody else imports it.',
};

const IN_CONTAINER = {
  ...NOT_PRODUCT,
  '^(\\.\\./)+src/(?!shared/[^/]+$)':
    'A container runs without the runner; what both sides need goes to src/shared/ itself.',
  '^(\\.\\./)+(containers/|squid/|agent/|api-proxy/)': 'A container imports nothing of another one.',
  '^@actions/': 'A container is no workflow step.',
};

/** In a pattern: the files of folders within a folder. */
const WITHIN = '/*/**/*.ts';

/** The folders that a folder of `src/` must not import from. */
function aboveOrApart(folder) {
  const floor = FLOORS.findIndex((folders) => folders.includes(folder));
  const others = FLOORS.slice(floor)
    .flat()
    .filter((other) => other !== folder);
  return [...others, ...(APART[folder] ?? [])];
}

/**
 * @param {string} files a pattern
 * @param {readonly string[]} forbidden folders of `src/` that these must not import from
 */
function onRunner(files, forbidden) {
  const root = files.split('/').length === 2 ? '\\./' : '(\\.\\./)+';
  const oneWay = {
    [`^${root}(${ENTRIES.join('|')})\\.ts$`]: 'Nobody imports an entry.',
    ...(forbidden.length > 0 && {
      [`^\\.\\.?/(.*/)?(${forbidden.join('|')})/`]:
        'Imports go down the floors of src/; see FLOORS in eslint.config.js.',
    }),
    ...(files.includes(WITHIN) && {
      '^\\.\\./[^/]+\\.ts$': 'A folder within a folder does not import the one it is in.',
    }),
  };
  return {
    name: `awf/layout: ${files}`,
    files: [files],
    rules: forbid({ ...ON_RUNNER, ...oneWay, ...soleImporters(files) }, files === INPUT_READER),
  };
}

/**
 * `src/shared/` and its own folders, whose files also run in containers.
 *
 * @param {string} files a pattern
 * @param {string} outside a regular expression of what leads out
 */
const inShared = (files, outside) => ({
  name: `awf/layout: ${files}`,
  files: [files],
  rules: forbid({
    [outside]: 'src/shared/ imports nothing from outside itself.',
    '^@actions/': 'src/shared/ also runs in containers.',
  }),
});

/**
 * @param {string[]} files patterns
 * @param {string[]} ignores patterns of those that may be there
 * @param {string} message
 */
const noOthers = (files, ignores, message) => ({
  name: `awf/layout: no others in ${files.join()}`,
  files,
  ignores,
  rules: { 'no-restricted-syntax': ['error', { selector: 'Program', message }] },
});

const layout = [
  ...ENTRIES.map((name) => onRunner(`src/${name}.ts`, [])),
  ...BASE.map((name) => onRunner(`src/${name}.ts`, FOLDERS)),
  ...FOLDERS.flatMap((folder) =>
    ['/**/*.ts', WITHIN].map((files) => onRunner(`src/${folder}${files}`, aboveOrApart(folder))),
  ),
  ...[...Object.values(SOLE_IMPORTER), INPUT_READER].map((file) => onRunner(file, aboveOrApart(file.split('/')[1]))),
  inShared('src/shared/*.ts', '^\\.\\./'),
  inShared('src/shared/*/*.ts', '^\\.\\./\\.\\./'),
  noOthers(
    ['src/*.ts'],
    [...ENTRIES, ...BASE].map((name) => `src/${name}.ts`),
    'The root of src/ has its five files; put this one into a folder.',
  ),
  noOthers(
    ['src/*/**/*.ts'],
    ['src/shared/*.ts', 'src/shared/*/*.ts', ...FOLDERS.map((folder) => `src/${folder}/**`)],
    'A new folder of src/ needs its floor in FLOORS of eslint.config.js.',
  ),
  {
    name: 'awf/layout: containers',
    files: ['containers/**/*.ts'],
    rules: forbid(IN_CONTAINER, false, [NO_OLD_CLOSURE]),
  },
];

const size = [
  {
    name: 'awf/size',
    files: ['src/**/*.ts', 'containers/**/*.ts'],
    rules: {
      'max-lines': ['error', LONGEST.file],
      'max-lines-per-function': ['error', { max: LONGEST.function, IIFEs: true }],
    },
  },
];

/*
 * The direction inside the api-proxy, from the bottom up: a part imports only itself and parts of the rows above it.
 * A name with a slash is a folder, any other a file.
 */
const API_PROXY = 'containers/api-proxy/src';
const API_PROXY_ROWS = [
  ['errors', 'flow', 'limits', 'listen', 'log'],
  ['capacity', 'connection', 'request/', 'start/', 'upstream/'],
  ['client-server', 'held-body', 'judge/', 'reflection', 'usage/'],
  ['route'],
  ['service'],
  ['reply'],
  ['exchange', 'interim'],
  ['return-body', 'send-body', 'websocket/'],
  ['forward'],
  ['model-list'],
  ['listener', 'provider-service'],
  ['transparent/'],
  ['hosts/'],
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
  globalIgnores(['dist/', 'coverage/', '.scratch/', '__tests__/workflows/build-test/']),
  js.configs.recommended,
  tseslint.configs.strictTypeChecked,
  {
    // Not `projectService`, which takes half as long again for all files.
    languageOptions: { parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname } },
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
      // There are no enums: the sources run with their types stripped. The rule looks at the types of every assignment.
      '@typescript-eslint/no-unsafe-enum-assignment': 'off',
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
  {
    name: 'awf/unit-tests',
    files: ['__tests__/**/*.test.ts'],
    ignores: ['**/*.slow.test.ts', '**/*.engine.test.ts'],
    rules: {
      'no-restricted-properties': [
        'error',
        ...['mock', 'doMock', 'resetModules'].map((property) => ({
          object: 'vi',
          property,
          message:
            'The files of the project unit share their modules. Pass what varies, or name the file *.slow.test.ts.',
        })),
      ],
    },
  },
  layout,
  size,
  apiProxyDirection,
  { files: ['**/*.js'], extends: [tseslint.configs.disableTypeChecked] },
  { files: ['bin/*.js'], languageOptions: { globals: { console: 'readonly', process: 'readonly' } } },
);
