#!/bin/sh
# usage: tools/coverage.sh BUILD_FOLDER
# After the tests of a --coverage build have run: lines covered, file by file, lowest first.
set -eu
build=$(cd "$1" && pwd -P)
root=$(cd "$(dirname "$0")/.." && pwd -P)
temp=$(mktemp -d)
trap 'rm -rf "$temp"' EXIT
cd "$temp"

# gcov -n: "File '/x/src/a.c'", then "Lines executed:93.10% of 58".
find "$build" -name "*.gcda" -exec gcov -n -r -s "$root" {} + 2>/dev/null | awk '
    /^File / { file = substr($0, 7, length($0) - 7) }
    /^Lines executed:/ && file ~ /^src\// && file ~ /\.c$/ {
        split(substr($0, 16), part, /% of /)
        # A file that is linked into several programs counts where it was covered best.
        if (!(file in percent) || part[1] > percent[file])
            percent[file] = part[1] + 0
        lines[file] = part[2]
        file = ""
    }
    END {
        for (file in percent) {
            printf "%6.2f %% of %5d  %s\n", percent[file], lines[file], file | "LC_ALL=C sort -n"
            covered += percent[file] / 100 * lines[file]
            all += lines[file]
        }
        close("LC_ALL=C sort -n")
        if (all)
            printf "%6.2f %% of %5d  all\n", 100 * covered / all, all
    }'
