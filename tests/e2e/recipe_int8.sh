# optimize --recipe int8: calibrated on images or from a file, its report, and data that is no good.
. "$(dirname "$0")/e2e.sh"
model=$source/models/demo/fashion.pb
photos=$source/models/demo/fashion-test.tfrecord
set -- --quiet --outputs softmax

# npy N SIDE: the head of an array float32 [N,SIDE,SIDE,3]; the values are to follow.
npy() {
    text="{'descr': '<f4', 'fortran_order': False, 'shape': ($1, $2, $2, 3), }"
    printf '\223NUMPY\001\000\166\000%-117s\n' "$text"
}

# values COUNT BYTES: COUNT floats of four bytes, written as printf does.
values() {
    i=0
    while [ $i -lt "$1" ]; do
        printf "$2"
        i=$((i + 1))
    done
}

# warns TEXT: a line of the last run's stderr holds it.
warns() {
    grep -q -F -e "$1" "$err" || complain "no '$1' on stderr, but: $(head -n 3 "$err")"
}

int8() {
    run 0 optimize "$model" --out "$1" --recipe int8 --quiet --outputs softmax --no-check \
        --threads "$2" "$3" "$4" ${5-}
}

# The same bytes for any number of threads, and again from the saved ranges.
int8 one.pb 1 --calibrate "$photos" "--calibration-images 60 --save-calibration ranges.json"
has "9 of 9 layers in 8 bits, 100.0 % of the multiply-adds"
has "block2/depthwise/depthwise"
[ ! -s "$err" ] || complain "recipe int8 complains: $(cat "$err")"
int8 two.pb 2 --calibrate "$photos" "--calibration-images 60"
cmp -s one.pb two.pb || complain "two threads give another graph"
int8 three.pb 2 --calibrate "$photos" "--calibration-images 60 --load-calibration ranges.json"
cmp -s one.pb three.pb || complain "saved ranges give another graph"
int8 nearest.pb 2 --load-calibration ranges.json
has "not done: it takes images"
[ "$(wc -c <one.pb)" -lt 110000 ] || complain "the file is not much smaller"
grep -q '"stem/Relu"' ranges.json || complain "no range of stem/Relu was saved"

# What is quantized stays as it is.
run 0 optimize one.pb --out again.pb --recipe int8 --quiet --outputs softmax --load-calibration \
    ranges.json
has "left alone: it is quantized already"
cmp -s one.pb again.pb || complain "a quantized graph was changed"
for recipe in float weights8; do
    for case in residual_wide concat_unlike mobile mobile_weights8; do
        run 0 optimize "$source/tests/data/int8/$case/graph.pb" --out again.pb --recipe "$recipe" \
            --quiet --outputs y
        cmp -s "$source/tests/data/int8/$case/graph.pb" again.pb ||
            complain "recipe $recipe changed the graph of $case"
    done
done
run 0 evaluate one.pb --data "$photos" --images 200 --quiet
has "Accuracy (top-1)"

# Methods and techniques.
for method in minmax percentile entropy mse; do
    int8 "$method.pb" 2 --calibrate "$photos" \
        "--calibration-images 50 --calibration-method $method --no-equalize --no-mse-weights
        --no-bias-correction --no-range-unification --wide-streams off"
    has " $method"
done
int8 partly.pb 2 --load-calibration ranges.json "--float-first --float-layers logits/MatMul"
has "7 of 9 layers in 8 bits"
run 0 optimize "$model" --out json.pb --recipe int8 --load-calibration ranges.json --json "$@"
has '"layers_int8":	9'
has '"output_method":	"'

# Images for transforms that freeze ranges.
run 0 optimize "$model" --out h.pb --recipe historic --calibrate "$photos" --calibration-images 8 \
    --no-check "$@"
has "freeze_requantization_ranges"
grep -q -a 'block1/conv1/Conv2D/eightbit/requant_range/frozen_max' h.pb || complain "no frozen range"
grep -q -a 'logits/MatMul/eightbit/requant_range$' h.pb && complain "a range is still open"
run 0 optimize "$model" --out t.pb --calibrate "$photos" --calibration-images 2 --no-check "$@" \
    --transforms 'quantize_weights quantize_nodes freeze_requantization_ranges(min_percentile=0)'
refuse 2 "iopt: freeze_requantization_ranges: You must pass a file name to min_max_log_file" \
    optimize "$model" --out u.pb --transforms freeze_requantization_ranges "$@"

