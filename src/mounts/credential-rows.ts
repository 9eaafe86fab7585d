import type { Row } from './toolchain-rows.ts';

/** Files with credentials that programs keep among their own, below directories of the toolchain. */
export const CREDENTIAL_ROWS: readonly Row[] = [
  { path: '/usr/etc/npmrc', why: "npm's settings for the whole machine may hold a registry's token" },
  { path: '/usr/local/etc/npmrc', why: 'the same, for a Node.js in /usr/local' },
  { path: '/usr/local/etc/gitconfig', why: 'a git in /usr/local; URLs and headers in it may hold tokens' },
  { path: '/usr/local/etc/wgetrc', why: 'a wget in /usr/local; it may hold a password' },
  { path: '/usr/local/etc/pip.conf', why: "an index's URL may hold a password" },
  { path: '/opt/*/etc/npmrc', why: "npm's settings of a Node.js below /opt" },
  { path: '/opt/*/etc/gitconfig', why: 'a git below /opt' },
  { path: '/opt/*/conf/settings.xml', why: "Maven's passwords for servers and proxies" },
  { path: '/opt/*/conf/settings-security.xml', why: "Maven's master password" },
  { path: '/opt/*/init.d', why: "Gradle's scripts may hold passwords of repositories" },
  { path: '/opt/*/pip.conf', why: 'a virtual environment below /opt' },
  { path: '/opt/*/.condarc', why: "a conda below /opt; a channel's URL may hold a token" },
  { path: '/usr/share/*/.condarc', why: 'the same; hosted runners have Miniconda here' },
  { path: '/usr/local/*/.condarc', why: 'the same' },
  { path: '/opt/*/conf/sonar-scanner.properties', why: "the scanner's token" },
  { path: '/opt/*/conf/tomcat-users.xml', why: 'passwords of a server below /opt' },
  { path: '/home/linuxbrew/.linuxbrew/etc/npmrc', why: "npm's settings of Homebrew's Node.js" },
  { path: '/home/linuxbrew/.linuxbrew/etc/gitconfig', why: "settings of Homebrew's git" },
  { path: '/home/linuxbrew/.linuxbrew/etc/wgetrc', why: "settings of Homebrew's wget" },
  { path: '/usr/share/*/conf/settings.xml', why: "Maven's passwords; hosted runners have it here" },
  { path: '/usr/local/*/conf/settings.xml', why: "Maven's passwords" },
  { path: '/etc/maven/settings-security.xml', why: "Maven's master password" },
  { path: '/etc/gradle/init.d', why: "Gradle's scripts may hold passwords of repositories" },
  { path: '/etc/gradle/gradle.properties', why: 'the same' },
];

/** The same below the home. */
export const HOME_CREDENTIAL_ROWS: readonly Row[] = [
  { path: '.local/share/uv/credentials', why: 'what uv auth login stores' },
  { path: '.dotnet/corefx', why: "the user's private keys" },
  { path: '.nvm/versions/node/*/etc/npmrc', why: "npm's global settings may hold a registry's token" },
  { path: '.volta/tools/image/node/*/etc/npmrc', why: 'the same' },
  { path: '.local/share/fnm/node-versions/*/installation/etc/npmrc', why: 'the same' },
  { path: '.asdf/installs/*/*/etc/npmrc', why: 'the same' },
  { path: '.local/share/mise/installs/*/*/etc/npmrc', why: 'the same' },
  { path: '.pyenv/versions/*/pip.conf', why: "an index's URL may hold a password" },
  { path: '.pyenv/versions/*/envs/*/pip.conf', why: 'the same' },
  { path: '.local/pipx/venvs/*/pip.conf', why: 'the same' },
  { path: '.local/share/pipx/venvs/*/pip.conf', why: 'the same' },
  { path: '.local/share/uv/tools/*/pip.conf', why: 'the same' },
  { path: '.sdkman/candidates/maven/*/conf/settings.xml', why: "Maven's passwords" },
  { path: '.sdkman/candidates/gradle/*/init.d', why: "Gradle's scripts may hold passwords of repositories" },
  { path: '.asdf/installs/maven/*/conf/settings.xml', why: "Maven's passwords" },
];

/** The same below the tool cache. */
export const TOOL_CACHE_CREDENTIAL_ROWS: readonly Row[] = [
  { path: 'node/*/*/etc/npmrc', why: "npm's global settings may hold a registry's token" },
  { path: 'Python/*/*/pip.conf', why: "an index's URL may hold a password" },
  { path: 'maven/*/*/conf/settings.xml', why: "Maven's passwords" },
];
