/* SpaceToBatchND, SpaceToBatch: moves blocks of space into the batch;  BatchToSpaceND,
 * BatchToSpace: back again
 *
 *   in      x [N, S1 .. SM, ...];  ND: block [M], paddings or crops [M,2] of int32 or int64
 *           the others: paddings or crops [2,2], M = 2, block from attribute block_size
 *   out     to batch: [N * prod(block), (Si + paddings) / block ..., ...], zeros as padding
 *           to space: [N / prod(block), Si * block - crops ..., ...]
 *           the offset inside the block is the slow part of the batch index
 *   source  TensorFlow ops "SpaceToBatchND", "BatchToSpaceND", "SpaceToBatch", "BatchToSpace"
 */
#include "base/checked.h"
#include "ops/ints.h"
#include "ops/move.h"

/* Blocks and borders of the M spatial dimensions. */
typedef struct Blocks {
    int count; /* M, -1 while it is not known */
    bool known_block, known_border;
    int64_t block[IOPT_MAX_RANK], before[IOPT_MAX_RANK], after[IOPT_MAX_RANK];
    int64_t product; /* of the blocks */
} Blocks;

static IoptStatus read_block(const IoptNode *node, const IoptFact *in, Blocks *blocks,
                             IoptError *err)
{
    IoptInts block = { .known = true, .count = 2 };

    if (node->n_in == 3) {
        IOPT_TRY(iopt_ints_vector(node, in, 1, "block shape", &block, err));
    } else {
        IOPT_TRY(iopt_need_int(node, "block_size", &block.v[0], err));
        block.v[1] = block.v[0];
    }
    blocks->count = block.count > IOPT_MAX_RANK ? IOPT_MAX_RANK + 1 : (int)block.count;
    blocks->known_block = block.known;
    blocks->product = 1;
    for (int i = 0; block.known && i < blocks->count && i < IOPT_MAX_RANK; i++) {
        if (block.v[i] < 1 || block.v[i] > INT32_MAX / blocks->product)
            return iopt_fail(err, IOPT_BAD_MODEL, "%s '%s': block size %lld", node->op, node->name,
                             (long long)block.v[i]);
        blocks->block[i] = block.v[i];
        blocks->product *= block.v[i];
    }
    return IOPT_OK;
}

static IoptStatus read_blocks(const IoptNode *node, const IoptFact *in, Blocks *blocks,
                              IoptError *err)
{
    const int rank = in[0].shape.rank;
    IoptInts border;

    *blocks = (Blocks){ .count = -1 };
    IOPT_TRY(read_block(node, in, blocks, err));
    IOPT_TRY(iopt_ints_pairs(node, in, node->n_in - 1, "paddings or crops", &border, err));
    const int64_t rows = border.count < 0 ? -1 : border.count / 2;
    if (!iopt_dims_agree(rows, blocks->count) || blocks->count >= IOPT_MAX_RANK ||
        (rank >= 0 && blocks->count >= rank))
        return iopt_bad_inputs(node, in, err,
                               "a block size and two borders per dimension of space");
    blocks->count = blocks->count < 0 ? (int)rows : blocks->count;
    blocks->known_border = border.known;
    for (int i = 0; border.known && i < blocks->count; i++) {
        blocks->before[i] = border.v[2 * i];
        blocks->after[i] = border.v[2 * i + 1];
        if (blocks->before[i] < 0 || blocks->after[i] < 0 || blocks->before[i] > INT32_MAX ||
            blocks->after[i] > INT32_MAX)
            return iopt_fail(err, IOPT_BAD_MODEL, "%s '%s': paddings or crops %lld and %lld",
                             node->op, node->name, (long long)blocks->before[i],
                             (long long)blocks->after[i]);
    }
    return IOPT_OK;
}

static IoptStatus refuse(const IoptNode *node, const IoptFact *in, int axis, IoptError *err)
{
    return iopt_bad_inputs(node, in, err, "blocks that divide dimension %d", axis);
}

static IoptStatus infer_to_batch(const IoptNode *node, const IoptFact *in, IoptFact *out,
                                 IoptError *err)
{
    IoptShape y = in[0].shape;
    Blocks b;

    IOPT_TRY(read_blocks(node, in, &b, err));
    out[0] = iopt_fact(iopt_input_type(node, in, "T"), iopt_shape_unknown());
    if (y.rank < 0 || b.count < 0)
        return IOPT_OK;
    y.dim[0] = y.dim[0] < 0 || !b.known_block ? -1 : y.dim[0] * b.product;
    for (int i = 0; i < b.count; i++) {
        int64_t *const dim = &y.dim[1 + i];
        if (*dim < 0 || !b.known_block || !b.known_border) {
            *dim = -1;
            continue;
        }
        *dim += b.before[i] + b.after[i];
        if (*dim % b.block[i] != 0)
            return refuse(node, in, 1 + i, err);
        *dim /= b.block[i];
    }
    out[0].shape = y;
    return IOPT_OK;
}

static IoptStatus infer_to_space(const IoptNode *node, const IoptFact *in, IoptFact *out,
                                 IoptError *err)
{
    IoptShape y = in[0].shape;
    Blocks b;

    IOPT_TRY(read_blocks(node, in, &b, err));
    out[0] = iopt_fact(iopt_input_type(node, in, "T"), iopt_shape_unknown());
    if (y.rank < 0 || b.count < 0)
        return IOPT_OK;
    if (b.known_block && y.dim[0] >= 0 && y.dim[0] % b.product != 0)
        return refuse(node, in, 0, err);
    y.dim[0] = y.dim[0] < 0 || !b.known_block ? -1 : y.dim[0] / b.product;
    for (int i = 0; i < b.count; i++) {
        int64_t *const dim = &y.dim[1 + i];
        if (*dim < 0 || !b.known_block || !b.known_border) {
            *dim = -1;
            continue;
        }
        if (!iopt_mul_i64(*dim, b.block[i], dim) || *dim < b.before[i] + b.after[i])
            return iopt_bad_inputs(node, in, err, "crops that leave something of dimension %d",
                                   1 + i);
        *dim -= b.before[i] + b.after[i];
    }
    out[0].shape = y;
    return IOPT_OK;
}

