/* binary_f32 in plain C. */
#include "kernels/binary_f32/binary_f32.h"

static float apply(IoptBinaryF32Op op, float x, float z)
{
    switch (op) {
    case IOPT_BINARY_ADD: return x + z;
    case IOPT_BINARY_SUB: return x - z;
    case IOPT_BINARY_RSUB: return z - x;
    case IOPT_BINARY_MUL: return x * z;
    case IOPT_BINARY_DIV: return x / z;
    case IOPT_BINARY_RDIV: return z / x;
    case IOPT_BINARY_MAX: return z > x ? z : x;
    case IOPT_BINARY_MIN: return z < x ? z : x;
    case IOPT_BINARY_COUNT: break;
    }
    return x;
}

void iopt_binary_f32_c(const IoptBinaryF32Job *job, const float *x, const float *z, float *y,
                       size_t row_begin, size_t row_end)
{
    for (size_t row = row_begin; row < row_end; row++) {
        const float *const left = x + (ptrdiff_t)row * job->x_stride;
        const float *const right = z + (ptrdiff_t)(row / job->z_group) * job->z_stride;
        float *const to = y + (ptrdiff_t)row * job->y_stride;
        for (size_t c = 0; c < job->channels; c++) {
            const float v = apply(job->op, left[c], right[job->z_broadcast ? 0 : c]);
            to[c] = v < job->lo ? job->lo : v > job->hi ? job->hi : v;
        }
    }
}
