/* SpaceToDepth: moves blocks of space into the channels;  DepthToSpace: back again
 *
 *   in      x [N,H,W,C], or [N,C,H,W] with data_format NCHW
 *   out     SpaceToDepth [N,H/b,W/b,C*b*b];  DepthToSpace [N,H*b,W*b,C/(b*b)]; NCHW alike
 *           the offset inside the block is the slow part of the channel index
 *   attr    block_size b >= 2, data_format
 *   source  TensorFlow ops "SpaceToDepth", "DepthToSpace"
 */
#include <string.h>

#include "base/checked.h"
#include "ops/ints.h"
#include "ops/move.h"

/* Which dimension is which. */
typedef struct Layout {
    int h, w, c;
    int64_t block;
} Layout;

static IoptStatus read_layout(const IoptNode *node, Layout *layout, IoptError *err)
{
    const char *const format = iopt_attr_string(node, "data_format", "NHWC");
    const bool nchw = strcmp(format, "NCHW") == 0;

    if (!nchw && strcmp(format, "NHWC") != 0)
        return iopt_fail(err, IOPT_UNSUPPORTED, "%s '%s': want data_format NHWC or NCHW; got '%s'",
                         node->op, node->name, format);
    *layout = (Layout){ nchw ? 2 : 1, nchw ? 3 : 2, nchw ? 1 : 3, 0 };
    IOPT_TRY(iopt_need_int(node, "block_size", &layout->block, err));
    if (layout->block < 2 || layout->block > INT32_MAX)
        return iopt_fail(err, IOPT_BAD_MODEL, "%s '%s': want block_size >= 2; got %lld", node->op,
                         node->name, (long long)layout->block);
    return IOPT_OK;
}

/* dim *= factor or dim /= factor; false if that does not work out.  Unknown stays unknown. */
static bool scale_dim(int64_t *dim, int64_t factor, bool up)
{
    if (*dim < 0)
        return true;
    if (up)
        return iopt_mul_i64(*dim, factor, dim);
    if (*dim % factor != 0)
        return false;
    *dim /= factor;
    return true;
}

static IoptStatus infer(const IoptNode *node, const IoptFact *in, IoptFact *out, IoptError *err)
{
    const bool to_depth = iopt_is_op(node, "SpaceToDepth");
    IoptShape y = in[0].shape.rank < 0 ? iopt_shape_of_rank(4) : in[0].shape;
    Layout at;

    IOPT_TRY(read_layout(node, &at, err));
    if (y.rank != 4 || !scale_dim(&y.dim[at.h], at.block, !to_depth) ||
        !scale_dim(&y.dim[at.w], at.block, !to_depth) ||
        !scale_dim(&y.dim[at.c], at.block * at.block, to_depth))
        return iopt_bad_inputs(node, in, err, "4 dimensions that blocks of %lld divide",
                               (long long)at.block);
    out[0] = iopt_fact(iopt_input_type(node, in, "T"), y);
    return IOPT_OK;
}

static IoptStatus eval(const IoptNode *node, const IoptTensor *const *in, IoptTensor *const *out,
                       IoptError *err)
{
    const bool to_depth = iopt_is_op(node, "SpaceToDepth");
    const IoptTensor *const deep = to_depth ? out[0] : in[0], *const wide =
                                                                  to_depth ? in[0] : out[0];
    int64_t deep_stride[IOPT_MAX_RANK], wide_stride[IOPT_MAX_RANK];
    IoptMove move = { 0 };
    Layout at;

    IOPT_TRY(read_layout(node, &at, err));
    iopt_shape_strides(&deep->shape, deep_stride);
    iopt_shape_strides(&wide->shape, wide_stride);
    const int64_t *const dim = deep->shape.dim;
    const int64_t channels = wide->shape.dim[at.c], b = at.block;
    const int64_t block_row = b * channels * deep_stride[at.c];
    const int64_t axes[6][3] = {
        { dim[0], deep_stride[0], wide_stride[0] },
        { dim[at.h], deep_stride[at.h], b * wide_stride[at.h] },
        { b, block_row, wide_stride[at.h] },
        { dim[at.w], deep_stride[at.w], b * wide_stride[at.w] },
        { b, channels * deep_stride[at.c], wide_stride[at.w] },
        { channels, deep_stride[at.c], wide_stride[at.c] },
    };
    for (int i = 0; i < 6; i++)
        iopt_move_axis(&move, axes[i][0], axes[i][to_depth ? 1 : 2], axes[i][to_depth ? 2 : 1]);
    iopt_move_run(&move, iopt_dtype_bytes(in[0]->dtype), out[0]->data, in[0]->data);
    return IOPT_OK;
}

const IoptOp iopt_op_space_to_depth = {
    .name = "SpaceToDepth",
    .n_in = 1,
    .n_out = 1,
    .brief = "moves blocks of space into the channels",
    .infer = infer,
    .eval = eval,
};

const IoptOp iopt_op_depth_to_space = {
    .name = "DepthToSpace",
    .n_in = 1,
    .n_out = 1,
    .brief = "moves channels into blocks of space",
    .infer = infer,
    .eval = eval,
};
