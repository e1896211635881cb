/* Slice, StridedSlice, Pad, PadV2: a block of one array copied to a place in another, any element
 * type.  What a Pad adds is filled in before each piece is copied.
 *
 * The block is `outer` pieces of `rows` rows of consecutive elements; x and y may have gaps between
 * their rows.
 */
#include <string.h>

#include "engine/lower.h"
#include "kernels/copy_rows/copy_rows.h"

enum { MOST = IOPT_MAX_RANK };

/* Of each axis: the first element on either side, the step in x, the count. */
typedef struct Region {
    int rank;
    int64_t count[MOST], x_first[MOST], x_step[MOST], y_first[MOST];
} Region;

typedef struct RegionJob {
    Region region;
    int64_t y_dim[MOST];                      /* of y, for filling */
    ptrdiff_t x_stride[MOST], y_stride[MOST]; /* bytes from index to index of an axis */
    size_t elem_bytes, pieces;                /* pieces: of y, all axes but the last two */
    bool fills, fills_zeros;
    unsigned char fill[16];
} RegionJob;

static bool ints_of(const IoptNode *node, size_t slot, int64_t *out, size_t *count)
{
    const IoptFact fact = iopt_fact_at(node->in[slot]);

    return iopt_fact_ints(&fact, out, 2 * MOST, count);
}

static bool slice_region(const IoptNode *node, Region *r)
{
    int64_t begin[2 * MOST];
    size_t count;

    if (!ints_of(node, 1, begin, &count) || count != (size_t)r->rank)
        return false;
    for (int i = 0; i < r->rank; i++) {
        r->x_first[i] = begin[i];
        r->count[i] = node->facts[0].shape.dim[i];
    }
    return true;
}

/* Brackets without ellipsis and new axes, forwards; the counts follow from the result's shape. */
static bool strided_region(const IoptNode *node, const IoptShape *x, Region *r)
{
    const int64_t begins = iopt_attr_int(node, "begin_mask", 0);
    const int64_t shrinks = iopt_attr_int(node, "shrink_axis_mask", 0);
    int64_t begin[2 * MOST], step[2 * MOST];
    size_t n, n_steps;
    int out = 0;

    if (iopt_attr_int(node, "ellipsis_mask", 0) || iopt_attr_int(node, "new_axis_mask", 0) ||
        !ints_of(node, 1, begin, &n) || !ints_of(node, 3, step, &n_steps) || n != n_steps ||
        n > (size_t)r->rank)
        return false;
    for (int i = 0; i < r->rank; i++) {
        const bool named = (size_t)i < n, shrinks_here = named && (shrinks >> i & 1);
        if (named && step[i] <= 0)
            return false;
        if (named && (shrinks_here || !(begins >> i & 1))) {
            const int64_t at = begin[i] < 0 ? begin[i] + x->dim[i] : begin[i];
            r->x_first[i] = at < 0 ? 0 : at > x->dim[i] ? x->dim[i] : at;
        }
        r->x_step[i] = named ? step[i] : 1;
        r->count[i] = shrinks_here ? 1 : node->facts[0].shape.dim[out++];
    }
    return true;
}

static bool pad_region(const IoptNode *node, const IoptShape *x, Region *r)
{
    int64_t pads[2 * MOST];
    size_t count;

    if (!ints_of(node, 1, pads, &count) || count != 2 * (size_t)r->rank ||
        (node->n_in == 3 && !iopt_fact_at(node->in[2]).value))
        return false;
    for (int i = 0; i < r->rank; i++) {
        r->y_first[i] = pads[2 * i];
        r->count[i] = x->dim[i];
    }
    return true;
}

/* Rank 2 at least (axes of 1 are put in front), consecutive elements along the last one. */
static bool region_of(const IoptNode *node, Region *r)
{
    const IoptShape x = iopt_shape_of(node->in[0]);

    *r = (Region){ .rank = x.rank };
    for (int i = 0; i < x.rank; i++)
        r->x_step[i] = 1;
    if (x.rank < 2 || iopt_value_elems(node->in[0]) == 0 ||
        iopt_value_elems((IoptValue){ node->in[0].node, node->in[0].port }) == 0)
        return false;
    if (iopt_is_op(node, "Slice")          ? !slice_region(node, r)
        : iopt_is_op(node, "StridedSlice") ? !strided_region(node, &x, r)
                                           : !pad_region(node, &x, r))
        return false;
    return r->x_step[x.rank - 1] == 1;
}

static bool fits(const IoptNode *node)
{
    size_t elems;
    Region region;

    return iopt_shape_elems(&node->facts[0].shape, &elems) && elems > 0 && region_of(node, &region);
}

/* Fills `count` elements of a row. */
static void fill(const RegionJob *job, char *to, int64_t count)
{
    if (job->fills_zeros || job->elem_bytes == 1)
        memset(to, job->fills_zeros ? 0 : job->fill[0], (size_t)count * job->elem_bytes);
    else
        for (int64_t i = 0; i < count; i++)
            memcpy(to + (size_t)i * job->elem_bytes, job->fill, job->elem_bytes);
}

/* What a piece has around the block: whole rows above and below, both ends of the others.  With
 * no block inside, all of it. */
