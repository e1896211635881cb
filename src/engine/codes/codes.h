/* Programs on codes: TensorFlow's quantized ops, as many of them as possible in one pass.
 *
 *   source   a product (QuantizedConv2D, QuantizedMatMul), a pair of operands (QuantizedAdd,
 *            QuantizedMul) or a value that lies somewhere
 *   stages   each may be missing, in this order:
 *              first   qint32 to quint8: Requantize, in a given range or in that which
 *                      RequantizationRange finds; QuantizeDownAndShrinkRange
 *              bias    QuantizedBiasAdd, which gives qint32 again
 *              last    like first, behind a bias or a pair
 *              real    Dequantize, and a factor and a summand per channel (batch norms)
 *              code    QuantizeV2, in a given range or in that which Min and Max find
 *              limit   QuantizedRelu, QuantizedRelu6
 *
 * Ranges are known only as it runs.  All stages are monotonous in each channel, so the least and
 * the greatest value of each channel of the source, sent through the stages, tell every range on
 * the way: one look at the source, then one pass that does all stages (kernel code_map).
 *
 * The steps: [operands], [sums of rows], [the product], [extremes], settings, [the map].  The
 * settings step runs the ops' plain C instead where that would not be exact (ranges that are not
 * finite, sums that overflow) or where an op has to fail; then the map has nothing to do.
 */
#ifndef IOPT_ENGINE_CODES_H
#define IOPT_ENGINE_CODES_H

#include "engine/lower.h"
#include "kernels/code_map/code_map.h"
#include "kernels/code_range/code_range.h"
#include "ops/quantized.h"

enum { IOPT_CODES_MOST_MEMBERS = 24 };

typedef enum IoptCodesSource {
    IOPT_CODES_OF_PRODUCT,
    IOPT_CODES_OF_PAIR,
    IOPT_CODES_OF_VALUE
} IoptCodesSource;

typedef enum IoptCodesEnd {
    IOPT_CODES_END_CODES,  /* codes and their range: ports 0, 1, 2 */
    IOPT_CODES_END_REAL,   /* floats: port 0 */
    IOPT_CODES_END_RANGE,  /* RequantizationRange by itself: ports 0, 1 */
    IOPT_CODES_END_EXTREME /* Min or Max by itself: port 0 */
} IoptCodesEnd;

/* To quint8: `range` finds the range, or is NULL. */
typedef struct IoptCodesShrink {
    const IoptNode *node, *range;
} IoptCodesShrink;

typedef struct IoptCodesProgram {
    IoptCodesSource source;
    IoptCodesEnd end;
    const IoptNode *root;
    IoptValue x;  /* the source's codes or floats; of a pair the larger one */
    bool swapped; /* x is the second operand of the pair */
    IoptCodesShrink first, last;
    const IoptNode *bias, *real, *code, *least, *most, *limit;
    const float *factor, *summand;                   /* of each channel, or NULL */
    const IoptNode *member[IOPT_CODES_MOST_MEMBERS]; /* in the order in which they can run */
    size_t n_members;
    bool maps; /* there is a stage, or a pair */
    IoptCodeMapOp op;
} IoptCodesProgram;

/* What steps of a program leave for later ones, in the slab. */
typedef struct IoptCodesWork {
    bool plain;     /* the settings step does everything */
    bool sums_rows; /* the product needs them: the weights' zero is not 128 */
    IoptCodeMapJob map;
} IoptCodesWork;

/* Where codes lie without gaps, with the spare bytes that kernels on codes may read behind them:
 * copied by a step of its own if the caller or a constant provides them. */
IoptStatus iopt_codes_lower_in(IoptLower *lower, IoptValue value, IoptPlace *out, IoptError *err);

/* The range of a value is that of another: ports 1 and 2 lie where inputs `slot`, slot + 1 do. */
IoptStatus iopt_codes_keep_range(IoptLower *lower, IoptNode *node, size_t slot, IoptError *err);

/* Whether a node can be the root of a program. */
bool iopt_codes_fits(const IoptNode *node);

/* Makes programs, and the chains that they are, of all nodes that no chain has yet. */
IoptStatus iopt_codes_fuse(IoptLower *lower, IoptError *err);

/* --- between the files of this folder ------------------------------------------------------- */

/* A program on its way into a plan. */
typedef struct IoptCodesLower {
    IoptLower *lower;
    const IoptChain *chain;
    const IoptCodesProgram *codes;
    size_t rows, channels; /* of the source */
    IoptPlace x, z, work;  /* z: of a pair */
    IoptPlace y;           /* of the program's value; not of RANGE and EXTREME */
} IoptCodesLower;

/* A place of `bytes` bytes for steps of a program. */
IoptStatus iopt_codes_temporary(IoptCodesLower *l, size_t bytes, IoptPlace *out, IoptError *err);

/* Adds a step to the program's chain. */
IoptStatus iopt_codes_add(IoptCodesLower *l, IoptStep step, const IoptPlace *in, size_t n_in,
                          const IoptPlace *out, size_t n_out, IoptError *err);

/* codes_product.c: the steps that make the product; l->x becomes its place. */
bool iopt_codes_product_fits(const IoptNode *node);
IoptStatus iopt_codes_lower_product(IoptCodesLower *l, IoptError *err);

/* codes_pair.c */
bool iopt_codes_pair_fits(const IoptNode *node);
IoptValue iopt_codes_pair_larger(const IoptNode *node, bool *swapped);
IoptStatus iopt_codes_lower_pair(IoptCodesLower *l, IoptError *err);

/* codes_extremes.c: l->x's least and greatest of each channel, int32 or float,, in
 * *out: for each thread a row of the least, a row of the greatest. */
IoptStatus iopt_codes_lower_extremes(IoptCodesLower *l, IoptPlace *out, IoptError *err);

/* codes_settings.c; `extremes` NULL if no stage has to find a range. */
bool iopt_codes_finds_range(const IoptCodesProgram *codes);
IoptStatus iopt_codes_lower_settings(IoptCodesLower *l, const IoptPlace *extremes, IoptPlace *bias,
                                     IoptError *err);

/* codes_plain.c: the program by plain C.  in[k] are the inputs of member m from first[m] on; those
 * that other members make are NULL. */
typedef struct IoptCodesInputs {
    const IoptTensor **in;
    const size_t *first;
} IoptCodesInputs;

IoptStatus iopt_codes_plain(const IoptCodesProgram *codes, const IoptCodesInputs *inputs,
                            IoptTensor **results, IoptError *err);

/* Which member a node is, or n_members. */
static inline size_t iopt_codes_member(const IoptCodesProgram *codes, const IoptNode *node)
{
    size_t m = 0;

    while (m < codes->n_members && codes->member[m] != node)
        m++;
    return m;
}

#endif
