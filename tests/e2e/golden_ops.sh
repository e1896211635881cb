# iopt run on single ops against TensorFlow's results, bit for bit where the case says so, else by
# the shape: tests/ops compares the numbers.  IOPT_GOLDEN=all runs the cases of ../shared as well.
. "$(dirname "$0")/e2e.sh"

# pairs KEY FILE: "name file" lines of an object in case.json, one entry a line.
pairs() {
    awk -v key="\"$1\":" '
        $1 == key && $2 == "{" { on = 1; next }
        on && /}/ { exit }
        on { gsub(/[",]/, ""); sub(/: /, " "); print $1, $2 }' "$2"
}

passed=0 refused=0 unknown=0
run_case() {
    case_folder=$1
    set -- "$case_folder/graph.pb" --quiet
    pairs inputs "$case_folder/case.json" >"$folder/out/inputs"
    pairs outputs "$case_folder/case.json" >"$folder/out/outputs"
    while read -r name file; do
        set -- "$@" --input "$name=$case_folder/$file"
    done <"$folder/out/inputs"
    while read -r name file; do
        [ "$file" = null ] || set -- "$@" --output "$name=$file"
    done <"$folder/out/outputs"
    status=0
    "$iopt" run "$@" >"$out" 2>"$err" </dev/null || status=$?
    if [ "$status" -ge 4 ]; then
        complain "$case_folder: exit status $status: $(head -n 1 "$err")"
    elif grep -q "is not known to this build" "$err"; then
        unknown=$((unknown + 1))
    elif [ -f "$case_folder/error.txt" ] || grep -q '"tf-limit"' "$case_folder/case.json"; then
        refused=$((refused + 1))
        [ "$status" -ne 0 ] || grep -q '"tf-limit"' "$case_folder/case.json" ||
            complain "$case_folder: not refused"
    elif [ "$status" -ne 0 ]; then
        complain "$case_folder: $(head -n 1 "$err")"
    else
        compare_case
    fi
    rm -f out*.npy
}

# The arrays are compared as files: the header tells type and shape, the rest are the elements.
compare_case() {
    passed=$((passed + 1))
    is_exact=$(grep -c -E '"(bits|exact)": true' "$case_folder/case.json") || true
    # Bytes say too much where NaN = NaN, -0 = +0 or any order will do.
    free='"nan-order"|"op": "Round"|"case": "(unsorted|empty_|.*edge)'
    is_free=$(grep -c -E "$free" "$case_folder/case.json") || true
    while read -r name file; do
        if [ "$is_exact" -eq 1 ] && [ "$is_free" -eq 0 ]; then
            cmp -s "$file" "$case_folder/$file" || complain "$case_folder: $name differs"
        else
            [ "$(wc -c <"$file")" = "$(wc -c <"$case_folder/$file")" ] ||
                complain "$case_folder: $name has another size"
        fi
    done <"$folder/out/outputs"
}

for op in "$source"/tests/data/ops/*/; do
    for one in "$op"*/; do
        run_case "${one%/}"
    done
done
if [ "${IOPT_GOLDEN-}" = all ] && [ -d "$source/../shared/golden/ops" ]; then
    for one in "$source"/../shared/golden/ops/*/*/; do
        [ ! -f "$one/case.json" ] || run_case "${one%/}"
    done
fi
echo "golden: $passed as in TensorFlow, $refused refused or not binding, $unknown of other ops"

exit "$wrong"