static void fill_around(const RegionJob *job, char *y, bool inside)
{
    const Region *const r = &job->region;
    const int last = r->rank - 1;
    const int64_t top = r->y_first[last - 1], bottom = top + r->count[last - 1];
    const int64_t left = r->y_first[last], right = left + r->count[last];

    for (int64_t row = 0; row < job->y_dim[last - 1]; row++, y += job->y_stride[last - 1]) {
        if (!inside || row < top || row >= bottom) {
            fill(job, y, job->y_dim[last]);
            continue;
        }
        fill(job, y, left);
        fill(job, y + right * (int64_t)job->elem_bytes, job->y_dim[last] - right);
    }
}

/* One piece of y: the last two axes at one index of the others. */
static void run_piece(const RegionJob *job, const char *x, char *y, size_t piece)
{
    const Region *const r = &job->region;
    const int last = r->rank - 1;
    bool inside = true;

    for (int i = last - 2; i >= 0; i--) {
        const int64_t at = (int64_t)(piece % (size_t)job->y_dim[i]);
        const int64_t from = at - r->y_first[i];
        piece /= (size_t)job->y_dim[i];
        y += at * job->y_stride[i];
        x += (r->x_first[i] + from * r->x_step[i]) * job->x_stride[i];
        inside = inside && from >= 0 && from < r->count[i];
    }
    if (job->fills)
        fill_around(job, y, inside);
    if (!inside)
        return;
    x += r->x_first[last - 1] * job->x_stride[last - 1] +
         r->x_first[last] * (ptrdiff_t)job->elem_bytes;
    y += r->y_first[last - 1] * job->y_stride[last - 1] +
         r->y_first[last] * (ptrdiff_t)job->elem_bytes;
    iopt_copy_rows(x, job->x_stride[last - 1] * r->x_step[last - 1], y, job->y_stride[last - 1],
                   (size_t)r->count[last] * job->elem_bytes, (size_t)r->count[last - 1]);
}

static IoptStatus run_region(const IoptStep *step, const IoptStepCall *call, IoptError *err)
{
    const RegionJob *const job = step->job;
    const char *const x = iopt_place_at(&step->in[0], call);
    char *const y = iopt_place_at(&step->out[0], call);
    size_t begin, end;

    (void)err;
    iopt_part_range(call, job->pieces, &begin, &end);
    for (size_t piece = begin; piece < end; piece++)
        run_piece(job, x, y, piece);
    return IOPT_OK;
}

/* Bytes between the indices of each axis, for rows `stride` elements apart. */
static void set_strides(const int64_t *dims, int rank, ptrdiff_t stride, size_t elem_bytes,
                        ptrdiff_t *out)
{
    out[rank - 1] = (ptrdiff_t)elem_bytes;
    out[rank - 2] = stride * (ptrdiff_t)elem_bytes;
    for (int i = rank - 3; i >= 0; i--)
        out[i] = out[i + 1] * (ptrdiff_t)dims[i + 1];
}

static void fill_job(const IoptNode *node, const IoptPlace *x, const IoptPlace *y, RegionJob *job)
{
    const int rank = job->region.rank;
    const bool pads = iopt_op_in(node->op, "Pad|PadV2");

    job->elem_bytes = iopt_dtype_bytes(x->dtype);
    job->fills = pads;
    if (node->n_in == 3 && pads)
        memcpy(job->fill, iopt_fact_at(node->in[2]).value->data, job->elem_bytes);
    job->fills_zeros = memcmp(job->fill, (const unsigned char[16]){ 0 }, sizeof job->fill) == 0;
    for (int i = 0; i < rank; i++)
        job->y_dim[i] = pads ? y->shape.dim[i] : job->region.count[i];
    set_strides(x->shape.dim, rank, x->stride, job->elem_bytes, job->x_stride);
    set_strides(job->y_dim, rank, (ptrdiff_t)job->y_dim[rank - 1], job->elem_bytes, job->y_stride);
    if (y->channels == (size_t)job->y_dim[rank - 1])
        set_strides(job->y_dim, rank, y->stride, job->elem_bytes, job->y_stride);
    job->pieces = 1;
    for (int i = 0; i < rank - 2; i++)
        job->pieces *= (size_t)job->y_dim[i];
}

static IoptStatus lower(IoptLower *l, const IoptChain *chain, IoptError *err)
{
    const IoptNode *const node = chain->root;
    const IoptValue value = iopt_chain_value(chain);
    IoptStep step = { .run = run_region, .info.kernel = "copy_rows" };
    RegionJob *job;
    IoptPlace x, y;
    bool copy;

    IOPT_TRY(iopt_lower_in(l, node->in[0], &x, err));
    IOPT_TRY(iopt_lower_out_dense(l, value, &y, &copy, err));
    IOPT_TRY(iopt_lower_alloc(l, 1, sizeof *job, &job, err));
    (void)region_of(node, &job->region);
    fill_job(node, &x, &y, job);
    step.job = job;
    step.parts = job->pieces;
    IOPT_TRY(iopt_lower_add(l, chain, step, &x, 1, &y, 1, err));
    return copy ? iopt_lower_settle(l, value, &y, err) : IOPT_OK;
}

const IoptLowering iopt_lowering_region = { .ops = "Slice|StridedSlice|Pad|PadV2",
                                            .fits = fits,
                                            .lower = lower };
