#!/usr/bin/env bash
# Makes a Python environment with the programs that ours is compared with.  Nothing here is needed to
# build, test or use inference-optimizer.
#
# usage: bench/peers/install_peers.sh [FOLDER]   (default build/peers; 1.5 GB, Python 3.9 to 3.11)
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
folder=${1:-$root/build/peers}

"${PYTHON:-python3}" -m venv "$folder"
"$folder/bin/pip" install --quiet --upgrade pip
"$folder/bin/pip" install --quiet -r "$root/bench/peers/requirements.txt"
"$folder/bin/python" - <<'END'
import numpy, onnxruntime, tensorflow, tf2onnx
print("numpy", numpy.__version__, " tensorflow", tensorflow.__version__,
      " tf2onnx", tf2onnx.__version__, " onnxruntime", onnxruntime.__version__)
END
echo "ready: $folder/bin/python bench/peers/compare.py MODEL.pb"
