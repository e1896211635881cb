# profile: every step and op is there, the figures add up.
. "$(dirname "$0")/e2e.sh"
demo=$source/models/demo/fashion.pb

run 0 optimize "$demo" --out fast.pb --quiet
run 0 profile fast.pb --runs 3 --top 2 --color never
has "3 runs, batch 1"
has "running %"
has "more steps (--top 0 shows all)"
has "whole graph: p50"
grep -q -E "gemm_f32|winograd_f32" "$out" || complain "no kernel is named"
run 0 profile fast.pb --runs 4 --batch-size 2 --threads 1 --json
has '"batch":	2,'
for key in ms p50_ms nodes ops kernel gflop_per_s bytes percent macs; do
    has "\"$key\":"
done
[ "$(grep '"ms":	\[' "$out" | tr -cd ',' | wc -c)" -eq 4 ] || # three between four, one behind
    complain "not four times: $(grep '"ms":	\[' "$out")"
# the macs of the steps are those of the ops
awk '/"ops":/ { ops = 1 } /"macs":/ { gsub(/[^0-9]/, ""); sum[ops + 0] += $0 }
    END { exit sum[0] == 0 || sum[0] != sum[1] }' "$out" || complain "steps and ops do not agree"
run 2 profile fast.pb --runs 0
run 1 profile nowhere.pb

exit "$wrong"
