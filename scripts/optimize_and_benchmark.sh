#!/usr/bin/env bash
# Sets up, builds, optimizes a model and prints the benchmark table of before against after:
# without arguments for the built-in demo model, else for the user's own.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
program=$root/build/release/inference-optimizer

help() {
    cat <<'END'
Optimizes a TensorFlow classification graph and shows before against after on labelled images.

usage: scripts/optimize_and_benchmark.sh
       scripts/optimize_and_benchmark.sh MODEL DATA [options]

Without arguments it does so for the built-in demo model.  Either way it first installs the Debian
packages that are missing and builds the program (build/release).

MODEL   a frozen GraphDef, .pb or .pbtxt
DATA    TFRecords (a folder, file or quoted glob; image/encoded, image/class/label), a folder with
        one folder of JPEG or PNG files per class, or a folder with --labels-file

Options come after MODEL and DATA, as --name value or --name=value:
  of this script
    --out FILE             where the optimized graph goes (default: NAME.optimized.pb, here)
  for the optimizer
    --recipe NAME          what to do (default float; `iopt list recipes`)
    --transforms 'STRING'  the Graph Transform Tool's language, in place of a recipe
    --max-folded-bytes N, --no-check, --text
    --calibrate DATA       photos for --recipe int8 (or historic), best others than DATA above
    --calibration-images N, --calibration-method M, --percentile P
    --save-calibration FILE, --load-calibration FILE
    --no-equalize, --no-mse-weights, --no-bias-correction, --no-range-unification
    --wide-streams auto|on|off, --float-layers NAMES, --float-first, --float-last
    --refine-weights, --accuracy-budget POINTS, --keep-slow-layers
  for both
    --inputs, --outputs    node names; left out, they are guessed and printed
    --input-shape SHAPE    for example 1,299,299,3
    --set NAME=VALUE       a placeholder's constant, for example phase_train=false
    --threads N, --seed N, --quiet, --verbose, --color WHEN
    --preprocess KIND      unit (default, 0..1), inception (-1..1), torch, caffe, none
    --mean, --std          your own, per channel
    --image-size, --resize, --keep-aspect, --central-crop
  for the benchmark: all others
    --label-offset, --labels-file
    --batch-size N         images at a time (default 32)
    --images N             the first N images only
    --json                 one JSON object in place of the table

stdout is the table (or the JSON) and nothing else.  `iopt help optimize` and `iopt help benchmark`
tell the rest.

examples
  scripts/optimize_and_benchmark.sh inception_v3.pb 'photos/val-*' --preprocess inception
  scripts/optimize_and_benchmark.sh net.pb ~/photos --labels-file photos.txt --threads 2
  scripts/optimize_and_benchmark.sh net.pb 'photos/val-*' --recipe int8 --calibrate 'photos/train-0*'
END
}

say() { printf '%s\n' "$*" >&2; }

usage_error() {
    say "optimize_and_benchmark.sh: $1 (--help tells more)"
    exit 2
}

build() {
    local log
    log=$(mktemp)
    say "building $program"
    if ! { cmake -S "$root" -B "$root/build/release" -DCMAKE_BUILD_TYPE=Release &&
        cmake --build "$root/build/release" -j "$(nproc)" --target inference-optimizer; } \
        >"$log" 2>&1 </dev/null; then
        tail -n 40 "$log" >&2
        say "optimize_and_benchmark.sh: the build failed; the end of its log is above: $log"
        exit 3
    fi
    rm -f "$log"
}

# Sorts the options: `optimizer` and `benchmark` get theirs, `out` is ours.  An option owns the
# words after it up to the next one.
sort_options() {
    local target=none word name
    for word in "$@"; do
        case $word in
        --*)
            name=${word%%=*}
            case ${name//_/-} in
            --out) target=out ;;
            --recipe | --transforms | --calibrat* | --percentile | --save-calibration | \
                --load-calibration | --accuracy-budget | --keep-slow-layers | --no-equalize | \
                --no-mse-weights | --no-bias-correction | --no-range-unification | \
                --refine-weights | --wide-streams | --float-layers | --float-first | \
                --float-last | \
                --max-folded-bytes | --no-check | --text | --strict-compat)
                target=optimizer ;;
            --inputs | --outputs | --input-shape | --set | --tags | --signature | --threads | \
                --seed | --quiet | --verbose | --color | --preprocess | --mean | --std | \
                --image-size | --resize | --keep-aspect | --central-crop)
                target=both ;;
            *) target=benchmark ;;
            esac
            ;;
        esac
        case $target in
        none) usage_error "unexpected '$word': options come after MODEL and DATA" ;;
        out)
            case $word in
            --*=*) out=${word#*=} ;;
            --*) out='' ;;
            *) out=$word ;;
            esac
            ;;
        optimizer) optimizer+=("$word") ;;
        benchmark) benchmark+=("$word") ;;
        both) optimizer+=("$word") benchmark+=("$word") ;;
        esac
    done
}

# The name without folders and without .pb and the like; '.' and '/' become their folder's name.
model_name() {
    local path=$1
    [ ! -d "$path" ] || path=$(cd "$path" && pwd -P)
    path=$(basename -- "$path")
    case $path in
    ?*.pb | ?*.pbtxt | ?*.meta) path=${path%.*} ;;
    esac
    printf '%s' "$path"
}

optimizer=() benchmark=() out=''
case ${1-} in
--help | -h)
    help
    exit 0
    ;;
esac
case $# in
0)
    model=$root/models/demo/fashion.pb
    data=$root/models/demo/fashion-test.tfrecord
    out=$root/build/demo/fashion.optimized.pb
    mkdir -p "$root/build/demo"
    ;;
1) usage_error "DATA is missing" ;;
*)
    model=$1 data=$2
    [[ $model != --* && $data != --* ]] || usage_error "MODEL and DATA come first"
    shift 2
    out=$PWD/$(model_name "$model").optimized.pb
    sort_options "$@"
    [ -n "$out" ] || usage_error "--out wants a file"
    # What the program knows nothing of is caught before a minute is spent on building.
    [ -e "$model" ] || { say "iopt: '$model': no such file or folder"; exit 1; }
    ;;
esac

"$root/scripts/setup.sh"
build
say "optimizing $model"
"$program" optimize "$model" --out "$out" "${optimizer[@]}" >&2
"$program" benchmark "$model" "$out" --data "$data" "${benchmark[@]}"
