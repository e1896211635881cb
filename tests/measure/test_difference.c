/* Differences of arrays of which everything is known. */
#include "measure/difference.h"

#include <math.h>

#include "t.h"
#include "tensor/tensor.h"

static IoptTensor *floats(Test *t, const float *values, size_t count)
{
    const int64_t dims[] = { (int64_t)count };
    const IoptShape shape = iopt_shape(1, dims);
    IoptTensor *tensor;

    T_OK(t, iopt_tensor_create(IOPT_F32, &shape, &tensor, &t->err));
    for (size_t i = 0; i < count; i++)
        iopt_f32_mut(tensor)[i] = values[i];
    return tensor;
}

static IoptDifference between(Test *t, const float *a, const float *b, size_t count)
{
    IoptDifference difference = { 0 };
    IoptTensor *const x = floats(t, a, count), *const y = floats(t, b, count);

    T_OK(t, iopt_difference_add(&difference, x, y, &t->err));
    iopt_tensor_destroy(x);
    iopt_tensor_destroy(y);
    return difference;
}

static void known_differences(Test *t)
{
    const float a[] = { 3, 4, 0 }, b[] = { 3, 4, 0.5f }, turned[] = { -4, 3, 0 };
    const IoptDifference near = between(t, a, b, 3), same = between(t, a, a, 3);
    const IoptDifference right_angle = between(t, a, turned, 3);

    T_NEAR(t, iopt_difference_sqnr_db(&near), 20, 1e-12); /* 25 / 0.25 */
    T_NEAR(t, near.largest, 0.5, 0);
    T_NEAR(t, iopt_difference_relative(&near), 0.125, 0);
    T_NEAR(t, iopt_difference_cosine(&near), 25 / (5 * sqrt(25.25)), 1e-15);
    T_NEAR(t, iopt_difference_cosine(&right_angle), 0, 0);
    T_CHECK(t, isinf(iopt_difference_sqnr_db(&same)));
    T_NEAR(t, iopt_difference_cosine(&same), 1, 0);
    T_NEAR(t, iopt_difference_relative(&same), 0, 0);
}

static void what_is_no_number_is_strange(Test *t)
{
    const float a[] = { NAN, INFINITY, 1 }, b[] = { NAN, -INFINITY, 1 }, zero[] = { 0, 0, 0 };
    const IoptDifference same = between(t, a, a, 3), other = between(t, a, b, 3);
    const IoptDifference from_zero = between(t, zero, b + 2, 1);

    T_SAME_INT(t, same.strange, 0);
    T_SAME_INT(t, other.strange, 1);
    T_CHECK(t, isinf(iopt_difference_relative(&other)));
    T_CHECK(t, isnan(iopt_difference_sqnr_db(&other)));
    T_CHECK(t, isinf(iopt_difference_relative(&from_zero)));
}

static void other_shapes_cannot_be_compared(Test *t)
{
    const float values[] = { 1, 2 };
    IoptDifference difference = { 0 };
    IoptTensor *const one = floats(t, values, 1), *const two = floats(t, values, 2);

    T_FAILS(t, iopt_difference_add(&difference, one, two, &t->err), IOPT_BOUND_MISSED,
            "float[1] against float[2]");
    iopt_tensor_destroy(one);
    iopt_tensor_destroy(two);
}

const TestCase tests_difference[] = {
    TEST(known_differences),
    TEST(what_is_no_number_is_strange),
    TEST(other_shapes_cannot_be_compared),
    { 0 },
};
