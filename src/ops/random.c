/* RandomUniform, RandomStandardNormal, TruncatedNormal: floats;  RandomUniformInt: integers
 *
 *   in      shape [n] of int32 or int64; RandomUniformInt also: minval, maxval (outside)
 *   out     y [shape]: uniform in [0, 1), normal, normal within two deviations, uniform integers
 *   attr    dtype, seed, seed2
 *   exact   TensorFlow promises no values here.  Ours come from Philox 4x32-10 keyed by the seeds,
 *           element i from counter i: the same in every run and in any order of evaluation.
 *   source  TensorFlow ops of these names;  Salmon et al., "Parallel random numbers: as easy as
 *           1, 2, 3" (2011)
 */
#include <math.h>

#include "ops/ints.h"

typedef struct Philox {
    uint32_t key[2];
} Philox;

typedef struct Random4 {
    uint32_t word[4];
} Random4;

/* Four words from a counter: `element`, and `attempt` for those that draw again. */
static Random4 philox(Philox generator, uint64_t element, uint32_t attempt)
{
    uint32_t x[4] = { (uint32_t)element, (uint32_t)(element >> 32), attempt, 0 };
    uint32_t k0 = generator.key[0], k1 = generator.key[1];

    for (int round = 0; round < 10; round++) {
        const uint64_t a = (uint64_t)x[0] * 0xd2511f53u, b = (uint64_t)x[2] * 0xcd9e8d57u;
        const uint32_t x0 = (uint32_t)(b >> 32) ^ x[1] ^ k0, x2 = (uint32_t)(a >> 32) ^ x[3] ^ k1;
        x[0] = x0;
        x[1] = (uint32_t)b;
        x[2] = x2;
        x[3] = (uint32_t)a;
        k0 += 0x9e3779b9u;
        k1 += 0xbb67ae85u;
    }
    return (Random4){ { x[0], x[1], x[2], x[3] } };
}

static Philox generator_of(const IoptNode *node)
{
    const uint64_t seed = (uint64_t)iopt_attr_int(node, "seed", 0);
    const uint64_t seed2 = (uint64_t)iopt_attr_int(node, "seed2", 0);
    const uint64_t key = seed ^ (seed2 * 0x9e3779b97f4a7c15u);

    return (Philox){ { (uint32_t)key, (uint32_t)(key >> 32) } };
}

static uint64_t join(uint32_t high, uint32_t low)
{
    return (uint64_t)high << 32 | low;
}

/* In [0, 1), with as many bits as `type` has in its fraction. */
static double uniform(IoptDType type, Random4 r)
{
    if (type == IOPT_F64)
        return (double)(join(r.word[0], r.word[1]) >> 12) * 0x1p-52;
    if (type == IOPT_F16)
        return (double)(r.word[0] >> 22) * 0x1p-10;
    return type == IOPT_BF16 ? (double)(r.word[0] >> 25) * 0x1p-7
                             : (double)(r.word[0] >> 9) * 0x1p-23;
}

/* Box and Muller. */
static double normal(Random4 r)
{
    const double u = ((double)(join(r.word[0], r.word[1]) >> 11) + 0.5) * 0x1p-53;
    const double angle = (double)(join(r.word[2], r.word[3]) >> 11) * 0x1p-53 * 6.283185307179586;

    return sqrt(-2.0 * log(u)) * cos(angle);
}

static IoptStatus infer(const IoptNode *node, const IoptFact *in, IoptFact *out, IoptError *err)
{
    IOPT_TRY(iopt_need_type(node, "dtype", &out[0].dtype, err));
    if (!iopt_dtype_is_float(out[0].dtype))
        return iopt_fail(err, IOPT_BAD_MODEL, "%s '%s': want a float dtype; got %s", node->op,
                         node->name, iopt_dtype_name(out[0].dtype));
    return iopt_ints_shape(node, in, 0, false, &out[0].shape, err);
}

static IoptStatus eval_uniform(const IoptNode *node, const IoptTensor *const *in,
                               IoptTensor *const *out, IoptError *err)
{
    const Philox generator = generator_of(node);

    (void)in, (void)err;
    for (size_t i = 0; i < iopt_elems(out[0]); i++)
        iopt_tensor_set_f64(out[0], i, uniform(out[0]->dtype, philox(generator, i, 0)));
    return IOPT_OK;
}

