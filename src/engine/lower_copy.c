/* Copies between places: for values that have to lie elsewhere. */
#include "engine/lower.h"
#include "kernels/copy_rows/copy_rows.h"

static IoptStatus run_copy(const IoptStep *step, const IoptStepCall *call, IoptError *err)
{
    const IoptPlace *const from = &step->in[0], *const to = &step->out[0];
    const ptrdiff_t bytes = (ptrdiff_t)iopt_dtype_bytes(from->dtype);
    const ptrdiff_t from_stride = from->stride * bytes, to_stride = to->stride * bytes;
    size_t begin, end;

    (void)err;
    iopt_part_range(call, from->rows, &begin, &end);
    iopt_copy_rows((const char *)iopt_place_at(from, call) + (ptrdiff_t)begin * from_stride,
                   from_stride, (char *)iopt_place_at(to, call) + (ptrdiff_t)begin * to_stride,
                   to_stride, from->channels * (size_t)bytes, end - begin);
    return IOPT_OK;
}

IoptStatus iopt_lower_copy(IoptLower *lower, const IoptChain *chain, const IoptPlace *from,
                           const IoptPlace *to, IoptError *err)
{
    const IoptStep step = {
        .run = run_copy, .parts = from->rows, .info.kernel = "copy_rows", .info.op = "copy"
    };

    return iopt_lower_add(lower, chain, step, from, 1, to, 1, err);
}
