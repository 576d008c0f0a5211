#!/usr/bin/env bash
#
# Runs a command in a root file system made by rootfs.sh: enter.sh ROOT COMMAND [ARGUMENT...]
#
# Called in a mount namespace of its own (unshare --mount). The machine's folders are visible at their usual paths, but
# for those that make up an operating system, which are ROOT's.

set -euo pipefail

readonly root=$1
shift

# bind PATH: makes a file or folder of this machine visible at the same path.
bind() {
  local target=$root$1
  if [[ -d $1 ]]; then
    [[ -d $target ]] || mkdir -p "$target"
  elif [[ ! -e $target || -L $target ]]; then
    mkdir -p "${target%/*}"
    rm -f "$target"
    : >"$target"
  fi
  mount --rbind "$1" "$target"
}

mount --rbind "$root" "$root" # pivot_root wants a mount point
for folder in /*/; do
  folder=${folder%/}
  case $folder in
    /bin | /boot | /etc | /lib | /lib32 | /lib64 | /libx32 | /lost+found | /run | /sbin | /usr | /var) ;;
    *)
      if [[ -L $folder ]]; then
        [[ -e $root$folder ]] || ln -s "$(readlink "$folder")" "$root$folder"
      else
        bind "$folder"
      fi
      ;;
  esac
done

# A folder in use that lies under one of ROOT's own, such as a clone in /var/lib or /usr/src.
for folder in "$PWD" "${SNI_SHARED:-}" "${TMPDIR:-}" "${root%/*}"; do
  [[ -z $folder || -d $root$folder ]] || bind "$folder"
done

certificates=${PIP_CERT:-${SSL_CERT_FILE:-/etc/ssl/certs/ca-certificates.crt}}
readonly bundle=/etc/ssl/certs/ca-certificates.crt
if [[ -f $certificates ]]; then
  mount --bind "$(readlink -f "$certificates")" "$root$bundle"
fi
for file in /etc/hosts /etc/resolv.conf /etc/pip.conf /etc/npmrc; do
  [[ ! -f $file ]] || bind "$file"
done

export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PIP_CERT=$bundle SSL_CERT_FILE=$bundle REQUESTS_CA_BUNDLE=$bundle NODE_EXTRA_CA_CERTS=$bundle LC_ALL=C.UTF-8
unset JAVA_HOME LD_LIBRARY_PATH LD_PRELOAD PYTHONHOME PYTHONPATH VIRTUAL_ENV CC CXX
# Not chroot: a Bazel client reads its server's working directory from /proc, and starts a new server when it differs. Only
# as the root of its mount namespace does a path read the same from another one.
readonly here=$PWD
cd "$root"
pivot_root . .
umount --lazy .
cd "$here"
exec "$@"
