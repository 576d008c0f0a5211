#!/usr/bin/env bash
#
# Runs {program}, which lies beside this script, under {command}. Made by sni_rules.

set -euo pipefail

readonly folder=${BASH_SOURCE[0]%/*}
readonly program=$folder/{program}
readonly counter={counter} # none: the emulated machine counts
emulator=({command} {arguments})

if ! command -v {command} >/dev/null; then
  echo "error: {command} is not on PATH, and runs the programs of this platform (on Debian and Ubuntu:" \
    "apt-get install {package}); the program itself is $program" >&2
  exit 127
fi

if [[ -n $counter && ${1:-} == bench ]]; then
  emulator=("$folder/$counter" "${emulator[@]}")
fi

if [[ {semihosting} == no ]]; then
  exec "${emulator[@]}" "$program" "$@"
fi

# The emulator's options have a comma doubled, and join arguments by spaces: start-up code has \001 made a space again.
arguments={program}
for argument in "$@"; do
  if [[ -z $argument ]]; then
    echo 'error: an empty argument cannot be passed by semihosting' >&2
    exit 2
  fi
  argument=${argument//,/,,}
  arguments+=,arg=${argument// /$'\001'}
done
exec "${emulator[@]}" -semihosting-config "enable=on,target=native,arg=$arguments" -kernel "$program"
