#!/bin/sh
# Floors: a file of src/FLOOR includes its own floor and lower ones only (src/floors.txt, lowest
# first); include/iopt includes nothing of src; generated *.pb-c.h are for formats alone.
set -eu
cd "$(dirname "$0")/.."

find src include -name '*.[ch]' | LC_ALL=C sort | xargs awk '
    function complain(why) {
        printf "%s:%d: %s\n", FILENAME, FNR, why
        failed = 1
    }
    BEGIN {
        while ((getline line < "src/floors.txt") > 0)
            if (line !~ /^#/ && line != "")
                height[line] = ++floors
    }
    FNR == 1 {
        split(FILENAME, part, "/")
        public = part[1] == "include"
        own = public ? "" : part[2]
        if (!public && !(own in height))
            complain("floor " own " is not in src/floors.txt")
    }
    /^[ \t]*#[ \t]*include[ \t]*"/ {
        name = $0
        sub(/^[^"]*"/, "", name)
        sub(/".*/, "", name)
        other = name
        if (name ~ /\.pb-c\.h$/) {
            if (own != "formats")
                complain("generated " name " is for the floor formats only")
            next
        }
        if (!sub(/\/.*/, "", other)) {
            complain("write the folder too: \"" own "/" name "\"")
            next
        }
        if (other == "iopt")
            next
        if (public)
            complain("a public header includes " name)
        else if (!(other in height))
            complain(name " is in no floor")
        else if (height[other] > height[own])
            complain(own " is below " other ", and must not include " name)
    }
    END { exit failed }'
