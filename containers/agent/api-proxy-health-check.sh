#!/tmp/awf-lib/busybox sh
# The gate before the command. Reads checks from standard input, one a line:
#
#   absent NAME              the variable is not set
#   placeholder NAME VALUE   the variable holds exactly VALUE
#   isolated ADDRESS         the host does not answer at ADDRESS, nor does anything resolve names
#   squid HOST:PORT NAME     Squid and its peek port answer a request for NAME
#   listening NAME           the host and port in the URL that the variable holds accept a TCP connection
#
# Exits 0 when all hold; otherwise says on standard error which one failed and why, and exits 1.
set -u
lib=/tmp/awf-lib
# Seconds that a listener has.
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

# poll COMMAND...: repeats it until it succeeds or the patience is over.
poll() {
  deadline=$(($(now) + patience))
  until "$@"; do
    [ "$(now)" -lt "$deadline" ] || return 1
    "$lib/busybox" usleep 5000
  done
}

accepts() {
  "$lib/busybox" nc -w 1 "$1" "$2" -e "$lib/busybox" true < /dev/null > /dev/null 2>&1
}

# Squid answers 500 for the first tunnels, until its two ports know each other.
squid_is_ready() {
  "$lib/busybox" nc -w 1 "$1" "$2" -e "$lib/busybox" sh -c '
    printf "CONNECT $0:443 HTTP/1.1\r\nHost: $0:443\r\n\r\n"
    read -r protocol status rest || exit 1
    [ "$status" != 500 ]
  ' "$3" < /dev/null > /dev/null 2>&1
}

# A refused connection is an answer, so the host is reachable; an unreachable one says nothing or "no route".
host_answers() {
  answer=$("$lib/busybox" nc -w 1 "$1" 1 -e "$lib/busybox" true < /dev/null 2>&1 && echo open)
  case $answer in *open* | *refused*) return 0 ;; esac
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
    fail "$1 is $url, and nothing accepts a connection there within 5 seconds"
}

probe=/tmp/.awf-isolation
while read -r kind subject value; do
  case $kind in
    absent) ! is_set "$subject" || fail "$subject is set; no credential may be in the sandbox" ;;
    placeholder)
      is_set "$subject" || fail "$subject is not set; it must hold its placeholder"
      [ "$(value_of "$subject")" = "$value" ] || fail "$subject does not hold its placeholder"
      ;;
    isolated)
      # In the background: silence is the good answer, and the other checks take long enough to hear a bad one.
      { host_answers "$subject" && : > "$probe"; } &
      isolation=$!
      gateway=$subject
      ;;
    squid)
      poll squid_is_ready "${subject%:*}" "${subject##*:}" "$value" || fail "Squid does not answer at $subject within 5 seconds"
      ;;
    listening) check_listening "$subject" ;;
    *) fail "unknown check: $kind" ;;
  esac
done

if [ -n "${isolation-}" ]; then
  "$lib/busybox" usleep 20000
  [ ! -e "$probe" ] || fail "the host answers at $gateway; the internal network does not isolate on this engine"
  kill "$isolation" 2> /dev/null || :
fi
exit 0
