#!/bin/sh
# usage: tools/check_docs.sh PROGRAM
# The generated pages of docs/ are what tools/make_docs.sh writes.
set -eu
program=$(cd "$(dirname "$1")" && pwd -P)/$(basename "$1")
cd "$(dirname "$0")/.."
temp=$(mktemp -d)
trap 'rm -rf "$temp"' EXIT

tools/make_docs.sh "$program" "$temp"
for page in "$temp"/*.md; do
    name=docs/$(basename "$page")
    cmp -s "$page" "$name" || {
        echo "$name is not up to date; tools/make_docs.sh PROGRAM makes it so"
        failed=1
    }
done
exit "${failed-0}"
