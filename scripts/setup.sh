#!/usr/bin/env bash
# Installs the Debian packages that building and testing need, those that are missing only.
# Silent and quick when there are none.  No Python, no TensorFlow.
set -euo pipefail

# package, what it is for
packages='
gcc                     the C compiler (C17)
libc6-dev               headers of the C library
make                    runs the build that cmake writes
cmake                   configures the build
protobuf-c-compiler     turns the GraphDef schemas into C
libprotobuf-c-dev       reads and writes GraphDef files
libjpeg-dev             decodes JPEG images (libjpeg-turbo)
libpng-dev              decodes PNG images
zlib1g-dev              decompresses TFRecord files
libpthreadpool-dev      spreads the work over threads
libcpuinfo-dev          finds out what the CPU can do
libcjson-dev            writes the --json reports
libcmocka-dev           runs the tests
'

say() { printf 'setup: %s\n' "$*" >&2; }

die() {
    say "$1"
    [ $# -lt 2 ] || say "$2"
    exit 3
}

names() { awk 'NF { print $1 }' <<<"$packages"; }

# The names of the packages that are not installed, a line each.
missing() {
    local name installed
    # dpkg-query fails where it knows nothing of a package; that is an answer too.
    installed=$(names | xargs dpkg-query -W -f '${db:Status-Status} ${Package}\n' 2>/dev/null |
        awk '$1 == "installed" { print $2 }' || true)
    for name in $(names); do
        [[ $'\n'$installed$'\n' == *$'\n'$name$'\n'* ]] || printf '%s\n' "$name"
    done
}

case ${1-} in
'') ;;
--help)
    printf 'usage: scripts/setup.sh\n\nInstalls what is missing of these Debian packages:\n%s' \
        "$packages"
    printf '\nIOPT_SETUP=skip leaves the machine as it is.\n'
    exit 0
    ;;
*)
    say "takes no arguments (--help tells more)"
    exit 2
    ;;
esac

[ "${IOPT_SETUP-}" != skip ] || exit 0

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    die "this is not a Debian system: install what these Debian packages hold, by your system's \
names: $(names | tr '\n' ' ')" "then run again with IOPT_SETUP=skip"
fi

wanted=$(missing)
[ -n "$wanted" ] || exit 0

as_root=()
how=''
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null ||
        die "packages are missing, and installing them needs root; run as root:" \
            "apt-get install --no-install-recommends $(tr '\n' ' ' <<<"$wanted")"
    as_root=(sudo)
    how=' (with sudo)'
fi

say "installing Debian packages$how:"
awk 'NR == FNR { want[$1] = 1; next } $1 in want { print "  " $0 }' \
    <(printf '%s\n' "$wanted") <(printf '%s' "$packages") >&2

log=$(mktemp)
trap 'rm -f "$log"' EXIT
apt() {
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive LC_ALL=C apt-get -q -y \
        -o DPkg::Lock::Timeout=300 -o Acquire::Retries=2 "$@" </dev/null >>"$log" 2>&1
}

# A failed update is not the end: the lists may be good enough.
updated=yes
apt -o APT::Update::Error-Mode=any update || updated=no
# shellcheck disable=SC2086 # one word each
if ! apt install --no-install-recommends $wanted; then
    grep -E '^(E:|W:|Err:)' "$log" | head -n 6 >&2 || tail -n 6 "$log" >&2
    [ "$updated" = yes ] || die "apt-get cannot reach its package lists; is the network there?"
    die "apt-get install failed; its first complaints are above"
fi
left=$(missing)
[ -z "$left" ] || die "still missing after the installation: $(tr '\n' ' ' <<<"$left")"
say "done"
