/* fakequant in plain C. */
#include "kernels/fakequant/fakequant.h"

#include <math.h>

/* rintf, but for the sign of zero. */
static float even(float x)
{
    const float below = floorf(x), rest = x - below;
    const bool odd = below - 2.0F * floorf(0.5F * below) == 1.0F;

    return rest > 0.5F || (rest == 0.5F && odd) ? below + 1.0F : below;
}

static float apply(const IoptFakeQuantJob *job, float x, size_t i)
{
    const float lo = job->lo[i], hi = job->hi[i], step = job->step[i];
    const float c = x < lo ? lo : x > hi ? hi : x;

    switch (job->op) {
    case IOPT_FAKE_QUANT_MULTIPLY: return floorf((c - lo) * job->scale[i] + 0.5F) * step + lo;
    case IOPT_FAKE_QUANT_DIVIDE: return floorf((c - lo) / step + 0.5F) * step + lo;
    case IOPT_FAKE_QUANT_EVEN: return even(c * job->scale[i]) * step;
    case IOPT_FAKE_QUANT_UP: return floorf(c * job->scale[i] + 0.5F) * step;
    case IOPT_FAKE_QUANT_COUNT: break;
    }
    return x;
}

void iopt_fakequant_c(const IoptFakeQuantJob *job, const float *x, float *y, size_t row_begin,
                      size_t row_end)
{
    for (ptrdiff_t row = (ptrdiff_t)row_begin; row < (ptrdiff_t)row_end; row++)
        for (size_t c = 0; c < job->channels; c++)
            y[row * job->y_stride + (ptrdiff_t)c] =
                apply(job, x[row * job->x_stride + (ptrdiff_t)c], job->per_channel ? c : 0);
}
