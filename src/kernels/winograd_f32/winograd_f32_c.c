/* winograd_f32 in plain C: the vector body on vectors of one float. */
#include <stdbool.h>
#include <stddef.h>

#include "base/compiler.h"

typedef float Vec;
typedef size_t VecLanes;
enum { VEC = 1, LANES = 8 };
#define VEC_UNROLL
#define GEMM iopt_gemm_f32_c

static VecLanes vec_lanes(size_t n)
{
    return n;
}

static Vec vec_load(const float *p)
{
    return *p;
}

static Vec vec_load_part(const float *p, VecLanes lanes)
{
    return lanes ? *p : 0;
}

static void vec_store(float *p, Vec a)
{
    *p = a;
}

static void vec_store_part(float *p, Vec a, VecLanes lanes)
{
    if (lanes)
        *p = a;
}

static Vec vec_all(float a)
{
    return a;
}

static Vec vec_add(Vec a, Vec b)
{
    return a + b;
}

static Vec vec_sub(Vec a, Vec b)
{
    return a - b;
}

static Vec vec_mul(Vec a, Vec b)
{
    return a * b;
}

static Vec vec_fma(Vec a, Vec b, Vec c)
{
    return a * b + c;
}

static Vec vec_clamp(Vec a, Vec lo, Vec hi)
{
    a = a < lo ? lo : a; /* a NaN is not less, and stays */
    return a > hi ? hi : a;
}

#include "kernels/winograd_f32/winograd_f32_simd.h"

void iopt_winograd_f32_c(const IoptWinogradF32Job *job, const IoptWinogradF32Range *range,
                         float *scratch)
{
    run_range(job, range, scratch);
}
