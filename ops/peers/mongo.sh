#!/usr/bin/env bash
# A server that speaks MongoDB's wire protocol on 127.0.0.1: SecantusDB, an independent implementation on WiredTiger.
#
#   mongo.sh fetch              install it into the cache (once); exits with 3 when it cannot be had
#   mongo.sh start DIR [PORT]   start it, wait till it answers, print its URL; again on the same port as before
#   mongo.sh stop DIR           SIGTERM, wait (SIGKILL after 20 s)
#   mongo.sh kill DIR           SIGKILL, a crash; 'start DIR' brings it back
#   mongo.sh status DIR         pid, resident memory
#
# Environment: MONGO_PEER_CACHE, MONGO_PEER_ARGS (more arguments, such as --standalone), MONGO_PEER_READY_S (60).
# It only ever signals the process whose id it wrote to DIR/pid, and only while that is this server.
set -euo pipefail
version=0.7.0b3
cache=${MONGO_PEER_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/healthstack-peers}
server=$cache/secantusdb-$version

fetch() {
  [ -e "$server/.complete" ] && return 0
  mkdir -p "$cache"
  (
    flock 9
    [ -e "$server/.complete" ] && exit 0
    rm -rf "$server"
    { python3 -m venv "$server" && "$server/bin/pip" install --quiet --disable-pip-version-check "secantusdb==$version"; } >&2 ||
      { echo "SecantusDB $version cannot be installed here." >&2; exit 3; }
    touch "$server/.complete"
  ) 9>"$cache/lock"
}

free_port() { # one that nobody listens on, below the range that outgoing connections take
  local port
  for _ in $(seq 200); do
    port=$((10000 + RANDOM % 20000))
    answers "$port" || { echo "$port"; return 0; }
  done
  echo 'There is no free port.' >&2
  return 1
}

answers() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

running() {
  local pid
  pid=$(cat "$1/pid" 2>/dev/null) && [ -n "$pid" ] &&
    { tr '\0' ' ' <"/proc/$pid/cmdline"; } 2>/dev/null | grep -qF -- "--storage-path $1/data"
}

start() {
  local dir=$1 port=${2:-} deadline
  fetch
  if ! running "$dir"; then
    [ -n "$port" ] || port=$(cat "$dir/port" 2>/dev/null) || port=$(free_port)
    echo "$port" >"$dir/port"
    # shellcheck disable=SC2086
    setsid "$server/bin/secantusd-py" --host 127.0.0.1 --port "$port" --storage-path "$dir/data" \
      --log-level WARNING ${MONGO_PEER_ARGS:-} </dev/null >>"$dir/server.log" 2>&1 &
    echo $! >"$dir/pid"
    deadline=$((SECONDS + ${MONGO_PEER_READY_S:-60}))
    until answers "$port"; do
      running "$dir" || kill -0 "$(cat "$dir/pid")" 2>/dev/null || { tail -30 "$dir/server.log" >&2; return 1; }
      [ "$SECONDS" -lt "$deadline" ] || { tail -30 "$dir/server.log" >&2; stop "$dir"; return 1; }
      sleep 0.05
    done
  fi
  echo "mongodb://127.0.0.1:$(cat "$dir/port")"
}

gone() { for _ in $(seq 200); do running "$1" || { rm -f "$1/pid"; return 0; }; sleep 0.1; done; return 1; }
stop() { running "$1" || return 0; kill -TERM "$(cat "$1/pid")"; gone "$1" || crash "$1"; }
crash() { running "$1" || return 0; kill -KILL "$(cat "$1/pid")"; gone "$1"; }
status() { running "$1" || { echo 'not running'; return 1; }; echo "pid $(cat "$1/pid")"; grep -E '^VmRSS' "/proc/$(cat "$1/pid")/status"; }

command=${1:-}
if [ $# -ge 2 ]; then
  mkdir -p "$2"
  dir=$(cd "$2" && pwd)
fi
case $command in
  fetch) fetch ;;
  start) start "$dir" "${3:-}" ;;
  stop) stop "$dir" ;;
  kill) crash "$dir" ;;
  status) status "$dir" ;;
  *) sed -n '2,12p' "${BASH_SOURCE[0]}" >&2; exit 2 ;;
esac
