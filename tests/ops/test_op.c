/* The framework around ops: the list, the checks that all share, evaluation of one node. */
#include <string.h>

#include "ops/op.h"
#include "t_graph.h"

static void ops_are_sorted_and_complete(Test *t)
{
    size_t count;
    const IoptOp *const *const ops = iopt_ops(&count);

    for (size_t i = 0; i < count; i++) {
        T_CHECK(t, i == 0 || strcmp(ops[i - 1]->name, ops[i]->name) < 0);
        T_CHECK(t, iopt_op_find(ops[i]->name) == ops[i]);
        T_CHECK(t, ops[i]->infer && ops[i]->brief);
    }
    T_CHECK(t, iopt_op_find("Conv2") == NULL);
}

static void wrong_number_and_type_are_refused(Test *t)
{
    IoptGraph *const g = t_graph(t, "a = Const(1) : f32[2]\n"
                                    "b = Const(1) : b[2]\n"
                                    "x = Relu(a, a)\n"
                                    "y = Relu(b)\n"
                                    "z = Split(b, a) num_split=123456789\n"
                                    "return x, y, z\n");
    const IoptFact in[2] = { iopt_fact_of(iopt_const(iopt_graph_find(g, "b"))),
                             iopt_fact_of(iopt_const(iopt_graph_find(g, "a"))) };
    IoptFact out[2];

    T_FAILS(t, iopt_op_infer(iopt_op_find("Relu"), iopt_graph_find(g, "x"), in, out, &t->err),
            IOPT_BAD_MODEL, "Relu 'x': want 1 inputs; got 2");
    T_FAILS(t, iopt_op_infer(iopt_op_find("Relu"), iopt_graph_find(g, "y"), in, out, &t->err),
            IOPT_BAD_MODEL, "got bool[2]");
    T_FAILS(t, iopt_op_infer(iopt_op_find("Split"), iopt_graph_find(g, "z"), in, out, &t->err),
            IOPT_BAD_MODEL, "want num_split in 0 .. 65536");
    iopt_graph_destroy(g);
}

static void inputs_may_lie_anywhere(Test *t)
{
    IoptGraph *const g = t_graph(t, "x = Placeholder() : f32[3]\n"
                                    "y = Neg(x)\n"
                                    "z = Identity(x)\n"
                                    "return y, z\n");
    const float values[3] = { 1, -2, 3 };
    char bytes[sizeof values + 1];
    IoptTensor x = { IOPT_F32, { 1, { 3 } }, bytes + 1, sizeof values, NULL }, *out;
    const IoptTensor *const in = &x;

    memcpy(bytes + 1, values, sizeof values);
    T_OK(t, iopt_op_eval(iopt_op_find("Neg"), iopt_graph_find(g, "y"), &in, &out, &t->err));
    T_CHECK(t, iopt_f32(out)[1] == 2);
    iopt_tensor_destroy(out);
    /* Nobody owns these bytes, so what passes through is a copy. */
    T_OK(t, iopt_op_eval(iopt_op_find("Identity"), iopt_graph_find(g, "z"), &in, &out, &t->err));
    T_CHECK(t, out->data != x.data && iopt_f32(out)[2] == 3);
    iopt_tensor_destroy(out);
    iopt_graph_destroy(g);
}

static void halves_go_through_float(Test *t)
{
    IoptGraph *const g = t_graph(t, "x = Placeholder() : f16[2]\n"
                                    "y = Square(x)\n"
                                    "return y\n");
    const IoptShape shape = { 1, { 2 } };
    IoptTensor *x, *out;

    T_OK(t, iopt_tensor_create(IOPT_F16, &shape, &x, &t->err));
    iopt_tensor_set_f64(x, 0, 1.5);
    iopt_tensor_set_f64(x, 1, 300);
    const IoptTensor *const in = x;
    T_OK(t, iopt_op_eval(iopt_op_find("Square"), iopt_graph_find(g, "y"), &in, &out, &t->err));
    T_SAME_INT(t, out->dtype, IOPT_F16);
    T_NEAR(t, iopt_tensor_get_f64(out, 0), 2.25, 0);
    T_CHECK(t, iopt_tensor_get_f64(out, 1) > 65504); /* infinite: 90000 is no half */
    iopt_tensor_destroy(out);
    iopt_tensor_destroy(x);
    iopt_graph_destroy(g);
}

static void passing_through_shares_the_bytes(Test *t)
{
    IoptGraph *const g = t_graph(t, "x = Placeholder() : f32[2]\n"
                                    "y = CheckNumerics(x) message=oops\n"
                                    "return y\n");
    const IoptShape shape = { 1, { 2 } };
    IoptTensor *const x = t_random(t, IOPT_F32, &shape, 1), *out;
    const IoptTensor *const in = x;
    const IoptOp *const op = iopt_op_find("CheckNumerics");

    T_OK(t, iopt_op_eval(op, iopt_graph_find(g, "y"), &in, &out, &t->err));
    T_CHECK(t, out->data == x->data);
    iopt_tensor_destroy(out);
    iopt_f32_mut(x)[1] = 1.0f / 0.0f;
    T_FAILS(t, iopt_op_eval(op, iopt_graph_find(g, "y"), &in, &out, &t->err), IOPT_BAD_DATA,
            "CheckNumerics 'y': oops: element 1 is infinite");
    T_CHECK(t, out == NULL);
    iopt_tensor_destroy(x);
    iopt_graph_destroy(g);
}

static void work_is_counted(Test *t)
{
    IoptGraph *const g = t_graph(t, "x = Placeholder() : f32[1,8,8,4]\n"
                                    "w = Const(random 1) : f32[3,3,2,6]\n"
                                    "y = Conv2D(x, w) padding=SAME strides=[1,2,2,1]\n"
                                    "return y\n");
    const IoptNode *const y = iopt_graph_find(g, "y");
    const IoptFact in[2] = { iopt_fact(IOPT_F32, (IoptShape){ 4, { 1, 8, 8, 4 } }),
                             iopt_fact_of(iopt_const(iopt_graph_find(g, "w"))) };
    const IoptOp *const op = iopt_op_find("Conv2D");
    IoptFact out;

    T_OK(t, iopt_op_infer(op, y, in, &out, &t->err));
    T_SAME_TEXT(t, iopt_fact_text(&out).s, "float[1,4,4,6]");
    T_NEAR(t, op->macs(y, in, &out), 4 * 4 * 6 * 3 * 3 * 2, 0); /* two groups */
    iopt_graph_destroy(g);
}

const TestCase tests_op[] = {
    TEST(ops_are_sorted_and_complete),
    TEST(wrong_number_and_type_are_refused),
    TEST(inputs_may_lie_anywhere),
    TEST(halves_go_through_float),
    TEST(passing_through_shares_the_bytes),
    TEST(work_is_counted),
    { 0 },
};