static IoptStatus eval_normal(const IoptNode *node, const IoptTensor *const *in,
                              IoptTensor *const *out, IoptError *err)
{
    const Philox generator = generator_of(node);

    (void)in, (void)err;
    for (size_t i = 0; i < iopt_elems(out[0]); i++)
        iopt_tensor_set_f64(out[0], i, normal(philox(generator, i, 0)));
    return IOPT_OK;
}

static IoptStatus eval_truncated(const IoptNode *node, const IoptTensor *const *in,
                                 IoptTensor *const *out, IoptError *err)
{
    const Philox generator = generator_of(node);

    (void)in, (void)err;
    for (size_t i = 0; i < iopt_elems(out[0]); i++) {
        double value = normal(philox(generator, i, 0));
        for (uint32_t attempt = 1; fabs(value) > 2.0; attempt++)
            value = normal(philox(generator, i, attempt));
        iopt_tensor_set_f64(out[0], i, value);
    }
    return IOPT_OK;
}

static IoptStatus infer_int(const IoptNode *node, const IoptFact *in, IoptFact *out, IoptError *err)
{
    out[0].dtype = iopt_input_type(node, &in[1], "Tout");
    for (int i = 1; i < 3; i++)
        if (!iopt_may_have_rank(&in[i], 0) || (in[i].dtype && in[i].dtype != out[0].dtype) ||
            (in[i].dtype && in[i].dtype != IOPT_I32 && in[i].dtype != IOPT_I64))
            return iopt_bad_inputs(node, in, err, "a shape and two scalars of int32 or int64");
    return iopt_ints_shape(node, in, 0, false, &out[0].shape, err);
}

static IoptStatus eval_int(const IoptNode *node, const IoptTensor *const *in,
                           IoptTensor *const *out, IoptError *err)
{
    const Philox generator = generator_of(node);
    const int64_t low = iopt_tensor_get_i64(in[1], 0), high = iopt_tensor_get_i64(in[2], 0);
    const uint64_t count = (uint64_t)high - (uint64_t)low;

    if (low >= high)
        return iopt_fail(err, IOPT_BAD_DATA,
                         "RandomUniformInt '%s': want minval < maxval; got %lld, %lld", node->name,
                         (long long)low, (long long)high);
    for (size_t i = 0; i < iopt_elems(out[0]); i++) {
        const Random4 r = philox(generator, i, 0);
        iopt_tensor_set_i64(out[0], i,
                            (int64_t)((uint64_t)low + join(r.word[0], r.word[1]) % count));
    }
    return IOPT_OK;
}

const IoptOp iopt_op_random_uniform = {
    .name = "RandomUniform",
    .n_in = 1,
    .n_out = 1,
    .dtypes = "int32 int64",
    .flags = IOPT_OP_RANDOM,
    .brief = "random floats in [0, 1)",
    .infer = infer,
    .eval = eval_uniform,
};

const IoptOp iopt_op_random_uniform_int = {
    .name = "RandomUniformInt",
    .n_in = 3,
    .n_out = 1,
    .dtypes = "int32 int64",
    .flags = IOPT_OP_RANDOM | IOPT_OP_MAY_FAIL,
    .brief = "random integers in [minval, maxval)",
    .infer = infer_int,
    .eval = eval_int,
};

const IoptOp iopt_op_random_standard_normal = {
    .name = "RandomStandardNormal",
    .n_in = 1,
    .n_out = 1,
    .dtypes = "int32 int64",
    .flags = IOPT_OP_RANDOM,
    .brief = "random normal floats",
    .infer = infer,
    .eval = eval_normal,
};

const IoptOp iopt_op_truncated_normal = {
    .name = "TruncatedNormal",
    .n_in = 1,
    .n_out = 1,
    .dtypes = "int32 int64",
    .flags = IOPT_OP_RANDOM,
    .brief = "random normal floats within two deviations",
    .infer = infer,
    .eval = eval_truncated,
};
