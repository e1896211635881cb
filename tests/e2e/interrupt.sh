# Ctrl-C: the program ends soon, says so, and leaves no file behind.
. "$(dirname "$0")/e2e.sh"

# A chain that takes a while to optimize.
{
    node n0 Placeholder "$row4"
    awk -v t="$float" 'BEGIN { for (i = 1; i < 300000; i++)
        printf "node { name: \"n%d\" op: \"Relu\" input: \"n%d\" %s }\n", i, i - 1, t }'
} >long.pbtxt

# Background jobs of a shell ignore SIGINT; SIGTERM takes the same way.
"$iopt" optimize long.pbtxt --out long.pb >"$out" 2>"$err" &
sleep 0.3
kill -TERM $! 2>/dev/null || true
status=0
wait $! || status=$?
if [ "$status" -eq 0 ]; then
    echo "skipped: it was done before it could be interrupted"
else
    [ "$status" -eq 143 ] || complain "exit status $status, want 143"
    tail -n 1 "$err" | grep -q "interrupted" || complain "does not say so: $(cat "$err")"
    [ "$(ls -A)" = long.pbtxt ] || complain "files are left: $(ls -A)"
fi

# Calibrating: neither the graph nor the ranges are there in part.
rm -f long.pbtxt
"$iopt" optimize "$source/models/demo/fashion.pb" --out eight.pb --outputs softmax --recipe int8 \
    --calibrate "$source/models/demo/fashion-test.tfrecord" --calibration-images 1000000 \
    --refine-weights --save-calibration ranges.json --threads 1 >"$out" 2>"$err" &
sleep 0.2
kill -TERM $! 2>/dev/null || true
status=0
wait $! || status=$?
if [ "$status" -eq 0 ]; then
    echo "skipped: it was done before it could be interrupted"
else
    [ "$status" -eq 143 ] || complain "int8: exit status $status, want 143"
    tail -n 1 "$err" | grep -q "interrupted" || complain "int8: does not say so: $(cat "$err")"
    [ ! -s ranges.json ] || [ "$(tail -n 1 ranges.json)" = "}" ] || complain "half of the ranges"
    rm -f ranges.json
    [ -z "$(ls -A)" ] || complain "int8: files are left: $(ls -A)"
fi

exit "$wrong"
