#!/tmp/awf-lib/busybox sh
# The gate before the command. Reads checks from standard input, one per line:
#
#   absent NAME              the variable is not set
#   placeholder NAME VALUE   the variable holds exactly VALUE
#   shell PROGRAM IMAGE      the program that runs the script exists; IMAGE may lack it
#   confined                 the kernel confines the sandbox's processes as it was asked to
#   same DEVICE:INODE PATH   the path is what the runner has there
#   patience SECONDS         how long the checks below it wait for a listener
#   isolated ADDRESS NAME    the only route leads to ADDRESS, where nothing answers, nothing resolves NAME, and no
#                            interface has an IPv6 address
#   squid HOST:PORT NAME     Squid and its peek port answer a request for NAME
#   accepting HOST:PORT      the api-proxy's resolver accepts a TCP connection there
#   listening NAME           the host and port of the URL in the variable accept a TCP connection
#
# Exits 0 if all checks pass. Otherwise says on standard error which one failed and why, and exits 1.
set -u
lib=/tmp/awf-lib
# Seconds to wait for a listener. If a sidecar ends, the run ends with it; this is for a machine that is slow.
patience=60
# Connections in a row that nobody answered.
silent=0
# Ports of the host that are asked. One that is closed tells as much as one that is open, but a firewall may drop some.
ports='1 22 53 80 443 2375 8080'

fail() {
  printf 'pre-flight check failed: %s\n' "$1" >&2
  exit 1
}

# Whole seconds since the machine started.
now() {
  read -r uptime rest < /proc/uptime
  printf %s "${uptime%%.*}"
}

# The same in hundredths of a second, as the kernel writes them: 12.07.
hundredths() {
  read -r uptime rest < /proc/uptime
  printf %s "${uptime%.*}${uptime#*.}"
}

# poll COMMAND...: repeats the command until it succeeds or the patience is over. After a second it takes its time: each
# attempt starts processes, and a machine that is slow may be slow because of ten such loops.
poll() {
  begun=$(now)
  deadline=$((begun + patience))
  until "$@"; do
    # Not -lt: both times are truncated, which would cut up to a second off the wait that the message promises.
    [ "$(now)" -le "$deadline" ] || return 1
    if [ "$(now)" -le $((begun + 1)) ]; then "$lib/busybox" usleep 5000; else "$lib/busybox" usleep 50000; fi
  done
}

# A peer that has told its hardware address (0x2) is up, and its kernel answers every connection at once, if only to refuse
# it. If it is silent for so long, something on the way drops the packets, and will go on doing so.
#
# judge_silence ADDRESS WHAT-NC-SAID
judge_silence() {
  case $2 in *'timed out'*) [ "$(neighbour_flags "$1")" != 0x2 ] || silent=$((silent + 1)) ;; *) silent=0 ;; esac
  [ "$silent" -lt 8 ] ||
    fail "packets to $1 are dropped on this machine; its firewall has no rule that lets containers reach each other"
}

accepts() {
  said=$("$lib/busybox" nc -w 1 "$1" "$2" -e "$lib/busybox" true < /dev/null 2>&1) && return
  judge_silence "$1" "$said"
  return 1
}

