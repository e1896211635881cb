/* Concat, ConcatV2: parts that their producers did not write in place are copied there.
 *
 * Any element type; along the channels the parts may have gaps between their rows, along another
 * axis each part is `outer` blocks of consecutive bytes.
 */
#include "engine/concat_in_place.h"
#include "kernels/copy_rows/copy_rows.h"

typedef struct BlocksJob {
    size_t outer, bytes; /* bytes of a block */
    ptrdiff_t to_stride;
} BlocksJob;

static bool fits(const IoptNode *node)
{
    size_t axis, first, count;

    return iopt_concat_of(node, &axis, &first, &count);
}

static IoptStatus run_blocks(const IoptStep *step, const IoptStepCall *call, IoptError *err)
{
    const BlocksJob *const job = step->job;
    const char *const from = iopt_place_at(&step->in[0], call);
    char *const to = iopt_place_at(&step->out[0], call);
    size_t begin, end;

    (void)err;
    iopt_part_range(call, job->outer, &begin, &end);
    iopt_copy_rows(from + begin * job->bytes, (ptrdiff_t)job->bytes,
                   to + (ptrdiff_t)begin * job->to_stride, job->to_stride, job->bytes, end - begin);
    return IOPT_OK;
}

/* A slice of `whole` along the channels. */
static IoptPlace channel_slice(IoptPlace whole, const IoptPlace *part, size_t channel)
{
    whole.offset += channel * iopt_dtype_bytes(whole.dtype);
    whole.shape = part->shape;
    whole.rows = part->rows;
    whole.channels = part->channels;
    return whole;
}

static IoptStatus copy_part(IoptLower *l, const IoptChain *chain, IoptValue part,
                            const IoptPlace *whole, size_t channel, IoptError *err)
{
    IoptPlace from;

    IOPT_TRY(iopt_lower_in(l, part, &from, err));
    const IoptPlace to = channel_slice(*whole, &from, channel);
    if (from.base == to.base && from.index == to.index && from.offset == to.offset)
        return IOPT_OK; /* written in place */
    return iopt_lower_copy(l, chain, &from, &to, err);
}

static IoptStatus lower_channels(IoptLower *l, const IoptChain *chain, size_t first, size_t count,
                                 IoptError *err)
{
    const IoptNode *const node = chain->root;
    size_t channel = 0;
    IoptPlace whole;

    IOPT_TRY(iopt_lower_out(l, iopt_chain_value(chain), &whole, err));
    for (size_t i = 0; i < count; i++) {
        const IoptShape shape = iopt_shape_of(node->in[first + i]);
        if (iopt_value_elems(node->in[first + i]) > 0)
            IOPT_TRY(copy_part(l, chain, node->in[first + i], &whole, channel, err));
        channel += (size_t)shape.dim[shape.rank - 1];
    }
    return IOPT_OK;
}

static IoptStatus copy_blocks(IoptLower *l, const IoptChain *chain, const IoptPlace *from,
                              const IoptPlace *to, BlocksJob wanted, IoptError *err)
{
    IoptStep step = { .run = run_blocks, .parts = wanted.outer, .info.kernel = "copy_rows" };
    BlocksJob *job;

    IOPT_TRY(iopt_lower_alloc(l, 1, sizeof *job, &job, err));
    *job = wanted;
    step.job = job;
    return iopt_lower_add(l, chain, step, from, 1, to, 1, err);
}

static IoptStatus lower_blocks(IoptLower *l, const IoptChain *chain, size_t axis, size_t first,
                               size_t count, IoptError *err)
{
    const IoptNode *const node = chain->root;
    const IoptShape *const shape = &node->facts[0].shape;
    const size_t bytes = iopt_dtype_bytes(node->facts[0].dtype);
    size_t outer = 1, inner = bytes, at = 0;
    IoptPlace whole, from;
    bool copy;

    for (size_t i = 0; i < (size_t)shape->rank; i++)
        *(i < axis ? &outer : i > axis ? &inner : &at) *= (size_t)shape->dim[i];
    IOPT_TRY(iopt_lower_out_dense(l, iopt_chain_value(chain), &whole, &copy, err));
    for (size_t i = 0; i < count; i++) {
        const size_t size = (size_t)iopt_shape_of(node->in[first + i]).dim[axis] * inner;
        const BlocksJob job = { outer, size, (ptrdiff_t)((size_t)shape->dim[axis] * inner) };
        IoptPlace to = whole;
        to.offset += at;
        at += size;
        if (size == 0 || outer == 0)
            continue;
        IOPT_TRY(iopt_lower_in_dense(l, node->in[first + i], &from, err));
        to.shape = from.shape; /* bytes that are moved */
        to.rows = from.rows;
        to.channels = from.channels;
        to.stride = (ptrdiff_t)from.channels;
        IOPT_TRY(copy_blocks(l, chain, &from, &to, job, err));
    }
    return copy ? iopt_lower_settle(l, iopt_chain_value(chain), &whole, err) : IOPT_OK;
}

static IoptStatus lower(IoptLower *l, const IoptChain *chain, IoptError *err)
{
    size_t axis, first, count;

    (void)iopt_concat_of(chain->root, &axis, &first, &count);
    if (axis + 1 == (size_t)chain->root->facts[0].shape.rank)
        return lower_channels(l, chain, first, count, err);
    return lower_blocks(l, chain, axis, first, count, err);
}

const IoptLowering iopt_lowering_concat = {
    .ops = "Concat|ConcatV2", .any_strides = true, .fits = fits, .lower = lower
};
