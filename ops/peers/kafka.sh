#!/usr/bin/env bash
# A real Apache Kafka for tests and trying things out: one broker on 127.0.0.1, with its data in a folder of its own.
#
#   ops/peers/kafka.sh start DIR    starts it, waits until it serves, prints host:port
#   ops/peers/kafka.sh stop DIR     ends it in good order
#   ops/peers/kafka.sh kill DIR     ends it as a crash would; `start` brings it back with its data on the same port
#   ops/peers/kafka.sh status DIR   its process and memory; 1 when it does not run
#
# Needs Java 17 or newer, and Maven the first time, to fetch the jars (43 MB, kept in KAFKA_JARS). Exits with 3 when it
# cannot be had on this machine. KAFKA_PORT fixes the port; KAFKA_HEAP is 128m.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)/kafka
: "${KAFKA_JARS:=${XDG_CACHE_HOME:-$HOME/.cache}/healthstack/kafka-4.4.0}"
: "${KAFKA_HEAP:=128m}"
READY_S=60
CANNOT_BE_HAD=3

say() { printf 'kafka: %s\n' "$*" >&2; }

# Once for everybody: fetched beside and moved into place whole, by whoever has the lock.
jars() {
  [ -d "$KAFKA_JARS" ] && return
  command -v mvn >/dev/null || { say 'Maven is needed to fetch it.'; exit $CANNOT_BE_HAD; }
  mkdir -p "$(dirname "$KAFKA_JARS")"
  exec 9>"$KAFKA_JARS.lock"
  flock 9
  if [ ! -d "$KAFKA_JARS" ]; then
    rm -rf "$KAFKA_JARS.part"
    mvn --batch-mode --quiet --file "$here/pom.xml" dependency:copy-dependencies \
      -DincludeScope=runtime -DoutputDirectory="$KAFKA_JARS.part" >&2 ||
      { say 'the jars could not be fetched.'; exit $CANNOT_BE_HAD; }
    mv "$KAFKA_JARS.part" "$KAFKA_JARS"
  fi
  exec 9>&-
}

jvm=(java -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Dorg.slf4j.simpleLogger.defaultLogLevel=warn -cp "$KAFKA_JARS/*")

# Below the range that outgoing connections take theirs from.
free_port() {
  local port
  while :; do
    port=$((10000 + RANDOM % 20000))
    [ "$port" != "${1:-}" ] && ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && { echo "$port"; return; }
  done
}

# Whether the process that was started for this folder is still that one: a number may have been given to another.
running() {
  local pid
  pid=$(cat "$1/pid" 2>/dev/null) && tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | grep -qF "kafka.Kafka $1/server.properties"
}

format() {
  local dir=$1 port controller
  port=${KAFKA_PORT:-$(free_port)}
  controller=$(free_port "$port")
  rm -rf "$dir/data"
  sed -e "s|:CONTROLLER_PORT|:$controller|; s|:PORT|:$port|; s|=DATA|=$dir/data|" \
    "$here/server.properties" >"$dir/server.properties"
  "${jvm[@]}" kafka.tools.StorageTool format --standalone \
    --cluster-id "$(printf 'healthstack-peer' | base64)" --config "$dir/server.properties" >"$dir/format.log" 2>&1 ||
    { cat "$dir/format.log" >&2; exit 1; }
  echo "127.0.0.1:$port" >"$dir/address"
}

start() {
  local dir=$1 pid until=$((SECONDS + READY_S))
  command -v java >/dev/null || { say 'Java is needed to run it.'; exit $CANNOT_BE_HAD; }
  jars
  if ! running "$dir"; then
    [ -e "$dir/address" ] || format "$dir"
    # A log of its own for each start, or the line of the last one would be read as this one's.
    : >"$dir/broker.log"
    setsid "${jvm[@]}" -Xms32m "-Xmx$KAFKA_HEAP" -XX:+ExitOnOutOfMemoryError \
      -Dorg.slf4j.simpleLogger.log.kafka.server.KafkaRaftServer=info kafka.Kafka "$dir/server.properties" \
      </dev/null >>"$dir/broker.log" 2>&1 &
    pid=$!
    echo "$pid" >"$dir/pid"
    until grep -q 'Kafka Server started' "$dir/broker.log"; do
      if ! kill -0 "$pid" 2>/dev/null || [ "$SECONDS" -ge "$until" ]; then
        say 'did not start:'
        tail -20 "$dir/broker.log" >&2
        crash "$dir"
        exit 1
      fi
      sleep 0.05
    done
  fi
  cat "$dir/address"
}

gone() {
  local tenths=$2
  while running "$1"; do
    [ $((tenths--)) -gt 0 ] || return 1
    sleep 0.1
  done
  rm -f "$1/pid"
}

stop() { ! running "$1" || { kill "$(cat "$1/pid")"; gone "$1" 200; } || crash "$1"; }
crash() { ! running "$1" || { kill -KILL "$(cat "$1/pid")"; gone "$1" 100; }; }
status() { running "$1" && grep -E '^(Pid|VmRSS)' "/proc/$(cat "$1/pid")/status"; }

[ $# -eq 2 ] || { sed -n '2,10s/^# \{0,1\}//p' "$0" >&2; exit 2; }
mkdir -p "$2"
dir=$(cd "$2" && pwd)
case $1 in
  start) start "$dir" ;;
  stop) stop "$dir" ;;
  kill) crash "$dir" ;;
  status) status "$dir" ;;
  *) say "$1: there is start, stop, kill and status."; exit 2 ;;
esac
