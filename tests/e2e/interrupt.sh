# Ctrl-C: the program ends soon, says so, and leaves no file behind.
. "$(dirname "$0")/e2e.sh"

# interrupt WHAT: the job in the background; false if it was done before.  Background jobs of a
# shell ignore SIGINT; SIGTERM takes the same way.
interrupt() {
    local status=0
    kill -TERM $! 2>/dev/null || true
    wait $! || status=$?
    if [ "$status" -eq 0 ]; then
        echo "skipped: $1 was done before it could be interrupted"
        return 1
    fi
    [ "$status" -eq 143 ] || complain "$1: exit status $status, want 143"
    tail -n 1 "$err" | grep -q "interrupted" || complain "$1: does not say so: $(cat "$err")"
}

# A chain that takes a while to optimize.
{
    node n0 Placeholder "$row4"
    awk -v t="$float" 'BEGIN { for (i = 1; i < 300000; i++)
        printf "node { name: \"n%d\" op: \"Relu\" input: \"n%d\" %s }\n", i, i - 1, t }'
} >long.pbtxt

"$iopt" optimize long.pbtxt --out long.pb >"$out" 2>"$err" &
sleep 0.3
if interrupt "the chain"; then
    [ "$(ls -A)" = long.pbtxt ] || complain "files are left: $(ls -A)"
fi

# Calibrating: neither the graph nor the ranges are there in part.
rm -f long.pbtxt
"$iopt" optimize "$source/models/demo/fashion.pb" --out eight.pb --outputs softmax --recipe int8 \
    --calibrate "$source/models/demo/fashion-test.tfrecord" --calibration-images 1000000 \
    --refine-weights --save-calibration ranges.json --threads 1 >"$out" 2>"$err" &
sleep 0.2
if interrupt "int8"; then
    [ ! -s ranges.json ] || [ "$(tail -n 1 ranges.json)" = "}" ] || complain "half of the ranges"
    rm -f ranges.json
    [ -z "$(ls -A)" ] || complain "int8: files are left: $(ls -A)"
fi

exit "$wrong"