# Data that is no good.
{ npy 60 28; head -c 564480 /dev/zero; } >const.npy
{ npy 60 20; head -c 288000 /dev/zero; } >small.npy
{ npy 1 28; values 2351 '\000\000\000\077'; printf '\000\000\300\177'; } >nan.npy
{ npy 2 28; values 2352 '\000\000\000\077'; values 2352 '\000\000\200\076'; } >two.npy
refuse 1 "iopt: calibration: every pixel of the 60 calibration images is 0: they say nothing about \
the network" optimize "$model" --out n.pb --recipe int8 --calibrate const.npy "$@"
refuse 1 "iopt: calibration: 'small.npy[0]' is float[20,20,3]; the network wants images [28,28,3]" \
    optimize "$model" --out n.pb --recipe int8 --calibrate small.npy "$@"
refuse 1 "iopt: calibration: image 0 holds a value that is NaN" optimize "$model" --out n.pb \
    --recipe int8 --calibrate nan.npy "$@"
refuse 1 "iopt: --calibrate: data 'gone': no such file, folder or pattern with a match" \
    optimize "$model" --out n.pb --recipe int8 --calibrate gone "$@"
int8 few.pb 2 --calibrate two.npy
warns "calibrated on 2 images only: ranges may be too narrow; 50 or more are better"
printf '{ "format": "inference-optimizer calibration", "version": 2, "values": {\n"input": %s } }' \
    '{ "min": 1, "max": 0 }' >bad.json
refuse 1 "iopt: calibration 'bad.json': value 'input': \"max\" is 0, below \"min\" 1" \
    optimize "$model" --out n.pb --recipe int8 --load-calibration bad.json "$@"
printf '{ "format": "inference-optimizer calibration", "version": 2, "values": {\n"x": %s } }' \
    '{ "min": 0, "max": 1 }' >other.json
refuse 1 "iopt: calibration 'other.json' has none of the 10 values of this graph (such as 'input'): \
it was made for another one" optimize "$model" --out n.pb --recipe int8 --load-calibration \
    other.json "$@"

refuse 2 "iopt: calibration 'ranges.json' is of a graph that was equalized; leave out --no-equalize" \
    optimize "$model" --out n.pb --recipe int8 --load-calibration ranges.json --no-equalize "$@"

# A graph that fixes its batch: images that are left over count too, and nothing more.
fixed="--input-shape 7,28,28,3 --calibrate $photos --calibration-images 60"
run 0 optimize "$model" --out fixed.pb --recipe int8 $fixed --save-calibration fixed.json "$@"
has "an image in batches of 7"
grep -q '"images":	60' fixed.json || complain "not 60 images: $(grep images fixed.json)"
sed 's/"input":.*//' fixed.json >a.json
sed 's/"input":.*//' ranges.json >b.json
cmp -s a.json b.json || complain "other ranges where the batch is fixed"
run 0 evaluate fixed.pb --data "$photos" --images 200 --quiet --json
has '"images":	200'

# Files that cannot be written: known before the work where it can be.
refuse 3 "iopt: cannot write 'gone/n.pb': No such file or directory" optimize "$model" \
    --out gone/n.pb --recipe int8 --calibrate "$photos" "$@"
refuse 3 "iopt: cannot write 'gone/c.json': No such file or directory" optimize "$model" \
    --out n.pb --recipe int8 --calibrate "$photos" --save-calibration gone/c.json "$@"
if [ -c /dev/full ]; then
    refuse 3 "iopt: cannot write '/dev/full': No space left on device" optimize "$model" --out n.pb \
        --recipe int8 --calibrate "$photos" --calibration-images 50 --save-calibration /dev/full "$@"
fi

# Command lines.
refuse 2 "iopt: optimize: recipe int8 needs --calibrate DATA, some hundred photos like those to \
come (or --load-calibration FILE)" optimize "$model" --out n.pb --recipe int8 "$@"
refuse 2 "iopt: optimize: --calibrate is for --recipe int8 and for freeze_requantization_ranges, \
not for float" optimize "$model" --out n.pb --calibrate x "$@"
refuse 2 "iopt: optimize: --no-equalize is for --recipe int8, not historic" optimize "$model" \
    --out n.pb --recipe historic --no-equalize "$@"
refuse 2 "iopt: optimize: --percentile is for --calibration-method percentile" optimize "$model" \
    --out n.pb --recipe int8 --calibrate x --percentile 99 "$@"
refuse 2 "iopt: layers that stay float: the optimized graph has no layer 'logits/matmul'; did you \
mean 'logits/MatMul'?" optimize "$model" --out n.pb --recipe int8 --calibrate "$photos" \
    --calibration-images 1 --float-layers logits/matmul --no-check "$@"
refuse 2 "iopt: optimize: --refine-weights looks at images: --calibrate DATA is missing" optimize \
    "$model" --out n.pb --recipe int8 --load-calibration ranges.json --refine-weights "$@"
exit "$wrong"