/* The part of one spatial axis that belongs to one offset inside the block: positions
 * batch = first .. first + count - 1 of the batched tensor are positions space, space + block, ...
 * of the other. */
typedef struct Comb {
    int64_t first, count, space;
} Comb;

static Comb comb(int64_t offset, int64_t block, int64_t before, int64_t batch_dim,
                 int64_t space_dim)
{
    /* batch position p shows space position p * block + offset - before */
    const int64_t shift = before - offset;
    const int64_t first = shift <= 0 ? 0 : (shift + block - 1) / block;
    const int64_t end = space_dim + shift <= 0 ? 0 : (space_dim + shift - 1) / block + 1;
    const int64_t last = end < batch_dim ? end : batch_dim;

    return (Comb){ first, last > first ? last - first : 0, first * block - shift };
}

/* Moves everything of one offset, `number` of prod(block). */
static void move_offset(const Blocks *b, int64_t number, const IoptTensor *batched,
                        const IoptTensor *spatial, bool to_batch)
{
    int64_t batch_strides[IOPT_MAX_RANK], space_strides[IOPT_MAX_RANK];
    const int64_t n = spatial->shape.dim[0];
    int64_t offset[IOPT_MAX_RANK], rest = number;
    IoptMove move = { 0 };

    iopt_shape_strides(&batched->shape, batch_strides);
    iopt_shape_strides(&spatial->shape, space_strides);
    for (int i = b->count - 1; i >= 0; i--) {
        offset[i] = rest % b->block[i];
        rest /= b->block[i];
    }
    int64_t batch_at = number * n * batch_strides[0], space_at = 0;
    const int64_t *const to = to_batch ? batch_strides : space_strides;
    const int64_t *const from = to_batch ? space_strides : batch_strides;
    iopt_move_axis(&move, n, to[0], from[0]);
    for (int i = 0; i < b->count; i++) {
        const int axis = 1 + i;
        const Comb c = comb(offset[i], b->block[i], b->before[i], batched->shape.dim[axis],
                            spatial->shape.dim[axis]);
        const int64_t space_step = space_strides[axis] * b->block[i];
        if (c.count == 0)
            return;
        batch_at += c.first * batch_strides[axis];
        space_at += c.space * space_strides[axis];
        iopt_move_axis(&move, c.count, to_batch ? batch_strides[axis] : space_step,
                       to_batch ? space_step : batch_strides[axis]);
    }
    for (int axis = 1 + b->count; axis < spatial->shape.rank; axis++)
        iopt_move_axis(&move, spatial->shape.dim[axis], to[axis], from[axis]);
    iopt_move_run(&move, iopt_dtype_bytes(batched->dtype),
                  to_batch ? iopt_elem_mut(batched, batch_at) : iopt_elem_mut(spatial, space_at),
                  to_batch ? iopt_elem(spatial, space_at) : iopt_elem(batched, batch_at));
}

/* `batched` and `spatial` are x and y, or y and x. */
static IoptStatus move_all(const IoptNode *node, const IoptTensor *const *in,
                           const IoptTensor *batched, const IoptTensor *spatial, IoptError *err)
{
    const bool to_batch = spatial == in[0];
    IoptFact facts[3];
    Blocks b;

    iopt_facts_of(in, node->n_in, facts);
    IOPT_TRY(read_blocks(node, facts, &b, err));
    for (int64_t i = 0; batched->bytes && spatial->bytes && i < b.product; i++)
        move_offset(&b, i, batched, spatial, to_batch);
    return IOPT_OK;
}

static IoptStatus eval_to_batch(const IoptNode *node, const IoptTensor *const *in,
                                IoptTensor *const *out, IoptError *err)
{
    return move_all(node, in, out[0], in[0], err);
}

static IoptStatus eval_to_space(const IoptNode *node, const IoptTensor *const *in,
                                IoptTensor *const *out, IoptError *err)
{
    return move_all(node, in, in[0], out[0], err);
}

const IoptOp iopt_op_space_to_batch_nd = {
    .name = "SpaceToBatchND",
    .n_in = 3,
    .n_out = 1,
    .brief = "moves blocks of space into the batch",
    .infer = infer_to_batch,
    .eval = eval_to_batch,
};

const IoptOp iopt_op_space_to_batch = {
    .name = "SpaceToBatch",
    .n_in = 2,
    .n_out = 1,
    .brief = "moves square blocks of space into the batch",
    .infer = infer_to_batch,
    .eval = eval_to_batch,
};

const IoptOp iopt_op_batch_to_space_nd = {
    .name = "BatchToSpaceND",
    .n_in = 3,
    .n_out = 1,
    .brief = "moves the batch into blocks of space",
    .infer = infer_to_space,
    .eval = eval_to_space,
};

const IoptOp iopt_op_batch_to_space = {
    .name = "BatchToSpace",
    .n_in = 2,
    .n_out = 1,
    .brief = "moves the batch into square blocks of space",
    .infer = infer_to_space,
    .eval = eval_to_space,
};
