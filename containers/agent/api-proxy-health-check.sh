#!/tmp/awf-lib/busybox sh
# The gate before the command. Reads checks from standard input, one per line:
#
#   absent NAME              the variable is not set
#   placeholder NAME VALUE   the variable holds exactly VALUE
#   shell PROGRAM IMAGE      the program that runs the script exists; IMAGE may lack it
#   isolated ADDRESS NAME    the only route leads to ADDRESS, where nothing answers, and nothing resolves NAME
#   squid HOST:PORT NAME     Squid and its peek port answer a request for NAME
#   listening NAME           the host and port of the URL in the variable accept a TCP connection
#
# Exits 0 if all checks pass. Otherwise says on standard error which one failed and why, and exits 1.
set -u
lib=/tmp/awf-lib
# Seconds to wait for a listener.
patience=5

fail() {
  printf 'pre-flight check failed: %s\n' "$1" >&2
  exit 1
}

# Whole seconds since the machine started.
now() {
  read -r uptime rest < /proc/uptime
  printf %s "${uptime%%.*}"
}

# poll COMMAND...: repeats the command until it succeeds or the patience is over.
poll() {
  deadline=$(($(now) + patience))
  until "$@"; do
    # Not -lt: both times are truncated, which would cut up to a second off the wait that the message promises.
    [ "$(now)" -le "$deadline" ] || return 1
    "$lib/busybox" usleep 5000
  done
}

accepts() {
  "$lib/busybox" nc -w 1 "$1" "$2" -e "$lib/busybox" true < /dev/null > /dev/null 2>&1
}

# Squid answers 500 to the first tunnels, until its two ports have found each other.
squid_is_ready() {
  "$lib/busybox" nc -w 1 "$1" "$2" -e "$lib/busybox" sh -c '
    printf "CONNECT $0:443 HTTP/1.1\r\nHost: $0:443\r\n\r\n"
    read -r protocol status rest || exit 1
    [ "$status" != 500 ]
  ' "$3" < /dev/null > /dev/null 2>&1
}

# Runs in the background: silence is the good answer, and the other checks take long enough for a bad one to arrive.
start_probes() {
  gateway=$1
  "$lib/busybox" nc -w 1 "$gateway" 1 -e "$lib/busybox" true < /dev/null > "$probes/host" 2>&1 &
  host_probe=$!
  "$lib/busybox" nslookup "$2" 127.0.0.11 < /dev/null > "$probes/resolver" 2>&1 &
  resolver_probe=$!
}

# A refused connection is an answer: the host can be reached. So is the news that a name does not exist: it comes from
# outside, because the engine's own resolver reports a failure or stays silent.
judge_probes() {
  "$lib/busybox" usleep 20000
  heard=
  if ! kill -0 "$host_probe" 2> /dev/null && wait "$host_probe"; then heard="the host answers at $gateway"; fi
  case $("$lib/busybox" cat "$probes/host") in *refused*) heard="the host answers at $gateway" ;; esac
  case $("$lib/busybox" cat "$probes/resolver") in *NXDOMAIN* | *Name:*) heard='names are resolved for the sandbox' ;; esac
  kill "$host_probe" "$resolver_probe" 2> /dev/null
  wait
  "$lib/busybox" rm -r "$probes"
  [ -z "$heard" ] || fail "$heard; the internal network does not isolate on this engine"
}

# Older engines set a default route to the internal network's gateway. Nothing has that address, so the route is
# harmless.
other_gateway() {
  dead=$(IFS=. && set -- $1 && printf '%02X%02X%02X%02X' "$4" "$3" "$2" "$1")
  while read -r interface destination gateway rest; do
    case $gateway in Gateway | 00000000 | "$dead") ;; *) return 0 ;; esac
  done < /proc/net/route
  return 1
}

# Not `command -v`, which also finds the applets of busybox.
is_program() {
  case $1 in */*) [ -f "$1" ] && [ -x "$1" ]; return ;; esac
  rest=${PATH-}:
  while [ -n "$rest" ]; do
    place=${rest%%:*}
    rest=${rest#*:}
    [ ! -f "${place:-.}/$1" ] || [ ! -x "${place:-.}/$1" ] || return 0
  done
  return 1
}

is_set() { eval "[ \"\${$1+set}\" = set ]"; }
value_of() { eval "printf %s \"\${$1}\""; }

# check_listening NAME
check_listening() {
  url=$(value_of "$1")
  authority=${url#*://}
  authority=${authority%%/*}
  poll accepts "${authority%:*}" "${authority##*:}" ||
    fail "$1 is $url, and nothing accepts a connection there within $patience seconds"
}

# check_squid HOST:PORT NAME
check_squid() {
  poll squid_is_ready "${1%:*}" "${1##*:}" "$2" || fail "Squid does not answer at $1 within $patience seconds"
}

probes=/tmp/.awf-probes
"$lib/busybox" mkdir -p "$probes"
while read -r kind subject value; do
  case $kind in
    absent) ! is_set "$subject" || fail "$subject is set; no credential may be in the sandbox" ;;
    placeholder)
      is_set "$subject" || fail "$subject is not set; it must hold its placeholder"
      [ "$(value_of "$subject")" = "$value" ] || fail "$subject does not hold its placeholder"
      ;;
    shell)
      is_program "$subject" ||
        fail "$subject is not in the image $value; set shell to what it has, for example sh, or use another image"
      ;;
    isolated)
      ! other_gateway "$subject" || fail "a route leads out of the internal network"
      start_probes "$subject" "$value"
      ;;
    squid) check_squid "$subject" "$value" ;;
    listening) check_listening "$subject" ;;
    *) fail "unknown check: $kind" ;;
  esac
done

[ -z "${gateway-}" ] || judge_probes
exit 0
