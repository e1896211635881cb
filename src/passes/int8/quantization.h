/* Eight-bit quantization: where it happens, with which ranges, and the graph that says so.
 *
 *   plan     looks at a float graph (the float recipe has run) and lists points and layers
 *   (calibration runs the float graph and fills the ranges of the points; measure/)
 *   settle   what is decided from ranges: which points share one, which streams are wide
 *   apply    makes the new graph: FakeQuant on values, int8 weights behind Cast and Mul
 *
 * A point is a value of the float graph that a FakeQuant may follow; a layer is a node that
 * multiplies by a constant filter: Conv2D, DepthwiseConv2dNative, MatMul.  Everything else computes
 * on the q of its inputs or stays float.  The caller may change ranges, bits and precisions between
 * the calls and apply again: apply changes nothing but the reports of the layers.
 */
#ifndef IOPT_PASSES_INT8_QUANTIZATION_H
#define IOPT_PASSES_INT8_QUANTIZATION_H

#include "graph/graph.h"
#include "tensor/quant_range.h" /* iopt_quant_range: what apply and settle nudge with */

/* --- what the user asked for ------------------------------------------------------------------ */

typedef enum IoptWide {
    IOPT_WIDE_AUTO, /* 16 bits for streams where 8 cost accuracy (see docs/quantization.md) */
    IOPT_WIDE_NEVER,
    IOPT_WIDE_ALWAYS /* every sum that another sum reads */
} IoptWide;

typedef struct IoptInt8Options {
    bool weight_mse;      /* scales of weights by least squared error; else by the largest value */
    bool bias_correction; /* biases make up for the mean error of rounded weights */
    bool equalization;    /* the caller runs the pass equalize_channels before planning */
    bool unify_ranges;    /* inputs of a concatenation share a range where that costs little */
    bool refine_weights;  /* the caller fills IoptQuantLayer.rounded (measure/refine_weights.h) */
    bool float_first;     /* layers that read what is fed stay float */
    bool float_last;      /* layers that make the outputs stay float */
    IoptWide wide;
    const char *const *keep_float; /* names of layers that stay float */
    size_t n_keep_float;
} IoptInt8Options;

/* All techniques but refinement; first and last layer in 8 bits. */
IoptInt8Options iopt_int8_options(void);

/* --- points ----------------------------------------------------------------------------------- */

typedef enum IoptQuantRole {
    IOPT_QUANT_INPUT,  /* what is fed, or float arithmetic makes of it */
    IOPT_QUANT_LAYER,  /* the end of layer [BiasAdd] [activation] */
    IOPT_QUANT_SUM,    /* Add of two values [activation] */
    IOPT_QUANT_CONCAT, /* a concatenation whose inputs keep their own ranges */
    IOPT_QUANT_POOL,   /* AvgPool, Mean: new values between old ones */
    IOPT_QUANT_VALUE   /* anything else that a layer reads */
} IoptQuantRole;

typedef struct IoptQuantPoint {
    const char *value; /* "node" or "node:port" of the float graph */
    IoptQuantRole role;
    int bits;       /* 8, or 9..16 for a wide stream: layers that read it directly then read a
                       second FakeQuant, of 8 bits and the same range */
    bool may_widen; /* settle may make it 16 bits */
    size_t group;   /* points of one group want one range; settle decides */
    float lowest, highest; /* what the values cannot leave: Relu 0, INFINITY; Relu6 0, 6 */

    /* Filled by calibration, each point by itself. */
    bool has_range;
    float min, max;      /* finite, min <= max; need not contain 0 nor be nudged */
    double mean, power;  /* of the values and of their squares; 0, 0: not known */
    const char *problem; /* why it cannot be quantized (values that are not finite), or NULL */

    /* Filled by settle. */
    bool is_used; /* gets a FakeQuant */
    int settled_bits;
    float settled_min, settled_max; /* of its group; contains 0, nudged */
} IoptQuantPoint;

/* --- layers ----------------------------------------------------------------------------------- */

typedef enum IoptPrecision { IOPT_PRECISION_INT8, IOPT_PRECISION_FLOAT } IoptPrecision;

enum { IOPT_NO_POINT = -1 };

typedef struct IoptQuantLayer {
    const char *node, *op;
    double macs; /* multiply-adds for one image; 0: not known */
    size_t in_channels, out_channels;
    int input;               /* the point it reads, or IOPT_NO_POINT */
    int output;              /* the point at the end of its chain, or IOPT_NO_POINT: float output */
    IoptPrecision precision; /* the caller may turn layers to float and back before settle */
    bool can_be_int8;        /* false: `why` says what forbids it */
    char why[160];           /* why it is float; "" for int8 */

    /* Filled by settle: the range that its input then has; 0 bits: float.  Above 8 bits apply puts
     * a second FakeQuant of 8 bits in front of the layer. */
    int read_bits;
    float read_min, read_max;

    /* For bias correction: mean of its input per channel [in_channels], over images and positions;
     * NULL: no correction.  Owned by the quantization, filled by the caller. */
    float *input_mean;
    /* Refined weights: int8 in the filter's shape, and scales [out_channels]; both or none.  Owned
     * by the quantization. */
    IoptTensor *rounded;
    float *rounded_scale;

    /* Filled by apply. */
    double weight_sqnr_db; /* of the rounded weights; 0 for float */
    double bias_shift;     /* largest correction of a bias, in steps of the accumulator's channel */
} IoptQuantLayer;

typedef struct IoptQuantization {
    IoptQuantPoint *points;
    size_t n_points;
    IoptQuantLayer *layers;
    size_t n_layers;
    size_t n_groups;
    const char
        *left_alone;   /* why the graph is not quantized at all (already is, no layer) or NULL */
    bool is_quantized; /* that is why */
    IoptArena *arena;  /* of the texts */
} IoptQuantization;

/* --- the steps -------------------------------------------------------------------------------- */

/* Looks for points and layers.  Facts of the graph are inferred; nothing else changes.  A graph
 * that is quantized already, or has nothing to do, gives an empty plan with left_alone set. */
IOPT_MUST_USE IoptStatus iopt_quantization_plan(IoptGraph *graph, const IoptInt8Options *options,
                                                IoptQuantization **out, IoptError *err);
void iopt_quantization_destroy(IoptQuantization *plan); /* NULL is fine */

/* The index of the point that quantizes a value, or IOPT_NO_POINT. */
int iopt_quantization_find(const IoptQuantization *plan, const char *value);

/* Decides from the ranges, idempotent: call it after calibration and after every change of a
 * precision or a range.  Layers whose input has no usable range become float, with why. */
IOPT_MUST_USE IoptStatus iopt_quantization_settle(IoptQuantization *plan, const IoptGraph *graph,
                                                  const IoptInt8Options *options, IoptError *err);

/* A new graph; `graph` is the one that was planned (unchanged).  The plan is settled.  Constants
 * that stay are shared with the old graph. */
IOPT_MUST_USE IoptStatus iopt_quantization_apply(const IoptGraph *graph, IoptQuantization *plan,
                                                 const IoptInt8Options *options, IoptGraph **out,
                                                 IoptError *err);

#endif
