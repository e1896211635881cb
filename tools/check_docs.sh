#!/bin/sh
# The generated pages of docs/ are what tools/make_docs.sh writes.
set -eu
cd "$(dirname "$0")/.."
temp=$(mktemp -d)
trap 'rm -rf "$temp"' EXIT

tools/make_docs.sh "$temp"
for page in "$temp"/*.md; do
    name=docs/$(basename "$page")
    cmp -s "$page" "$name" || {
        echo "$name is not up to date; tools/make_docs.sh makes it so"
        failed=1
    }
done
exit "${failed-0}"
