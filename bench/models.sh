#!/usr/bin/env bash
# The closing table: every reference model before and after `optimize --recipe RECIPE`, against
# TensorFlow's own answers.
#
# usage: bench/models.sh FOLDER [NAME...]
#
#   FOLDER   materialized models, NAME.pb each (../shared/models/materialize.py NAME FOLDER)
#   NAME     only these models (default: all of the table below that are there)
#
#   IOPT     the program (default build/release/inference-optimizer)
#   SHARED   folder with models/golden and imagenet-sample (default ../shared)
#   RECIPE   what to do (default float; historic: eight-bit arithmetic, whose ranges are those of
#            the batch, so BATCH=1 is what a user of single photos gets)
#   BATCH    photos at a time when evaluating (default 8)
#   IMAGES   photos to evaluate (default 500)      RUNS  timed runs (default 20)
#   THREADS  for evaluating (default: all cores)
#   OUT      folder for the optimized graphs and all JSON results (default: a temporary one)
#
# The table is on stdout, a line as soon as a model is done, as Markdown:
#   difference   largest difference of a probability from TensorFlow 1.15's, before / after
#   top-1        of IMAGES photos, before / after / as TensorFlow counts
#   differ       images whose class is not TensorFlow's, before / after
#   ms           per image, median of RUNS, before and after in turn
#   load, peak   by itself in a process of its own, before / after
set -euo pipefail
shopt -s inherit_errexit

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
iopt=${IOPT:-$root/build/release/inference-optimizer}
shared=${SHARED:-$root/../shared}
images=${IMAGES:-500}
recipe=${RECIPE:-float}
batch=${BATCH:-8}
runs=${RUNS:-20}
[ $# -ge 1 ] && [ -d "$1" ] || { sed -n '2,/^set/p' "$0" | sed -n 's/^# \{0,1\}//p' >&2; exit 2; }
folder=$1
shift
golden=$shared/models/golden
out=${OUT:-}
if [ -z "$out" ]; then
    out=$(mktemp -d)
    trap 'rm -rf "$out"' EXIT
fi
mkdir -p "$out"

# name, name of its goldens, input, output, size
models='
efficientnet_lite0 efficientnet_lite0 input Softmax 224
nsfw_mobilenet_v2 nsfw_mobilenet_v2 input_1 dense_3/Softmax 224
inception_v3_quarter inception_v3_quarter input InceptionV3/Predictions/Reshape_1 299
inception_v3_quarter_phase_default inception_v3_quarter input output 299
inception_v3_quarter_phase_fed inception_v3_quarter input InceptionV3/Predictions/Reshape_1 299
inception_v3_quarter_unfused inception_v3_quarter input InceptionV3/Predictions/Reshape_1 299
pnasnet_mobile pnasnet_mobile input final_layer/predictions 224
pnasnet_mobile_nchw pnasnet_mobile input final_layer/predictions 224
nsfw_inception_v3 nsfw_inception_v3 input_1 dense_3/Softmax 299
inception_v3 inception_v3 input InceptionV3/Predictions/Reshape_1 299
resnet_v2_152 resnet_v2_152 input resnet_v2_152/predictions/Reshape_1 299
pnasnet5_large pnasnet5_large input final_layer/predictions 331
'

# field FILE KEY [N]: the N-th (1) value of a key in JSON as the program prints it.
field() {
    awk -F'\t' -v key="\"$2\":" -v n="${3:-1}" '
        { for (i = 1; i < NF; i++) if ($i == key && ++seen == n) { v = $(i + 1); sub(/,$/, "", v)
          gsub(/^"|"$/, "", v); print v; exit } }' "$1"
}

# floats FILE.npy: its values, one a line.
floats() {
    local header
    header=$(od -An -t u2 -j 8 -N 2 "$1")
    od -An -v -t f4 -w4 -j $((10 + header)) "$1"
}

# difference MODEL: the largest difference from TensorFlow's probabilities.
difference() {
    "$iopt" run "$1" --input "$input=$golden/input_$size.npy" --output "$output=$out/p.npy" --quiet \
        >/dev/null
    paste <(floats "$out/p.npy") <(floats "$golden/$answers.probabilities.npy") |
        awk '{ d = $1 - $2; d = d < 0 ? -d : d; if (d > most) most = d } END { printf "%.1e", most }'
}

# evaluate MODEL SIDE: sets `right`, `differ` and, on stderr, names images that differ.
evaluate() {
    local labels=()
    case $name in nsfw_*) labels=(--no-labels) ;; esac # the photos' labels are not its classes
    "$iopt" evaluate "$1" --data "$shared/imagenet-sample" --images "$images" --batch-size "$batch" \
        --outputs "$output" \
        --threads "${THREADS:-0}" \
        "${labels[@]}" --predictions "$out/p.csv" --quiet --json >"$out/$name.$2.evaluate.json"
    read -r right differ < <(awk -v name="$name $2" '
        NR == FNR { if (FNR > 1) { want[$1] = $3; label[$1] = $2; margin[$1] = $5 } next }
        FNR > 1 {
            split($0, f, ",")
            right += f[3] == label[f[1]]
            if (f[3] != want[f[1]]) {
                differ++
                print name ": image " f[1] ": TensorFlow " want[f[1]] " (margin " margin[f[1]] \
                    "), we " f[3] >"/dev/stderr"
            }
        }
        END { print right + 0, differ + 0 }' "$golden/$answers.top1.tsv" "$out/p.csv")
}

# time THREADS: sets ms_before, ms_after.
time_both() {
    local json=$out/$name.threads$1.json
    "$iopt" benchmark "$model" "$after" --outputs "$output" --threads "$1" --runs "$runs" --warmup 2 --batch-size 1 \
        --quiet --json >"$json"
    ms_before=$(field "$json" p50 1) ms_after=$(field "$json" p50 2)
}

measure() {
    local right_before differ_before ms1 json
    after=$out/$name.optimized.pb
    "$iopt" optimize "$model" --out "$after" --recipe "$recipe" --outputs "$output" --quiet --json >"$out/$name.optimize.json"
    json=$out/$name.optimize.json
    local difference_before difference_after
    difference_before=$(difference "$model") difference_after=$(difference "$after")
    evaluate "$model" before
    right_before=$right differ_before=$differ
    evaluate "$after" after
    local counted
    counted=$(awk -v n="$images" 'NR > 1 && NR <= n + 1 { c += $2 == $3 } END { print c + 0 }' \
        "$golden/$answers.top1.tsv")
    case $name in nsfw_*) right_before=- right=- counted=- ;; esac # its labels mean nothing
    time_both 1
    ms1=$(printf '%.1f / %.1f' "$ms_before" "$ms_after")
    time_both 2
    local two=$out/$name.threads2.json
    printf '| %s | %s -> %s | %s -> %s | %s / %s | %s / %s / %s | %s / %s | %s | %.1f / %.1f | %.0f / %.0f | %.0f / %.0f |\n' \
        "$name" "$(field "$json" nodes_before)" "$(field "$json" nodes_after)" \
        "$(field "$json" bytes_before)" "$(field "$json" bytes_after)" \
        "$difference_before" "$difference_after" "$right_before" "$right" "$counted" \
        "$differ_before" "$differ" "$ms1" "$ms_before" "$ms_after" \
        "$(field "$two" load_ms 1)" "$(field "$two" load_ms 2)" \
        "$(awk -v b="$(field "$two" peak_rss_bytes 1)" 'BEGIN { print b / 1e6 }')" \
        "$(awk -v b="$(field "$two" peak_rss_bytes 2)" 'BEGIN { print b / 1e6 }')"
}

"$iopt" --version --json >"$out/version.json"
cpu=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo 2>/dev/null | head -n 1)
printf '%s; %s; %s cores; commit %s; load average %s; %s images; recipe %s\n\n' "${cpu:-unknown CPU}" \
    "$(field "$out/version.json" isa)" "$(nproc)" "$(field "$out/version.json" commit)" \
    "$(cut -d' ' -f1 /proc/loadavg 2>/dev/null || echo '?')" "$images" "$recipe"
printf '| model | nodes | bytes | difference | top-1 before / after / TensorFlow | differ | ms, 1 thread | ms, 2 threads | load ms | peak MB |\n'
printf '|---|---|---|---|---|---|---|---|---|---|\n'
while read -r name answers input output size; do
    [ -n "$name" ] || continue
    [ $# -eq 0 ] || [[ " $* " == *" $name "* ]] || continue
    model=$folder/$name.pb
    if [ ! -f "$model" ]; then
        echo "skipped: $model is not there" >&2
        continue
    fi
    measure
done <<<"$models"
