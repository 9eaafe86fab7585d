#!/tmp/awf-lib/busybox sh
# Joins an image's CA certificates with the root of this run's authority, and prints the variables that name the result:
# join-trust.sh TRUST JOINED (BUNDLE | NAME=[bundle|root][/OTHER])...
#
# TRUST has root.pem, and bundle.pem for an image without a list of its own. JOINED is the directory to make. BUNDLE is
# where an image may have its list; the first one counts. A variable that is set already, by the image or the user, gets
# its file joined with the root. Another one gets what its word says, unless OTHER is set.
set -u
trust=$1
joined=$2
shift 2
busybox=${0%/*}/busybox

stop() {
  printf 'the CA certificates of the image cannot be joined with those of this run: %s\n' "$1" >&2
  exit 1
}

# join FILE NAME. The root comes first: a list may end within a line.
join() {
  "$busybox" cat "$trust/root.pem" "$1" > "$joined/$2.pem" || stop "$1"
}

has_file() {
  [ -f "$1" ] && [ -r "$1" ] && [ -s "$1" ]
}

"$busybox" mkdir -p "$joined" || stop "$joined"
list=
for word; do
  case $word in
    /*) [ -n "$list" ] || ! has_file "$word" || list=$word ;;
  esac
done
if [ -n "$list" ]; then join "$list" bundle; else "$busybox" cp "$trust/bundle.pem" "$joined/" || stop "$joined"; fi

for word; do
  case $word in
    /*) continue ;;
  esac
  name=${word%%=*}
  choice=${word#*=}
  eval "file=\${$name-}"
  case $choice in
    */*) eval "other=\${${choice#*/}-}" ;;
    *) other= ;;
  esac
  if [ -n "$file" ] && has_file "$file"; then
    join "$file" "$name"
    echo "$name=$joined/$name.pem"
  elif [ -z "$other" ]; then
    case $choice in
      bundle*) echo "$name=$joined/bundle.pem" ;;
      root*) echo "$name=$trust/root.pem" ;;
    esac
  fi
done
