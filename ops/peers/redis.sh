#!/usr/bin/env bash
# A Redis on 127.0.0.1 that keeps nothing on the disk: redis-server, or valkey-server, of the machine.
#
#   redis.sh start DIR [PORT]   start it, wait till it answers, print its URL; again on the same port as before
#   redis.sh stop DIR           SIGTERM, wait
#   redis.sh kill DIR           SIGKILL, a crash; 'start DIR' brings it back, empty
#   redis.sh status DIR         pid, resident memory
#
# 'start' exits with 3 where the machine has no such server.
# It only ever signals the process whose id it wrote to DIR/pid, and only while that is this server.
set -euo pipefail
# shellcheck source=ops/peers/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

running() {
  local pid
  pid=$(cat "$1/pid" 2>/dev/null) && [ -n "$pid" ] && [ "$(readlink "/proc/$pid/cwd" 2>/dev/null)" = "$1" ] &&
    [ "$(sed 's/ .*//' "/proc/$pid/comm")" != bash ]
}

begin() {
  (cd "$1" && exec setsid "$server" --bind 127.0.0.1 --port "$2" --save '' --appendonly no) </dev/null >>"$1/server.log" 2>&1 &
  echo $! >"$1/pid"
}

start() {
  server=$(command -v redis-server || command -v valkey-server) || { echo 'There is no redis-server here.' >&2; exit 3; }
  start_on "$1" "$2" 20
  echo "redis://127.0.0.1:$(cat "$1/port")"
}

command=${1:-}
if [ $# -ge 2 ]; then
  mkdir -p "$2"
  dir=$(cd "$2" && pwd -P)
fi
case $command in
  start) start "$dir" "${3:-}" ;;
  stop) stop "$dir" ;;
  kill) crash "$dir" ;;
  status) status "$dir" ;;
  *) sed -n '2,10p' "${BASH_SOURCE[0]}" >&2; exit 2 ;;
esac
