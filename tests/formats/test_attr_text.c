/* Attributes and tensors in TensorFlow's words; tensors as TensorFlow 2.15's Print shows them. */
#include "t.h"
#include "formats/attr_text.h"
#include "formats/pbtxt.h"
#include "formats/tensor_text.h"

static void expect_tensor(Test *t, IoptDType dtype, int rank, const int64_t *dims, double scale,
                          const char *want)
{
    const IoptShape shape = iopt_shape(rank, dims);
    IoptText text = { 0 };
    IoptTensor *tensor;

    T_OK(t, iopt_tensor_create(dtype, &shape, &tensor, &t->err));
    for (size_t i = 0; i < iopt_elems(tensor); i++)
        iopt_tensor_set_f64(tensor, i, (double)i * scale);
    iopt_tensor_debug_text(tensor, 3, &text);
    T_SAME_TEXT(t, text.s, want);
    iopt_text_free(&text);
    iopt_tensor_destroy(tensor);
}

static void tensors_are_shortened_to_three_values(Test *t)
{
    static const int64_t d2[] = { 2, 2 }, d3[] = { 2, 2, 2 }, d9[] = { 3, 3 };
    static const int64_t d4[] = { 1, 1, 1, 4 }, none[] = { 0, 3 }, few[] = { 3 };

    expect_tensor(t, IOPT_F32, 2, d2, 1, "Tensor<type: float shape: [2,2] values: [0 1][2...]...>");
    expect_tensor(t, IOPT_F32, 3, d3, 1,
                  "Tensor<type: float shape: [2,2,2] values: [[0 1][2...]]...>");
    expect_tensor(t, IOPT_I32, 2, d9, 1, "Tensor<type: int32 shape: [3,3] values: [0 1 2]...>");
    expect_tensor(t, IOPT_U8, 4, d4, 1,
                  "Tensor<type: uint8 shape: [1,1,1,4] values: [[[0 1 2...]]]...>");
    expect_tensor(t, IOPT_F32, 2, none, 1, "Tensor<type: float shape: [0,3] values: >");
    expect_tensor(t, IOPT_F32, 1, few, 1.0 / 3,
                  "Tensor<type: float shape: [3] values: 0 0.333333343 0.666666687>");
    expect_tensor(t, IOPT_F64, 1, few, 1.0 / 3,
                  "Tensor<type: double shape: [3] values: 0 0.33333333333333331 "
                  "0.66666666666666663>");
    expect_tensor(t, IOPT_BOOL, 0, NULL, 1, "Tensor<type: bool shape: [] values: 0>");
    expect_tensor(t, IOPT_QI32, 1, few, 1, "Tensor<type: qint32 shape: [3] values: ? ? ?>");
}

static void expect_attr(Test *t, const char *value, const char *want)
{
    IoptText file = { 0 }, text = { 0 };
    IoptNodeList *list;

    iopt_text_printf(&file, "node { name: 'n' op: 'O' attr { key: 'a' value { %s } } }", value);
    T_OK(t, iopt_pbtxt_parse_list((IoptBytes){ file.s, file.size }, &list, &t->err));
    T_OK(t,
         iopt_attr_text(iopt_attr(list->nodes[0]->node, "a"), list->carrier->file, &text, &t->err));
    T_SAME_TEXT(t, text.s, want);
    iopt_text_free(&text);
    iopt_text_free(&file);
    iopt_list_destroy(list);
}

static void attributes_have_a_text_each(Test *t)
{
    expect_attr(t, "i: -3", "-3");
    expect_attr(t, "f: 0.1", "0.1");
    expect_attr(t, "b: true", "true");
    expect_attr(t, "s: 'SA\"ME\\n'", "\"SA\\\"ME\\n\"");
    expect_attr(t, "type: DT_FLOAT", "DT_FLOAT");
    expect_attr(t, "shape { dim { size: 1 } dim { size: -1 } }", "[1,?]");
    expect_attr(t, "shape { unknown_rank: true }", "<unknown>");
    expect_attr(t, "list { i: 1 i: 2 i: 2 i: 1 }", "[1, 2, 2, 1]");
    expect_attr(t, "list { f: 0.5 f: 2 }", "[0.5, 2]");
    expect_attr(t, "list { s: 'a' s: 'b' }", "[\"a\", \"b\"]");
    expect_attr(t, "list { type: DT_INT32 shape { } }", "[DT_INT32]");
    expect_attr(t, "list { }", "[]");
    expect_attr(t, "placeholder: 'T'", "$T");
    expect_attr(t,
                "func { name: 'F' attr { key: 'b' value { i: 1 } } "
                "attr { key: 'a' value { func { name: 'G' } } } }",
                "F[a=G[], b=1]");
    expect_attr(t, "tensor { dtype: DT_FLOAT tensor_shape { } float_val: 2 }",
                "Tensor<type: float shape: [] values: 2>");
}

static void long_texts_and_lists_are_shortened(Test *t)
{
    IoptText list = { 0 };

    expect_attr(
        t, "s: '0123456789012345678901234567890123456789012345678901234567890123456789abcdefghij'",
        "\"0123456789...abcdefghij\"");
    iopt_text_printf(&list, "list {");
    for (int i = 0; i < 30; i++)
        iopt_text_printf(&list, " i: %d", i);
    iopt_text_printf(&list, " }");
    expect_attr(t, list.s,
                "[0, 1, 2, 3, 4, ..., 25, 26, 27, 28, 29]{attr_hash=6212846312491382606}");
    iopt_text_free(&list);
}

static void expect_count(Test *t, int64_t count, const char *want)
{
    IoptText text = { 0 };

    iopt_count_text(count, &text);
    T_SAME_TEXT(t, text.s, want);
    iopt_text_free(&text);
}

static void counts_are_for_people(Test *t)
{
    expect_count(t, 999, "999");
    expect_count(t, 1000, "1.00k");
    expect_count(t, 1234567, "1.23M");
    expect_count(t, 1234567890, "1.23B");
    expect_count(t, -1234567890123, "-1.23T");
    expect_count(t, INT64_C(1500000000000000), "1.5E+15");
    expect_count(t, INT64_MIN, "-9.22E+18");
}

const TestCase tests_attr_text[] = {
    TEST(tensors_are_shortened_to_three_values),
    TEST(attributes_have_a_text_each),
    TEST(long_texts_and_lists_are_shortened),
    TEST(counts_are_for_people),
    { 0 },
};
