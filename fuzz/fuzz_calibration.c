/* A calibration file (JSON), and a small graph quantized and run with what it says. */
#include <stdlib.h>

#include "formats/pbtxt.h"
#include "fuzz_input.h"
#include "measure/calibration.h"
#include "whole_graph.h"

static const char net[] =
    "node { name: 'x' op: 'Placeholder' attr { key: 'dtype' value { type: DT_FLOAT } }\n"
    "  attr { key: 'shape' value { shape {\n"
    "  dim { size: -1 } dim { size: 4 } dim { size: 4 } dim { size: 2 } } } } }\n"
    "node { name: 'w' op: 'Const' attr { key: 'dtype' value { type: DT_FLOAT } }\n"
    "  attr { key: 'value' value { tensor { dtype: DT_FLOAT tensor_shape {\n"
    "  dim { size: 3 } dim { size: 3 } dim { size: 2 } dim { size: 4 } } float_val: 0.25 } } } }\n"
    "node { name: 'b' op: 'Const' attr { key: 'dtype' value { type: DT_FLOAT } }\n"
    "  attr { key: 'value' value { tensor { dtype: DT_FLOAT tensor_shape {\n"
    "  dim { size: 4 } } float_val: 0.5 } } } }\n"
    "node { name: 'v' op: 'Const' attr { key: 'dtype' value { type: DT_FLOAT } }\n"
    "  attr { key: 'value' value { tensor { dtype: DT_FLOAT tensor_shape {\n"
    "  dim { size: 1 } dim { size: 1 } dim { size: 4 } dim { size: 4 } } float_val: -0.5 } } } }\n"
    "node { name: 'c' op: 'Conv2D' input: 'x' input: 'w'\n"
    "  attr { key: 'T' value { type: DT_FLOAT } }\n"
    "  attr { key: 'strides' value { list { i: 1 i: 1 i: 1 i: 1 } } }\n"
    "  attr { key: 'padding' value { s: 'SAME' } } }\n"
    "node { name: 'd' op: 'BiasAdd' input: 'c' input: 'b'\n"
    "  attr { key: 'T' value { type: DT_FLOAT } } }\n"
    "node { name: 'r' op: 'Relu6' input: 'd'\n"
    "  attr { key: 'T' value { type: DT_FLOAT } } }\n"
    "node { name: 'e' op: 'Conv2D' input: 'r' input: 'v'\n"
    "  attr { key: 'T' value { type: DT_FLOAT } }\n"
    "  attr { key: 'strides' value { list { i: 1 i: 1 i: 1 i: 1 } } }\n"
    "  attr { key: 'padding' value { s: 'SAME' } } }\n"
    "node { name: 's' op: 'Add' input: 'e' input: 'r'\n"
    "  attr { key: 'T' value { type: DT_FLOAT } } }\n"
    "node { name: 'y' op: 'Conv2D' input: 's' input: 'v'\n"
    "  attr { key: 'T' value { type: DT_FLOAT } }\n"
    "  attr { key: 'strides' value { list { i: 1 i: 1 i: 1 i: 1 } } }\n"
    "  attr { key: 'padding' value { s: 'SAME' } } }\n";

static IoptGraph *make_graph(void)
{
    IoptGraph *graph;
    IoptError err;
    IoptValue output;

    if (iopt_pbtxt_parse((IoptBytes){ net, sizeof net - 1 }, &graph, &err) != IOPT_OK ||
        iopt_graph_find_value(graph, "y", &output, &err) != IOPT_OK ||
        iopt_graph_set_outputs(graph, &output, 1, &err) != IOPT_OK)
        abort();
    return graph;
}

static void quantize(const IoptCalibration *calibration)
{
    const IoptInt8Options options = iopt_int8_options();
    IoptGraph *const graph = make_graph();
    IoptGraph *quantized;
    IoptQuantization *plan;
    IoptCalibrationFit fit;
    IoptError err;
    bool changed;

    if (iopt_quantization_plan(graph, &options, &plan, &err) != IOPT_OK)
        abort();
    if (iopt_calibration_fill(calibration, plan, &fit, &err) == IOPT_OK &&
        iopt_quantization_settle(plan, graph, &options, &err) == IOPT_OK) {
        iopt_calibration_widen(calibration, plan, &changed);
        if (iopt_quantization_settle(plan, graph, &options, &err) == IOPT_OK &&
            iopt_quantization_apply(graph, plan, &options, &quantized, &err) == IOPT_OK) {
            fuzz_plan_and_run(quantized);
            iopt_graph_destroy(quantized);
        }
    }
    iopt_quantization_destroy(plan);
    iopt_graph_destroy(graph);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    IoptCalibration calibration;
    IoptError err;

    if (iopt_calibration_load(fuzz_file(data, size), &calibration, &err) == IOPT_OK) {
        quantize(&calibration);
    }
    iopt_calibration_free(&calibration);
    return 0;
}
