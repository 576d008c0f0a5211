#!/usr/bin/env bash
#
# Makes the Debian root file system in which ./bazelw runs Bazel on a machine that has none:
#
#     rootfs.sh FOLDER       makes FOLDER, which must not exist; the log is FOLDER.log
#
# FOLDER appears only when it is complete, so an interrupted run leaves nothing that looks usable.
# bazelw names the folder after this file's hash: any change here makes a new root file system.

set -euo pipefail

readonly release=trixie        # compilers, Python, emulators
readonly bazel_release=forky   # the first Debian release that packages Bazel; nothing else comes from it
readonly packages=(
  # To run: Bazel's own needs, and the clients of the package registries.
  bash ca-certificates git npm patch python3 python3-pip python3-venv unzip zip
  # x86-64.
  binutils clang g++ gcc libc6-dev libclang-rt-19-dev valgrind
  # Bare-metal Arm.
  gcc-arm-none-eabi libnewlib-arm-none-eabi libstdc++-arm-none-eabi-newlib qemu-system-arm
  # Arm Linux.
  g++-arm-linux-gnueabihf gcc-arm-linux-gnueabihf libc6-dev-armhf-cross qemu-user
  # To look at reports as their readers do.
  chromium fonts-dejavu-core
)
# Paths that no build reads: they are more than a third of what would be unpacked.
readonly excluded=(
  '/usr/share/doc/*'
  '/usr/share/info/*'
  '/usr/share/locale/*'
  '/usr/share/man/*'
  '/usr/lib/arm-none-eabi/newlib/arm/*'
  '/usr/lib/arm-none-eabi/newlib/thumb/v7-a*'
  '/usr/lib/arm-none-eabi/newlib/thumb/v7-r*'
  '/usr/lib/arm-none-eabi/newlib/thumb/v7ve*'
  '/usr/lib/arm-none-eabi/newlib/thumb/v8-a*'
)

readonly folder=$1
readonly log=$folder.log
readonly unfinished=$folder.unfinished
readonly started=$SECONDS
job=''  # the running step's process group

say() {
  printf 'bazelw: [%3d s] %s\n' "$((SECONDS - started))" "$*" >&2
}

# Runs a command with its output in the log, and shows a sign of life every 15 seconds.
step() {
  local what=$1 status=0 ticks=0
  shift
  say "$what"
  printf '\n=== %s\n' "$what" >>"$log"
  # In a process group of its own (-m), so that it can be ended whole.
  set -m
  "$@" </dev/null >>"$log" 2>&1 &
  job=$!
  set +m
  while kill -0 "$job" 2>/dev/null; do
    sleep 0.5
    ticks=$((ticks + 1))
    if ((ticks % 30 == 0)); then
      say "  ... $(tr '\r' '\n' <"$log" | grep -v '^ *$' | tail -n 1 | cut -c 1-100)"
    fi
  done
  wait "$job" || status=$?
  job=
  if ((status != 0)); then
    say "failed (status $status): $what. The end of $log:"
    tail -n 15 "$log" >&2
    exit 1
  fi
}

# The mirror that this machine's own apt uses. None when the machine is not Debian itself (its mirror would
# not have Debian's releases): mmdebstrap then takes its default.
host_mirror() {
  local id=''
  # shellcheck source=/dev/null
  id=$(. /etc/os-release && printf '%s' "${ID:-}")
  if [[ -n ${SNI_DEBIAN_MIRROR:-} ]]; then
    printf '%s' "$SNI_DEBIAN_MIRROR"
  elif [[ $id == debian ]]; then
    # `|| true`: without any source apt-get has nothing to print, and the default mirror is right.
    # shellcheck disable=SC2016 # apt-get expands these
    apt-get indextargets --format '$(CODENAME) $(COMPONENT) $(REPO_URI)' 'Identifier: Packages' |
      awk '$2 == "main" && $3 ~ /\/debian\/?$/ { print $3; exit }' || true
  fi
}

install_mmdebstrap() {
  apt-get -o Acquire::Check-Valid-Until=false update -q
  DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends mmdebstrap debian-archive-keyring
}

