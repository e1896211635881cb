# Recipe int8 with --accuracy-budget: kept, kept with layers in float, and not to be kept.  On this
# small network integers may well be slower than floats, and under a sanitizer they are: so only the
# last case lets times matter, and there they change no verdict.
. "$(dirname "$0")/e2e.sh"
model=$source/models/demo/fashion.pb
data=$source/models/demo/fashion-test.tfrecord

# budget STATUS WORDS...: optimizes into out.pb; the JSON report is then in $out.
budget() {
    want=$1
    shift
    run "$want" optimize "$model" --out out.pb --recipe int8 --calibrate "$data" --json --quiet \
        --calibration-images 60 --threads 1 --accuracy-budget "$@"
}
# number KEY: the value of the first such key of the report.
number() {
    sed -n "s/.*\"$1\":[[:space:]]*\([^,]*\),*\$/\1/p" "$out" | head -n 1
}

budget 0 5 --keep-slow-layers
[ "$(number met)" = true ] || complain "a budget of 5 points is not kept"
[ "$(number by_labels)" = true ] || complain "the labels are not looked at"
[ "$(number held_out)" = true ] || complain "judged on what was calibrated on"
[ "$(number trials)" = 1 ] || complain "more than one network tried: $(number trials)"
run 0 summarize out.pb --text
has "FakeQuantWithMinMaxVars"

# Ranges that cut off nearly everything: some layers have to be float.
budget 0 2 --keep-slow-layers --calibration-method percentile --percentile 85
[ "$(number met)" = true ] || complain "a budget of 2 points is not kept"
[ "$(number experiments)" -gt 0 ] || complain "no layer was tried"
[ "$(number layers_int8)" -lt "$(number layers)" ] || complain "no layer was returned"
has '"why":	"accuracy: '
[ "$(number slow_layers)" = 0 ] || complain "layers were timed"
mv out.pb once.pb
run 0 optimize "$model" --out out.pb --recipe int8 --calibrate "$data" --quiet --threads 2 \
    --calibration-images 60 --accuracy-budget 2 --keep-slow-layers \
    --calibration-method percentile --percentile 85
cmp -s once.pb out.pb || complain "not the same bytes once more"

# One layer may be in 8 bits, and does too much damage: then the graph is the float one.
budget 4 0.1 --keep-slow-layers --calibration-method percentile --percentile 55 --float-layers \
    stem/Conv2D,block1/conv1/Conv2D,block1/conv2/Conv2D,block2/depthwise/depthwise,\
block2/pointwise/Conv2D,block3/depthwise/depthwise,block3/pointwise/Conv2D,logits/MatMul
grep -q "^iopt: optimize: in 8 bits the accuracy budget of 0.1 points cannot be met; 'out.pb' is the \
float graph\$" "$err" || complain "no word of the budget: $(cat "$err")"
[ "$(number met)" = false ] || complain "a budget is kept that cannot be"
run 0 summarize out.pb --text
grep -q FakeQuant "$out" && complain "not the float graph"
run 0 profile out.pb --runs 1

# A layer that is not faster in 8 bits is one less; the budget holds either way.
budget 0 5
[ "$(number met)" = true ] || complain "a budget of 5 points is not kept, slow layers in float"

# Without labels it is agreement that counts: pictures of noise, 60 of them calibrated on.
{
    text="{'descr': '|u1', 'fortran_order': False, 'shape': (120, 28, 28, 3), }"
    printf '\223NUMPY\001\000\166\000%-117s\n' "$text"
    cat "$model" "$model" | head -c 282240
} >noise.npy
run 0 optimize "$model" --out out.pb --recipe int8 --calibrate noise.npy --json --quiet \
    --calibration-images 60 --threads 1 --accuracy-budget 40
[ "$(number by_labels)" = false ] || complain "labels are looked at that are not there"
[ "$(number met)" = true ] || complain "a budget of 40 points of agreement is not kept"

run 2 optimize "$model" --out no.pb --recipe int8 --calibrate "$data" --accuracy-budget -1
run 2 optimize "$model" --out no.pb --recipe int8 --load-calibration c.json --accuracy-budget 1
run 2 optimize "$model" --out no.pb --recipe float --accuracy-budget 1
[ ! -e no.pb ] || complain "a file after an error"
exit "$wrong"
