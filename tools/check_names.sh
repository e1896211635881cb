#!/bin/sh
# A file name is unique in the tree (public headers may share theirs with the private part), no file
# but a table (.inc) has more than 500 lines, no line of C more than 100 characters.
set -eu
cd "$(dirname "$0")/.."
most_lines=500

sources() {
    for folder in src tests fuzz bench examples tools scripts "$@"; do
        [ ! -d "$folder" ] || find "$folder" \( -name '*.[ch]' -o -name '*.inc' -o -name '*.sh' \
            -o -name '*.proto' \) -type f
    done | LC_ALL=C sort
}

sources | awk -F/ '
    $NF in seen { printf "%s: the name is taken by %s\n", $0, seen[$NF]; failed = 1 }
    { seen[$NF] = $0 }
    END { exit failed }' || failed=1

sources include | xargs awk -v most="$most_lines" '
    FILENAME !~ /\.inc$/ && FNR == most + 1 {
        printf "%s: more than %d lines\n", FILENAME, most
        failed = 1
    }
    /[^ -~]/ { next } # awk may count bytes
    FILENAME ~ /\.[ch]$/ && length($0) > 100 {
        printf "%s:%d: more than 100 characters\n", FILENAME, FNR
        failed = 1
    }
    END { exit failed }' || failed=1

exit "${failed-0}"
