#!/usr/bin/env bash
# What recipe int8 costs and gives, calibrated on some photos and judged on others; or what each of
# its techniques gives.
#
# usage: bench/int8.sh FOLDER [NAME...]
#
#   FOLDER   materialized models, NAME.pb each (../shared/models/materialize.py NAME FOLDER)
#   NAME     only these models (default: all of the table below that are there)
#
#   IOPT      the program (default build/release/inference-optimizer)
#   SHARED    folder with imagenet-sample (default ../shared)
#   CALIBRATE a shard of it, 0 .. 3 (default 0); the photos of the others judge
#   IMAGES    photos to calibrate on (default 125)    JUDGES  photos to judge by (default all)
#   OPTIONS   more options for optimize ("--accuracy-budget 0.5")
#   ABLATION  1: one line for each technique that is left out, without times
#   RUNS      timed runs (default 20)
#   OUT       folder for the graphs and all JSON results (default: a temporary one)
#
# The table is on stdout, a line as soon as it is done, as Markdown:
#   MACs       share of the multiply-adds in 8 bits
#   top-1      of the photos that judge, float / 8 bits, in percent; - where labels mean nothing
#   agree      photos that get the class of the float graph, in percent
#   logits     their signal-to-noise ratio against the float graph on 64 of these photos, in dB
#   optimize   seconds and peak memory of the program (- without /usr/bin/time)
#   ms         per image, medians of RUNS, float / 8 bits in turn, with one and with two threads
set -euo pipefail
shopt -s inherit_errexit

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
iopt=${IOPT:-$root/build/release/inference-optimizer}
photos=${SHARED:-$root/../shared}/imagenet-sample
[ $# -ge 1 ] && [ -d "$1" ] || { sed -n '2,/^set/p' "$0" | sed -n 's/^# \{0,1\}//p' >&2; exit 2; }
folder=$1
shift
out=${OUT:-}
if [ -z "$out" ]; then
    out=$(mktemp -d)
    trap 'rm -rf "$out"' EXIT
fi
mkdir -p "$out"
shard=$photos/validation-0000${CALIBRATE:-0}-of-00004
judges=
for i in 0 1 2 3; do
    [ "$i" = "${CALIBRATE:-0}" ] || judges=$judges,$photos/validation-0000$i-of-00004
done
judges=${judges#,}

# name, output, logits
models='
efficientnet_lite0 Softmax efficientnet-lite0/head/dense/BiasAdd
nsfw_mobilenet_v2 dense_3/Softmax dense_3/BiasAdd
nsfw_inception_v3 dense_3/Softmax dense_3/BiasAdd
inception_v3_quarter InceptionV3/Predictions/Reshape_1 InceptionV3/Logits/SpatialSqueeze
pnasnet_mobile final_layer/predictions final_layer/FC/BiasAdd
inception_v3 InceptionV3/Predictions/Reshape_1 InceptionV3/Logits/SpatialSqueeze
resnet_v2_152 resnet_v2_152/predictions/Reshape_1 resnet_v2_152/SpatialSqueeze
pnasnet5_large final_layer/predictions final_layer/FC/BiasAdd
'
variants='
all techniques|
no equalization|--no-equalize
weights to the nearest|--no-refine-weights
scales by the largest weight|--no-mse-weights
no bias correction|--no-bias-correction
to the nearest, no bias correction|--no-refine-weights --no-bias-correction
no shared ranges|--no-range-unification
sums never wide|--wide-streams off
sums always wide|--wide-streams on
ranges by minmax|--calibration-method minmax
ranges by mse|--calibration-method mse
ranges by entropy|--calibration-method entropy
ranges by percentile 99.99|--calibration-method percentile
plain: minmax, nothing else|--calibration-method minmax PLAIN
'
plain='--no-equalize --no-refine-weights --no-mse-weights --no-bias-correction'
plain+=' --no-range-unification --wide-streams off'

# field FILE KEY [N]: the N-th (1) value of a key in JSON as the program prints it.
field() {
    awk -F'\t' -v key="\"$2\":" -v n="${3:-1}" '
        { for (i = 1; i < NF; i++) if ($i == key && ++seen == n) { v = $(i + 1); sub(/,$/, "", v)
          gsub(/^"|"$/, "", v); print v; exit } }' "$1"
}

# optimize MODEL OUT OPTIONS...: writes OUT.pb and OUT.json; sets `cost`.
optimize() {
    local model=$1 to=$2 timer=()
    shift 2
    [ ! -x /usr/bin/time ] || timer=(/usr/bin/time -o "$to.time" -f '%e %M')
    "${timer[@]}" "$iopt" optimize "$model" --out "$to.pb" --recipe int8 --outputs "$output" \
        --calibrate "$shard" --calibration-images "${IMAGES:-125}" --quiet --json "$@" \
        >"$to.json" || [ $? = 4 ]
    cost=-
    [ ! -f "$to.time" ] ||
        cost=$(tail -1 "$to.time" | awk '{ printf "%.0f s, %.1f GB", $1, $2 / 1e6 }')
}

# judge OUT: sets `top1`, `agree`, `logits`.
judge() {
    local json=$1.benchmark.json labels=()
    case $name in nsfw_*) labels=(--no-labels) ;; esac # the photos' labels are not its classes
    "$iopt" benchmark "$out/$name.float.pb" "$1.pb" --data "$judges" ${JUDGES:+--images "$JUDGES"} \
        --outputs "$output" --runs 1 --warmup 0 --batch-size 8 "${labels[@]}" --quiet --json \
        >"$json"
    top1=$(awk -v a="$(field "$json" top1 1)" -v b="$(field "$json" top1 2)" \
        'BEGIN { printf "%.2f / %.2f", 100 * a, 100 * b }')
    [ ${#labels[@]} = 0 ] || top1=-
    agree=$(awk -v a="$(field "$json" agreement)" 'BEGIN { printf "%.1f", 100 * a }')
    "$iopt" compare "$out/$name.float.pb" "$1.pb" --outputs "$logits_node" --data "$judges" \
        --images 64 --batch-size 8 --quiet --json >"$1.compare.json"
    logits=$(awk -v x="$(field "$1.compare.json" sqnr_db)" 'BEGIN { printf "%.1f", x }')
}

# times OUT: sets ms1, ms2.
times() {
    local threads both=()
    for threads in 1 2; do
        "$iopt" benchmark "$out/$name.float.pb" "$1.pb" --outputs "$output" --threads "$threads" \
            --runs "${RUNS:-20}" --warmup 2 --batch-size 1 --quiet --json >"$1.threads$threads.json"
        both+=("$(field "$1.threads$threads.json" p50 1) $(field "$1.threads$threads.json" p50 2)")
    done
    ms1=$(awk '{ printf "%.2f / %.2f", $1, $2 }' <<<"${both[0]}")
    ms2=$(awk '{ printf "%.2f / %.2f", $1, $2 }' <<<"${both[1]}")
}

measure() {
    local to=$out/$name.int8
    optimize "$model" "$to" ${OPTIONS:-}
    judge "$to"
    times "$to"
    printf '| %s | %s | %.1f -> %.1f | %s | %s | %s | %s | %s | %s |\n' "$name" \
        "$(awk -v a="$(field "$to.json" macs_int8)" -v b="$(field "$to.json" macs)" \
            'BEGIN { printf "%.1f %%", b ? 100 * a / b : 0 }')" \
        "$(($(wc -c <"$model") / 1000))e-3" "$(($(wc -c <"$to.pb") / 1000))e-3" \
        "$top1" "$agree" "$logits" "$cost" "$ms1" "$ms2"
}

ablate() {
    local what options to=$out/$name.ablation
    while IFS='|' read -r what options; do
        [ -n "$what" ] || continue
        # shellcheck disable=SC2086 # several options
        optimize "$model" "$to" ${options/PLAIN/$plain} ${OPTIONS:-}
        judge "$to"
        printf '| %s | %s | %s | %s | %s |\n' "$name" "$what" "$top1" "$agree" "$logits"
    done <<<"$variants"
}

"$iopt" --version
if [ -n "${ABLATION:-}" ]; then
    printf '| net | techniques | top-1 %% | agree %% | logits dB |\n|---|---|---|---|---|\n'
else
    printf '| net | MACs | MB | top-1 %% | agree %% | logits dB | optimize | ms 1 thread | %s\n' \
        'ms 2 threads |'
    printf '|---|---|---|---|---|---|---|---|---|\n'
fi
while read -r name output logits_node; do
    [ -n "$name" ] || continue
    [ $# = 0 ] || [[ " $* " == *" $name "* ]] || continue
    model=$folder/$name.pb
    [ -f "$model" ] || { echo "$name: no $model" >&2; continue; }
    "$iopt" optimize "$model" --out "$out/$name.float.pb" --outputs "$output" --quiet >/dev/null
    if [ -n "${ABLATION:-}" ]; then ablate; else measure; fi
done <<<"$models"
