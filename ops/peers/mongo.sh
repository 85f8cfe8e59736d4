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
# shellcheck source=ops/peers/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
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

running() {
  local pid
  pid=$(cat "$1/pid" 2>/dev/null) && [ -n "$pid" ] &&
    { tr '\0' ' ' <"/proc/$pid/cmdline"; } 2>/dev/null | grep -qF -- "--storage-path $1/data"
}

begin() {
  # shellcheck disable=SC2086
  setsid "$server/bin/secantusd-py" --host 127.0.0.1 --port "$2" --storage-path "$1/data" \
    --log-level WARNING ${MONGO_PEER_ARGS:-} </dev/null >>"$1/server.log" 2>&1 &
  echo $! >"$1/pid"
}

start() {
  fetch
  start_on "$1" "$2" "${MONGO_PEER_READY_S:-60}"
  echo "mongodb://127.0.0.1:$(cat "$1/port")"
}

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