# Squid answers 500 to the first tunnels, until its two ports have found each other.
squid_is_ready() {
  said=$("$lib/busybox" nc -w 1 "$1" "$2" -e "$lib/busybox" sh -c '
    printf "CONNECT $0:443 HTTP/1.1\r\nHost: $0:443\r\n\r\n"
    read -r protocol status rest || exit 1
    [ "$status" != 500 ]
  ' "$3" < /dev/null 2>&1) && return
  judge_silence "$1" "$said"
  return 1
}

# Asks the host and the engine's resolver in the background, and waits until the host was asked: silence is the good
# answer, so it must be certain that there was a question.
start_probes() {
  gateway=$1
  host_probes=
  for port in $ports; do
    "$lib/busybox" nc -w 1 "$gateway" "$port" -e "$lib/busybox" true < /dev/null > "$probes/host-$port" 2>&1 &
    host_probes="$host_probes $!"
  done
  "$lib/busybox" nslookup "$2" 127.0.0.11 < /dev/null > "$probes/resolver" 2>&1 &
  resolver_probe=$!
  poll host_was_asked || fail "the network could not be asked for $gateway within $patience seconds"
  asked=$(hundredths)
  answered_since=
}

# The kernel asks for the gateway's hardware address (ARP) before it sends anything there. Where there is no network, all
# probes end at once.
host_was_asked() {
  [ -n "$(neighbour_flags "$gateway")" ] || probes_ended
}

# The flags of an address in the kernel's table of neighbours: 0x0 while nobody has answered for it. Nothing if it was not
# asked for.
neighbour_flags() {
  while read -r address type flags rest; do
    [ "$address" != "$1" ] || printf %s "$flags"
  done < /proc/net/arp
}

probes_ended() {
  for probe in $host_probes; do
    ! kill -0 "$probe" 2> /dev/null || return 1
  done
}

# A host that has the address answers within the kernel, before it returns from sending. So an answer of a sidecar on the
# same network, which takes a process on the other side, is proof that no answer is on its way. Without a sidecar, the
# probes have to end by themselves. They get 20 to 30 milliseconds to write down what they have heard.
judge_probes() {
  [ -n "$answered_since" ] || poll probes_ended
  until [ "$(hundredths)" -ge $((asked + 3)) ]; do "$lib/busybox" usleep 5000; done
  heard=
  case $(neighbour_flags "$gateway") in '' | 0x0) ;; *) heard="the host answers at $gateway" ;; esac
  # A refused connection is an answer. So is the news that a name does not exist: it comes from outside, because the
  # engine's own resolver reports a failure or stays silent.
  for probe in $host_probes; do
    if ! kill -0 "$probe" 2> /dev/null && wait "$probe"; then heard="the host answers at $gateway"; fi
  done
  case $("$lib/busybox" cat "$probes"/host-*) in *refused*) heard="the host answers at $gateway" ;; esac
  case $("$lib/busybox" cat "$probes/resolver") in *NXDOMAIN* | *Name:*) heard='names are resolved for the sandbox' ;; esac
  kill $host_probes "$resolver_probe" 2> /dev/null
  wait
  "$lib/busybox" rm -r "$probes"
  [ -z "$heard" ] || fail "$heard; the internal network does not isolate on this engine"
}

# The engine may have been set up with another runtime, which does less than it is told and says nothing. The field of the
# kernel must be there, and have this value.
check_confined() {
  seen=
  while read -r field value; do
    case $field in
      CapPrm: | CapEff: | CapBnd:) wanted=0000000000000000 ;;
      NoNewPrivs:) wanted=1 ;;
      Seccomp:) wanted=2 ;;
      *) continue ;;
    esac
    [ "$value" = "$wanted" ] || unconfined "$field $value"
    seen=$seen$field
  done < /proc/self/status
  [ "$seen" = CapPrm:CapEff:CapBnd:NoNewPrivs:Seccomp: ] || unconfined "only $seen"
  while read -r device target type options; do
    case $target:$options in /:ro | /:ro[,\ ]*) return ;; esac
  done < /proc/self/mounts
  unconfined 'a root file system that can be written'
}

unconfined() {
  fail "the kernel reports $1; the engine's runtime does not confine the sandbox"
}

# check_same DEVICE:INODE PATH
check_same() {
  [ "$("$lib/busybox" stat -L -c %d:%i -- "$2" 2> /dev/null)" = "$1" ] ||
    fail "the Docker engine has something else at $2 than AWF has; one of them runs in a container or a mount namespace of its own"
}

has_ipv6() {
  [ -e /proc/net/if_inet6 ] || return 1
  while read -r address index prefix scope flags interface; do
    [ "$interface" = lo ] || return 0
  done < /proc/net/if_inet6
  return 1
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
  answered_since=yes
}

# check_accepting HOST:PORT
check_accepting() {
  poll accepts "${1%:*}" "${1##*:}" || fail "the sandbox's resolver does not answer at $1 within $patience seconds"
  answered_since=yes
}

# check_squid HOST:PORT NAME
check_squid() {
  poll squid_is_ready "${1%:*}" "${1##*:}" "$2" || fail "Squid does not answer at $1 within $patience seconds"
  answered_since=yes
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
    confined) check_confined ;;
    same) check_same "$subject" "$value" ;;
    patience) patience=$subject ;;
    isolated)
      ! has_ipv6 || fail "an interface of the sandbox has an IPv6 address"
      ! other_gateway "$subject" || fail "a route leads out of the internal network"
      start_probes "$subject" "$value"
      ;;
    squid) check_squid "$subject" "$value" ;;
    accepting) check_accepting "$subject" ;;
    listening) check_listening "$subject" ;;
    *) fail "unknown check: $kind" ;;
  esac
done

[ -z "${gateway-}" ] || judge_probes
exit 0
