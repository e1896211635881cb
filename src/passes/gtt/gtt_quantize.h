/* The parts of quantize_nodes. */
#ifndef IOPT_PASSES_GTT_QUANTIZE_H
#define IOPT_PASSES_GTT_QUANTIZE_H

#include "ops/quantized.h"
#include "passes/gtt/gtt_params.h"

typedef struct IoptGttQuantize {
    const IoptTransformContext *context;
    bool has_input, has_fallback;
    IoptRange input;    /* of every placeholder, which then is fed with codes */
    IoptRange fallback; /* of the results of every op that sums up; else measured in each run */
    const IoptGttParam *ignored; /* ops that stay float; NULL: none */
    bool extended;               /* newer ops, too, and nothing that would compute something else */
    IoptMap *stays;              /* with extended: names of nodes that stay float */
} IoptGttQuantize;

/* One phase: a list in, another one out. */
typedef IoptStatus IoptGttPhase(const IoptNodeList *in, const IoptGttQuantize *settings,
                                IoptNodeList **out, IoptError *err);

/* With settings->extended: newer ops in their older forms; settings->stays is filled.  And what
 * keeps measured ranges from being empty. */
IoptGttPhase iopt_gtt_extend, iopt_gtt_guard_ranges;

/* FakeQuant(A(B(C)))  ->  A(B(FakeQuant(C))): moves up to where a result of sums comes from. */
IoptGttPhase iopt_gtt_hoist_fake_quants;

/* FakeQuant(x, min, max)  ->  Dequantize(Requantize(QuantizeV2(x, min, max), min, max)) */
IoptGttPhase iopt_gtt_convert_fake_quants;

/* Op(x)  ->  Dequantize(QuantizedOp(QuantizeV2(x, Min(x), Max(x)))) */
IoptGttPhase iopt_gtt_quantize_ops;

/* Requantize(QuantizeV2(Dequantize(Requantize(x, measured range))), range)
 *   ->  Requantize(x, range) */
IoptGttPhase iopt_gtt_merge_requantizes;

/* QuantizeV2(Dequantize(x))  ->  x */
IoptGttPhase iopt_gtt_cut_dequantizes;

/* --- steps of building; a name or input that is NULL for want of memory is IOPT_NO_MEMORY ---- */

/* A node with these inputs; `n` of them. */
IoptStatus iopt_gtt_add_node(IoptNodeList *made, const char *op, const char *name,
                             const char *const *inputs, size_t n, IoptListNode **out,
                             IoptError *err);

/* name = Dequantize(codes, min, max) of quint8 codes. */
IoptStatus iopt_gtt_add_dequantize(IoptNodeList *made, const char *name, const char *codes,
                                   const char *min, const char *max, IoptError *err);

/* The same from the three outputs of one node. */
IoptStatus iopt_gtt_add_dequantize_of(IoptNodeList *made, const char *name, const char *from,
                                      IoptError *err);

/* name = QuantizeV2(input, min, max) to codes of type T. */
IoptStatus iopt_gtt_add_quantize(IoptNodeList *made, const char *name, IoptDType type,
                                 const char *input, const char *min, const char *max,
                                 IoptError *err);

/* name = Requantize(outputs of `from`, min, max) from qint32 to quint8. */
IoptStatus iopt_gtt_add_requantize(IoptNodeList *made, const char *name, const char *from,
                                   const char *min, const char *max, IoptError *err);

#endif
