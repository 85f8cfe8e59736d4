# What the scripts of this folder share; sourced by them. Each says by `running DIR` whether DIR/pid is its server, and by
# `begin DIR PORT` how that begins, in the background, with its id left in DIR/pid.

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

# start_on DIR [PORT] SECONDS: on the port given, the one it had, or a free one; waits till it answers.
start_on() {
  local dir=$1 port=$2 deadline=$((SECONDS + $3))
  running "$dir" && return 0
  [ -n "$port" ] || port=$(cat "$dir/port" 2>/dev/null) || port=$(free_port)
  echo "$port" >"$dir/port"
  begin "$dir" "$port"
  until answers "$port"; do
    kill -0 "$(cat "$dir/pid")" 2>/dev/null || { tail -30 "$dir/server.log" >&2; return 1; }
    [ "$SECONDS" -lt "$deadline" ] || { tail -30 "$dir/server.log" >&2; stop "$dir"; return 1; }
    sleep 0.05
  done
}

gone() { for _ in $(seq 200); do running "$1" || { rm -f "$1/pid"; return 0; }; sleep 0.1; done; return 1; }
stop() { running "$1" || return 0; kill -TERM "$(cat "$1/pid")"; gone "$1" || crash "$1"; }
crash() { running "$1" || return 0; kill -KILL "$(cat "$1/pid")"; gone "$1"; }
status() { running "$1" || { echo 'not running'; return 1; }; echo "pid $(cat "$1/pid")"; grep -E '^VmRSS' "/proc/$(cat "$1/pid")/status"; }
