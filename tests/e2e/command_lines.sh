# Command lines that make no sense: one clear line, exit status 2; results that cannot be
# written: 3.
. "$(dirname "$0")/e2e.sh"

# --- commands and options -------------------------------------------------------------------------
refuse 2 "iopt: there is no command 'optimise'; did you mean optimize?" optimise net.pb
refuse 2 "iopt: there is no command 'xyzzy'; 'iopt help' lists what there is" xyzzy
refuse 2 "iopt: there is no command 'lst'; did you mean list?" help lst
refuse 2 "iopt: unknown option --quiet; a command comes first: iopt COMMAND --quiet" --quiet list
refuse 2 "iopt: optimize: MODEL is missing; usage: iopt optimize MODEL --out FILE [options]" \
    optimize
refuse 2 "iopt: optimize: --out FILE is missing: where shall the new graph go?" optimize net.pb
refuse 2 "iopt: optimize: unknown option --ouput; did you mean --out?" optimize net.pb --ouput a.pb
refuse 2 "iopt: optimize: unknown option -o; options are long: --name value" optimize net.pb -o a.pb
refuse 2 "iopt: optimize: --out wants a value: --out FILE" optimize net.pb --out
refuse 2 "iopt: optimize: --out wants a value: --out FILE" optimize net.pb --out --text
refuse 2 "iopt: optimize: --text takes no value; got 'yes'" optimize net.pb --text=yes
refuse 2 "iopt: optimize: --threads 'two': want a number >= 0" optimize net.pb --threads two
refuse 2 "iopt: optimize: --threads '-1': want a number >= 0" optimize net.pb --threads -1
refuse 2 "iopt: optimize: --threads '5000': want at most 1024" optimize net.pb --threads 5000
refuse 2 "iopt: optimize: --color 'red': want auto|always|never" optimize net.pb --color=red
refuse 2 "iopt: optimize: --inputs '': want a value" optimize net.pb --inputs a,,b
refuse 2 "iopt: optimize: --in may be --inputs or --input-shape; say which" optimize net.pb --in x
refuse 2 "iopt: optimize: what is 'b.pb'? usage: iopt optimize MODEL --out FILE [options]" \
    optimize a.pb b.pb --out c.pb
refuse 2 "iopt: optimize: there is no recipe 'flaot'; did you mean float?" \
    optimize net.pb --out a.pb --recipe flaot
refuse 2 "iopt: optimize: there is no recipe 'xyz'; 'iopt list recipes' shows what there is" \
    optimize net.pb --out a.pb --recipe xyz
refuse 2 "iopt: list: there is no list 'kernls'; did you mean kernels?" list kernls

# '-' and '_' are the same, '=' or the next word, a unique prefix will do, the last one counts.
run 0 list knobs --mark
cp "$out" "$folder/out/prefix"
run 0 list --color=never --color always --markdown -- knobs
cmp -s "$out" "$folder/out/prefix" || complain "two ways to say --markdown differ"
small_graph >net.pbtxt
run 0 optimize net.pbtxt --max_folded-bytes=10k --out=net.pb --quiet

# --- names, shapes and values that the graph does not have ----------------------------------------
bad_name() {
    line=$1
    shift
    refuse 2 "iopt: $line" optimize net.pbtxt --out out.pb "$@"
}
bad_name "--outputs: the graph has no node 'softmx'; did you mean 'softmax'?" --outputs softmx
bad_name "--inputs: the graph has no node 'sane'; did you mean 'same'?" --inputs sane
bad_name "--outputs: 'softmax' is given twice" --outputs softmax,softmax
bad_name "--outputs: 'y:3': Relu 'y' has 1 outputs only" --outputs y:3
bad_name "--input-shape: input 'x': shape [1,5] does not fit the graph's [1,4]" --input-shape 1,5
bad_name "--input-shape: shape '1,x': want dimensions as in 1,299,299,3" --input-shape 1,x
bad_name "--input-shape: 'y' is not an input of the graph" --input-shape y=1,4
bad_name "--set: 'y': want NAME=VALUE, the value true, false or a number" --set y
bad_name "--set: cannot set 'y' to a value: it is Relu, not a placeholder" --set y=1
bad_name "--set: the graph has no node 'is_trainng'" --set is_trainng=false
refuse 2 "iopt: run: --input 'x': want NAME=FILE.npy" run net.pbtxt --input x
refuse 1 "iopt: input 'x': 'x.npy': No such file or directory" run net.pbtxt --input x=x.npy --quiet
printf 'no array' >x.npy
refuse 1 "iopt: input 'x': 'x.npy': not a .npy file" run net.pbtxt --input x=x.npy --quiet
refuse 2 "iopt: run: input 'x:0' is missing; feed it with --input x:0=FILE.npy" run net.pb --quiet

demo=$source/models/demo/fashion.pb
tail -c +2 "$source/fuzz/corpus/fuzz_image/jpeg_rgb" >photo.jpg # its first byte is an option
does_not_fit="input 'input': shape [?,30,30,?] does not fit the graph's [?,28,28,3]"
refuse 2 "iopt: --image-size 30: $does_not_fit" \
    run "$demo" --image photo.jpg --image-size 30 --quiet
refuse 2 "iopt: --image-size 'big': want N or HEIGHTxWIDTH" \
    run "$demo" --image photo.jpg --image-size big --quiet
refuse 1 "iopt: 'x.npy': not an image: neither JPEG nor PNG (8 bytes)" \
    run "$demo" --image x.npy --quiet
want="float [batch,height,width,channels]"
refuse 1 "iopt: no input of the graph takes images, $want; 'x' is [1,4]" \
    run net.pbtxt --image photo.jpg --quiet
refuse 2 "iopt: run: --image goes without --input and --output" \
    run net.pbtxt --image photo.jpg --input x=x.npy

# --- results that cannot be written ---------------------------------------------------------------
if [ -c /dev/full ]; then
    refuse 3 "iopt: cannot write '/dev/full': No space left on device" \
        optimize net.pbtxt --out /dev/full --quiet
    status=0
    "$iopt" list ops >/dev/full 2>"$err" || status=$?
    [ "$status" -eq 3 ] || complain "a full stdout: exit status $status, want 3"
fi
refuse 3 "iopt: cannot write 'absent/out.pb': No such file or directory" \
    optimize net.pbtxt --out absent/out.pb --quiet
mkdir folder
refuse 3 "iopt: cannot write 'folder': is a directory" optimize net.pbtxt --out folder --quiet

# The old file stays when the new one cannot be made.
printf 'precious' >old.pb
printf 'x' >bad.pb
run 1 optimize bad.pb --out old.pb
[ "$(cat old.pb)" = precious ] || complain "a failure replaced the old file"

exit "$wrong"
