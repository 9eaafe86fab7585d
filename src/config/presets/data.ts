/** Lists of hosts that several presets rest on, by the letters of `docs/presets.md`. */
export const SOURCES = {
  copilot: 'https://docs.github.com/en/copilot/reference/copilot-allowlist-reference',
  dependabot: 'https://github.com/dependabot/proxy/blob/main/internal/handlers/egress_allowlist_defaults.yaml',
  agentic: 'https://github.github.com/gh-aw/reference/network/',
} as const;

/** What a preset with hosts of its own is. */
export interface HostPreset {
  readonly name: string;
  readonly aliases?: readonly string[];
  /** For people: what it is for. */
  readonly about: string;
  /** Each stands for itself, over HTTPS only. */
  readonly hosts: readonly string[];
  /** Presets that it contains. */
  readonly includes?: readonly string[];
  /** Where its hosts are documented. */
  readonly sources: readonly string[];
  /** What a user should know before choosing it; the run warns with it. */
  readonly warning?: string;
}

const UPLOADS =
  'Anybody with an account there can also upload, so it is a way out for data if the command has a token.';

const { copilot, dependabot, agentic } = SOURCES;

const JAVASCRIPT: readonly HostPreset[] = [
  {
    name: 'yarn-berry',
    about: 'Yarn 2 and later, with its own releases',
    hosts: ['repo.yarnpkg.com'],
    includes: ['npm'],
    sources: [copilot, dependabot],
  },
  {
    name: 'bun',
    about: 'packages for Bun, and its installer',
    hosts: ['bun.sh'],
    includes: ['npm'],
    sources: [copilot, 'https://bun.com/docs/installation'],
  },
  {
    name: 'deno',
    about: 'JSR, modules by URL, and npm packages for Deno',
    hosts: ['jsr.io', 'npm.jsr.io', 'deno.land', 'dl.deno.land'],
    includes: ['npm'],
    sources: [copilot, 'https://jsr.io/docs/npm-compatibility', 'https://docs.deno.com/runtime/reference/cli/upgrade/'],
  },
  {
    name: 'node-headers',
    about: 'headers and releases of Node.js, for node-gyp',
    hosts: ['nodejs.org'],
    sources: [copilot, 'https://github.com/nodejs/node-gyp#readme'],
  },
  {
    name: 'playwright',
    about: 'browsers for Playwright',
    hosts: ['cdn.playwright.dev', 'playwright.download.prss.microsoft.com'],
    sources: [copilot, 'https://playwright.dev/docs/browsers'],
  },
];

const JVM: readonly HostPreset[] = [
  {
    name: 'gradle',
    about: "Gradle's distributions and plugins, and Maven's repository",
    hosts: ['plugins.gradle.org', 'plugins-artifacts.gradle.org', 'services.gradle.org', 'downloads.gradle.org'],
    includes: ['maven'],
    sources: [copilot, dependabot, 'https://docs.gradle.org/current/userguide/gradle_wrapper.html'],
  },
  {
    name: 'sbt',
    about: "sbt's plugins, and Maven's repository",
    hosts: ['repo.scala-sbt.org'],
    includes: ['maven'],
    sources: [dependabot, agentic],
  },
  {
    name: 'android',
    about: "Google's repository for Android, and the SDK",
    hosts: ['maven.google.com', 'dl.google.com'],
    sources: [copilot, 'https://maven.google.com/web/index.html'],
  },
];

const LANGUAGES: readonly HostPreset[] = [
  {
    name: 'conda',
    about: 'conda packages',
    hosts: ['conda.anaconda.org', 'repo.anaconda.com', 'api.anaconda.org'],
    sources: [copilot, dependabot],
    warning: UPLOADS,
  },
  {
    name: 'rustup',
    about: "Rust's toolchains",
    hosts: ['static.rust-lang.org'],
    sources: [copilot, 'https://rust-lang.github.io/rustup/environment-variables.html'],
  },
  {
    name: 'nuget',
    aliases: ['dotnet'],
    about: 'NuGet packages',
    hosts: ['api.nuget.org', 'www.nuget.org', 'globalcdn.nuget.org'],
    sources: [copilot, dependabot, 'https://learn.microsoft.com/nuget/api/overview'],
  },
  {
    name: 'dotnet-sdk',
    about: "SDKs and runtimes of .NET, for Microsoft's install script",
    hosts: ['builds.dotnet.microsoft.com', 'ci.dot.net', 'dot.net'],
    sources: ['https://learn.microsoft.com/dotnet/core/tools/dotnet-install-script'],
  },
  {
    name: 'rubygems',
    aliases: ['ruby'],
    about: 'Ruby gems',
    hosts: ['rubygems.org', 'index.rubygems.org'],
    sources: [copilot, dependabot],
  },
  {
    name: 'packagist',
    aliases: ['php', 'composer'],
    about: 'the lists of Composer packages; the packages themselves come from GitHub: add `github-read`',
    hosts: ['repo.packagist.org', 'packagist.org', 'getcomposer.org'],
    sources: [copilot, dependabot],
  },
  {
    name: 'hex',
    aliases: ['elixir'],
    about: 'Hex packages for Elixir and Erlang',
    hosts: ['repo.hex.pm', 'hex.pm', 'builds.hex.pm'],
    sources: [dependabot, agentic],
  },
  { name: 'dart', aliases: ['pub'], about: 'Dart packages', hosts: ['pub.dev'], sources: [copilot, dependabot] },
];

