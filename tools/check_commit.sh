#!/bin/sh
# usage: tools/check_commit.sh [RANGE]
# Commit subjects read `area: what changes` in at most 60 characters.  Without a RANGE: what is not
# upstream yet, or the last commit.
set -eu
cd "$(dirname "$0")/.."

if ! git rev-parse HEAD >/dev/null 2>&1; then
    echo "check_commit: skipped, there is no git or no history here"
    exit 0
fi
if [ $# -gt 0 ]; then
    range=$1
elif [ -n "$(git rev-list -n 1 '@{upstream}..HEAD' 2>/dev/null)" ]; then
    range='@{upstream}..HEAD'
else
    range=-1
fi

git log --no-merges --format='%h %s' "$range" | awk '
    {
        commit = $1
        subject = substr($0, length(commit) + 2)
        if (length(subject) > 60)
            why = length(subject) " characters, at most 60"
        else if (subject !~ /^[a-z0-9][a-z0-9_.,\/ +-]*: [^ ]/)
            why = "want `area: what changes`"
        else
            next
        printf "commit %s: %s: %s\n", commit, why, subject
        failed = 1
    }
    END { exit failed }'
