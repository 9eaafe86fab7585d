# shellcheck shell=bash
# Shared by the scripts: run from the repository's root, with Node 24, and print messages in one format.

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
PATH="$PWD/node_modules/.bin:$PATH"

say() { printf '==> %s\n' "$*"; }

fail() {
  printf '%s: %s\n' "script/$(basename "$0")" "$*" >&2
  exit 1
}

can_install() { [[ $EUID -eq 0 ]] && command -v apt-get > /dev/null; }

# need COMMAND PACKAGE...: installs the packages unless the command is there.
need() {
  local command=$1
  shift
  command -v "$command" > /dev/null && return
  can_install || fail "$command is missing. Install it (on Debian and Ubuntu: apt-get install $*), or run this as root there."
  say "installing $*"
  [[ -n ${apt_updated:-} ]] || apt-get update -qq
  apt_updated=yes
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" > /dev/null
}