const GITHUB: readonly HostPreset[] = [
  {
    name: 'github-read',
    aliases: ['github'],
    about:
      'clones, downloads and the API of GitHub without a token; prefer `github-token`, which limits what may be asked',
    hosts: [
      ...['github.com', 'api.github.com', 'codeload.github.com', 'raw.githubusercontent.com'],
      ...[
        'objects.githubusercontent.com',
        'release-assets.githubusercontent.com',
        'github-cloud.githubusercontent.com',
      ],
    ],
    sources: [
      copilot,
      'https://docs.github.com/en/actions/reference/runners/self-hosted-runners',
      'https://api.github.com/meta',
    ],
    warning: `GitHub can also be written to. ${UPLOADS}`,
  },
  {
    name: 'github-release',
    about: 'files of releases on GitHub',
    hosts: ['github.com', 'objects.githubusercontent.com', 'release-assets.githubusercontent.com'],
    sources: [copilot, 'https://docs.github.com/en/actions/reference/runners/self-hosted-runners'],
    warning: `GitHub can also be written to. ${UPLOADS}`,
  },
];

const IMAGES: readonly HostPreset[] = [
  {
    name: 'ghcr',
    about: "GitHub's container registry, for skopeo, crane and Helm",
    hosts: ['ghcr.io', 'pkg-containers.githubusercontent.com'],
    sources: [copilot, dependabot],
    warning: UPLOADS,
  },
  {
    name: 'dockerhub',
    aliases: ['docker'],
    about: "Docker's container registry, for skopeo and crane",
    hosts: [
      ...['registry-1.docker.io', 'auth.docker.io', 'index.docker.io', 'production.cloudflare.docker.com'],
      ...['production.cloudfront.docker.com'],
      'docker-images-prod.6aa30f8b08e16409b46e0173d6de2f56.r2.cloudflarestorage.com',
    ],
    sources: ['https://docs.docker.com/desktop/setup/allow-list/', dependabot],
    warning: UPLOADS,
  },
];

const OTHERS: readonly HostPreset[] = [
  {
    name: 'alpine',
    about: "Alpine's packages",
    hosts: ['dl-cdn.alpinelinux.org'],
    sources: [copilot],
  },
  {
    name: 'huggingface',
    aliases: ['hf'],
    about: 'models and data sets of Hugging Face',
    hosts: [
      ...['huggingface.co', 'hf.co', 'cdn-lfs.hf.co', 'cdn-lfs-us-1.hf.co', 'cdn-lfs-eu-1.hf.co'],
      ...['transfer.xethub.hf.co', 'cas-server.xethub.hf.co', 'cas-bridge.xethub.hf.co'],
    ],
    sources: ['https://huggingface.co/.well-known/meta.json'],
    warning: UPLOADS,
  },
  {
    name: 'pytorch',
    about: "PyTorch's own index of wheels",
    hosts: ['download.pytorch.org'],
    sources: ['https://pytorch.org/get-started/locally/'],
  },
  {
    name: 'terraform',
    about:
      "HashiCorp's registry and releases; set `CHECKPOINT_DISABLE=1`, or Terraform also asks for its newest version",
    hosts: ['registry.terraform.io', 'releases.hashicorp.com'],
    sources: [copilot, dependabot],
  },
  {
    name: 'bazel',
    about: "Bazel's modules, mirror and releases",
    hosts: ['bcr.bazel.build', 'mirror.bazel.build', 'releases.bazel.build'],
    sources: [dependabot, agentic],
  },
];

/** The presets whose hosts are the same on every machine. */
export const HOST_PRESETS: readonly HostPreset[] = [
  ...JAVASCRIPT,
  ...JVM,
  ...LANGUAGES,
  ...GITHUB,
  ...IMAGES,
  ...OTHERS,
];