debian() {
  local options=() path line
  for path in "${excluded[@]}"; do
    options+=("--dpkgopt=path-exclude=$path")
  done
  while IFS= read -r line; do
    options+=("--aptopt=$line")
  done < <(apt-config dump | grep -E '^Acquire::(http|https)::Proxy ' || true)
  if [[ -f /usr/share/keyrings/debian-archive-keyring.gpg ]]; then
    options+=(--keyring=/usr/share/keyrings/debian-archive-keyring.gpg)
  fi
  # An unattended machine's clock or mirror can be past a Release file's date; signatures are checked all the same.
  mmdebstrap --verbose --mode=root --variant=minbase \
    --aptopt='Acquire::Check-Valid-Until "false"' --aptopt='APT::Install-Recommends "false"' \
    --dpkgopt=force-unsafe-io "${options[@]}" \
    --include="$(IFS=,; printf '%s' "${packages[*]}")" \
    "$release" "$unfinished" ${mirror:+"$mirror"}
}

bazel() {
  local name
  mkdir -p "$unfinished/usr/share/man/man1" # Java's installation makes links in it
  printf 'Package: *\nPin: release n=%s\nPin-Priority: 100\n' "$bazel_release" \
    >"$unfinished/etc/apt/preferences.d/$bazel_release"
  sed "s/\b$release\b/$bazel_release/g" "$unfinished/etc/apt/sources.list" \
    >"$unfinished/etc/apt/sources.list.d/$bazel_release.list"
  for name in /etc/resolv.conf /etc/ssl/certs/ca-certificates.crt; do
    if [[ -f $name ]]; then cp -L --remove-destination "$name" "$unfinished$name"; fi
  done
  for name in proc sys dev; do
    mount --rbind "/$name" "$unfinished/$name"
  done
  chroot "$unfinished" /usr/bin/env -u APT_CONFIG PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 \
    DEBIAN_FRONTEND=noninteractive bash -euc "
      apt-get update -q
      apt-get install -y -q --no-install-recommends -t $bazel_release bazel-bootstrap
      apt-get clean
      bazel --version"
}

finish() {
  local other
  # The system's configuration of Bazel: whatever runs in this root file system is off line, and keeps its server and
  # outputs apart from those of any other Bazel and of any other version of this recipe. At the end, so that it comes
  # after Debian's own settings, of which two are in the way: one is deprecated and says so each time, one keeps every
  # sandbox on disk.
  sed -i -e '/host_javabase/d' -e '/sandbox_debug/d' "$unfinished/etc/bazel/bazelrc"
  cat >>"$unfinished/etc/bazel/bazelrc" <<EOF

startup --output_user_root=$folder.bazel
# A workspace that has no such configuration of its own is none the worse for it.
common:offline --lockfile_mode=off
common --config=offline
EOF
  mv -T "$unfinished" "$folder"
  for other in "${folder%-*}"-*[0-9a-f]; do
    [[ $other == "$folder" ]] || say "no longer used by this workspace, may be removed: $other $other.bazel"
  done
}

# A mount namespace of our own: an interrupted run leaves no mount behind, so clearing up after it is safe.
if [[ ${2:-} != --in-namespace ]]; then
  exec unshare --mount --propagation private "${BASH_SOURCE[0]}" "$folder" --in-namespace
fi

trap '[[ -z $job ]] || kill -TERM -- "-$job"; say "interrupted"; exit 130' INT TERM HUP
mkdir -p "$(dirname "$folder")"
: >"$log"
say "No Bazel found: setting up a Debian $release with Bazel and the compilers, once, in $folder"
say "(about 2 minutes and 5 GB; log in $log)"
if [[ -e $unfinished ]]; then
  step 'removing what an interrupted run left' rm -rf --one-file-system "$unfinished"
fi
if ! command -v mmdebstrap >/dev/null; then
  step 'installing mmdebstrap' install_mmdebstrap
fi
mirror=$(host_mirror)
step "Debian $release: compilers, emulators, Python" debian
step "Bazel from Debian $bazel_release" bazel
finish
say 'done'
