#!/usr/bin/env python3
"""Times inference-optimizer and ONNX Runtime in turn, in one process, on the same graphs.

    bench/peers/install_peers.sh
    build/peers/bin/python bench/peers/compare.py MODEL.pb... [--threads 1,2] [--batch 1] [--runs 30]

Each MODEL.pb is optimized by libiopt (float recipe) and converted by tf2onnx for ONNX Runtime (all
of its graph optimizations on).  Both get the same seeded input; their results have to agree.  A
round is one run of each, who begins alternates, and idle threads get time to fall asleep.  The
ratio is that of the medians, ours over the peer's: below 1 we are faster; its interval is that of
the median of the rounds' quotients, 95 %.
"""
import argparse
import json
import math
import os
import platform
import subprocess
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import numpy
import onnxruntime

import iopt

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+", metavar="MODEL.pb")
    parser.add_argument("--library", default=os.path.join(ROOT, "build/release/libiopt.so"))
    parser.add_argument("--threads", default="1,2", help="numbers of threads (default 1,2)")
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--runs", type=int, default=30, help="rounds (default 30)")
    parser.add_argument("--warmup", type=int, default=3)
    parser.add_argument("--onnx-folder", default=os.path.join(ROOT, "build/peers/onnx"),
                        help="where converted models are kept")
    parser.add_argument("--json", metavar="FILE", help="write all results there")
    return parser.parse_args()


def convert(model, network, folder):
    """tf2onnx in a process of its own, since TensorFlow brings threads along; kept for next time."""
    os.makedirs(folder, exist_ok=True)
    name = os.path.splitext(os.path.basename(model))[0]
    path = os.path.join(folder, name + ".onnx")
    if not os.path.exists(path) or os.path.getmtime(path) < os.path.getmtime(model):
        subprocess.run([sys.executable, "-m", "tf2onnx.convert", "--graphdef", model, "--output",
                        path, "--inputs", network.input_name, "--outputs", network.output_name,
                        "--opset", "17"], check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
    return path


def onnx_session(path, threads):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def milliseconds(function):
    start = time.perf_counter_ns()
    function()
    return (time.perf_counter_ns() - start) * 1e-6


def interval(values):
    """Order statistics that hold the median with 95 % confidence; all of it below 6 values."""
    values, n, below, k = sorted(values), len(values), 0.0, 0
    while k < n:
        below += math.comb(n, k) / 2.0 ** n
        if 2 * below > 0.05:
            break
        k += 1
    k = max(k, 1)
    return values[k - 1], values[n - k]


def take_turns(ours, theirs, rest, runs, warmup):
    """Two lists of times."""
    sides, times = [ours, theirs], [[], []]
    for i in range(warmup + runs):
        for side in ((0, 1) if i % 2 == 0 else (1, 0)):
            ms = milliseconds(sides[side])
            if i >= warmup:
                times[side].append(ms)
            rest()
            time.sleep(0.02)  # ONNX Runtime's threads stay awake for a while
    return times


def measure(model, path, threads, options):
    network = model.network(options.batch, threads)
    onnx = convert(path, network, options.onnx_folder)
    session = onnx_session(onnx, threads)
    x = numpy.random.default_rng(1).random(network.input_dims, numpy.float32)
    network.feed(x)
    feeds = {session.get_inputs()[0].name: x}
    results = []

    def theirs():
        results[:] = session.run(None, feeds)

    ours_ms, theirs_ms = take_turns(network.run, theirs, network.rest, options.runs, options.warmup)
    ours, peer = numpy.median(ours_ms), numpy.median(theirs_ms)
    low, high = interval([a / b for a, b in zip(ours_ms, theirs_ms)])
    row = {"model": os.path.splitext(os.path.basename(path))[0], "threads": threads,
           "batch": options.batch, "ours_ms": ours, "onnxruntime_ms": peer, "ratio": ours / peer,
           "ratio_ci95": [low, high], "ours_min_ms": min(ours_ms),
           "onnxruntime_min_ms": min(theirs_ms), "ratio_of_min": min(ours_ms) / min(theirs_ms),
           "largest_difference": float(numpy.abs(network.out - results[0]).max()),
           "ours_all_ms": ours_ms, "onnxruntime_all_ms": theirs_ms}
    network.close()
    return row


def machine():
    name = platform.processor()
    if os.path.exists("/proc/cpuinfo"):
        with open("/proc/cpuinfo") as lines:
            name = next((line.split(":", 1)[1].strip() for line in lines if "model name" in line),
                        name)
    commit = subprocess.run(["git", "-C", ROOT, "describe", "--always", "--dirty", "--abbrev=10"],
                            capture_output=True, text=True).stdout.strip()
    return {"cpu": name, "cores": os.cpu_count(), "commit": commit,
            "onnxruntime": onnxruntime.__version__, "load_average": os.getloadavg()[0]}


def main():
    options = arguments()
    library = iopt.Library(options.library)
    facts = machine()
    print("{cpu}, {cores} cores; commit {commit}; ONNX Runtime {onnxruntime}; load average "
          "{load_average:.1f}\n".format(**facts))
    print("| model | threads | ours ms | ONNX Runtime ms | ratio | 95 % | ratio of minima |"
          " difference |\n|---|---|---|---|---|---|---|---|")
    rows = []
    for path in options.models:
        model = iopt.Model(library, path)
        for threads in (int(n) for n in options.threads.split(",")):
            row = measure(model, path, threads, options)
            rows.append(row)
            print("| {model} | {threads} | {ours_ms:.2f} | {onnxruntime_ms:.2f} | {ratio:.2f} | "
                  "{ratio_ci95[0]:.2f} .. {ratio_ci95[1]:.2f} | {ratio_of_min:.2f} | "
                  "{largest_difference:.1e} |".format(**row), flush=True)
    if options.json:
        with open(options.json, "w") as out:
            json.dump({"machine": facts, "results": rows}, out, indent=1)


if __name__ == "__main__":
    main()
