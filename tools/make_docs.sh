#!/bin/sh
# usage: tools/make_docs.sh PROGRAM [FOLDER]
# Writes the generated pages of docs/ (or of FOLDER, for ./check to compare): each listed pass and
# transform by the opening comment of its file, and the environment variables that PROGRAM knows.
set -eu
program=$(cd "$(dirname "$1")" && pwd -P)/$(basename "$1")
cd "$(dirname "$0")/.."
folder=${2-docs}
mkdir -p "$folder"

# The opening comment of a C file as Markdown: sentences first, then the table as a block of code.
opening_comment() {
    awk '
        FNR == 1 { sub(/^\/\* ?/, "") }
        { last = sub(/ *\*\/.*$/, ""); sub(/^ \* ?/, "") }
        FNR == 1 { sub(/^[a-z0-9_]+: */, "") }
        /^ / { table = 1 }
        /^$/ { table = 0 }
        last && /^ *$/ { exit }
        { print table ? "    " substr($0, 3) : $0 }
        last { exit }' "$1"
}

# usage: section LIST MACRO PREFIX: a heading and the opening comment of each listed file.
section() {
    for name in $(sed -n "s/^$2(\(.*\))$/\1/p" "$1"); do
        printf '\n## %s\n\n' "$name"
        opening_comment "$3$name.c"
    done
}

{
    printf '# Passes\n\n'
    printf 'In the order of their list. Written by tools/make_docs.sh from src/passes.\n'
    section src/passes/pass_list.inc IOPT_PASS src/passes/
} >"$folder/passes.md"

{
    printf "# Transforms of TensorFlow's Graph Transform Tool\n\n"
    printf 'For `--transforms`. Written by tools/make_docs.sh from src/passes/gtt.\n\n'
    cat src/passes/gtt/README.md
    section src/passes/gtt/gtt_list.inc IOPT_TRANSFORM src/passes/gtt/gtt_
} >"$folder/transforms.md"

# The columns of the program's table are at least two blanks apart.
{
    printf '# Environment variables\n\n'
    printf 'Written by tools/make_docs.sh from `iopt list knobs`.\n\n'
    printf '| variable | values | what it does | without it |\n|---|---|---|---|\n'
    "$program" list knobs | awk -F '  +' 'NR > 1 {
        gsub(/\|/, "\\|")
        printf "| `%s` | %s | %s | %s |\n", $1, $2, $3, $4
    }'
} >"$folder/knobs.md"
