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

answers() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

free_port() { # one that nobody listens on, below the range that outgoing connections take
  local port
  for _ in $(seq 200); do
    port=$((10000 + RANDOM % 20000))
    answers "$port" || { echo "$port"; return 0; }
  done
  echo 'There is no free port.' >&2
  return 1
}

running() {
  local pid
  pid=$(cat "$1/pid" 2>/dev/null) && [ -n "$pid" ] && [ "$(readlink "/proc/$pid/cwd" 2>/dev/null)" = "$1" ] &&
    [ "$(sed 's/ .*//' "/proc/$pid/comm")" != bash ]
}

start() {
  local dir=$1 port=${2:-} server deadline
  server=$(command -v redis-server || command -v valkey-server) || { echo 'There is no redis-server here.' >&2; exit 3; }
  if ! running "$dir"; then
    [ -n "$port" ] || port=$(cat "$dir/port" 2>/dev/null) || port=$(free_port)
    echo "$port" >"$dir/port"
    (cd "$dir" && exec setsid "$server" --bind 127.0.0.1 --port "$port" --save '' --appendonly no) </dev/null >>"$dir/server.log" 2>&1 &
    echo $! >"$dir/pid"
    deadline=$((SECONDS + 20))
    until answers "$port"; do
      kill -0 "$(cat "$dir/pid")" 2>/dev/null || { tail -30 "$dir/server.log" >&2; return 1; }
      [ "$SECONDS" -lt "$deadline" ] || { tail -30 "$dir/server.log" >&2; return 1; }
      sleep 0.05
    done
  fi
  echo "redis://127.0.0.1:$(cat "$dir/port")"
}

gone() { for _ in $(seq 200); do running "$1" || { rm -f "$1/pid"; return 0; }; sleep 0.05; done; return 1; }
stop() { running "$1" || return 0; kill -TERM "$(cat "$1/pid")"; gone "$1" || crash "$1"; }
crash() { running "$1" || return 0; kill -KILL "$(cat "$1/pid")"; gone "$1"; }
status() { running "$1" || { echo 'not running'; return 1; }; echo "pid $(cat "$1/pid")"; grep -E '^VmRSS' "/proc/$(cat "$1/pid")/status"; }

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
