/* Mutations that know what a graph is, for libFuzzer: nodes read other values, become other ops,
 * constants and attributes take odd values.  Most of them still are graphs that can be planned,
 * which bytes changed at random hardly are; every fourth time bytes are changed all the same. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/compiler.h"
#include "formats/graphdef.h"
#include "fuzz_input.h"
#include "tensor/tensor.h"

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);

static const float odd_floats[] = { 0,      -0.0F,  1,        -1,        1e-45F, 1e-38F, 3e38F,
                                    -3e38F, 255.0F, INFINITY, -INFINITY, NAN,    6,      0.1F };
static const int64_t odd_ints[] = { 0,  1,   -1,  2,     3,         4,         8,        9,
                                    16, 255, 256, 65536, INT32_MAX, INT32_MIN, INT64_MAX };
static const char *const ops[] = {
    "Add",
    "AvgPool",
    "BiasAdd",
    "Cast",
    "ConcatV2",
    "Conv2D",
    "DepthwiseConv2dNative",
    "FakeQuantWithMinMaxArgs",
    "FakeQuantWithMinMaxVars",
    "FakeQuantWithMinMaxVarsPerChannel",
    "Identity",
    "MatMul",
    "MaxPool",
    "Maximum",
    "Mean",
    "Mul",
    "Pad",
    "QuantizeAndDequantizeV2",
    "QuantizeAndDequantizeV3",
    "Relu",
    "Relu6",
    "Reshape",
    "Softmax",
    "Squeeze",
    "Sub",
    "Tanh",
    "Transpose",
};
static const char *const words[] = { "SAME", "VALID", "EXPLICIT", "NHWC", "NCHW", "HALF_UP", "" };
static const IoptDType types[] = { IOPT_F32, IOPT_F64, IOPT_I32, IOPT_I8, IOPT_U8, IOPT_BOOL };

static uint32_t state;

/* 0 .. count - 1 */
static size_t pick(size_t count)
{
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state % count;
}

#define PICK(array) ((array)[pick(IOPT_COUNT(array))])

static IoptStatus change_tensor(IoptNode *node, const IoptAttr *attr, IoptError *err)
{
    IoptTensor *tensor;

    IOPT_TRY(iopt_tensor_clone(attr->u.tensor, &tensor, err));
    IoptShape *const shape = &tensor->shape;
    const size_t elems = iopt_elems(tensor);
    const bool all = pick(4) == 0;

    if (shape->rank > 1 && pick(3) == 0) { /* another shape of as many elements */
        const size_t a = pick((size_t)shape->rank), b = pick((size_t)shape->rank);
        const int64_t size = shape->dim[a];
        shape->dim[a] = shape->dim[b];
        shape->dim[b] = size;
    } else if (tensor->dtype != IOPT_STRING) {
        const float value = PICK(odd_floats);
        for (size_t n = all ? elems : elems ? 1 : 0, i = all ? 0 : pick(elems + !elems); n--; i++)
            iopt_tensor_set_f64(tensor, i, (double)value);
    }
    return iopt_node_set_tensor(node, attr->name, tensor, err);
}

static IoptStatus change_ints(IoptNode *node, const IoptAttr *attr, IoptError *err)
{
    int64_t values[8];

    if (attr->count == 0 || attr->count > IOPT_COUNT(values))
        return IOPT_OK;
    memcpy(values, attr->u.ints, attr->count * sizeof values[0]);
    values[pick(attr->count)] = PICK(odd_ints);
    return iopt_node_set_ints(node, attr->name, values, attr->count, err);
}

static IoptStatus change_attr(IoptNode *node, IoptError *err)
{
    if (node->n_attrs == 0)
        return IOPT_OK;
    const IoptAttr attr = node->attrs[pick(node->n_attrs)];
    IoptShape shape = attr.u.shape;
    switch (attr.kind) {
    case IOPT_ATTR_INT: return iopt_node_set_int(node, attr.name, PICK(odd_ints), err);
    case IOPT_ATTR_FLOAT: return iopt_node_set_float(node, attr.name, PICK(odd_floats), err);
    case IOPT_ATTR_BOOL: return iopt_node_set_bool(node, attr.name, !attr.u.b, err);
    case IOPT_ATTR_TYPE: return iopt_node_set_type(node, attr.name, PICK(types), err);
    case IOPT_ATTR_STRING: return iopt_node_set_string(node, attr.name, PICK(words), err);
    case IOPT_ATTR_TENSOR: return change_tensor(node, &attr, err);
    case IOPT_ATTR_INTS: return change_ints(node, &attr, err);
    case IOPT_ATTR_SHAPE:
        if (shape.rank > 0)
            shape.dim[pick((size_t)shape.rank)] = (int64_t)pick(7) - 1;
        return iopt_node_set_shape(node, attr.name, &shape, err);
    default: iopt_node_remove_attr(node, attr.name); return IOPT_OK;
    }
}

/* A node between this one and what it reads. */
static IoptStatus insert(IoptNodeList *list, IoptListNode *reader, size_t slot, IoptError *err)
{
    static unsigned count;
    IoptListNode *node;
    char name[32];

    (void)snprintf(name, sizeof name, "new%u", count++);
    IOPT_TRY(iopt_list_add(list, name, PICK(ops), &node, err));
    IOPT_TRY(iopt_list_add_input(node, reader->inputs[slot], err));
    IOPT_TRY(iopt_node_set_type(node->node, "T", IOPT_F32, err));
    return iopt_list_set_input(reader, slot, name, err);
}

static IoptStatus mutate(IoptNodeList *list, IoptError *err)
{
    const size_t at = pick(list->n_nodes);
    IoptListNode *const node = list->nodes[at];
    const char *const earlier = list->nodes[pick(at + 1)]->node->name;
    const size_t slot = node->n_inputs ? pick(node->n_inputs) : 0;

    switch (pick(8)) {
    case 0: return iopt_list_set_op(node, PICK(ops), err);
    case 1:
    case 2: return node->n_inputs ? iopt_list_set_input(node, slot, earlier, err) : IOPT_OK;
    case 3: return node->n_inputs ? insert(list, node, slot, err) : IOPT_OK;
    case 4:
        return pick(2) || !node->n_inputs ? iopt_list_add_input(node, earlier, err)
                                          : (node->n_inputs--, IOPT_OK);
    default: return change_attr(node->node, err);
    }
}

/* The last node stays the last: its value is the output. */
static void put_last(IoptNodeList *list, size_t count)
{
    IoptListNode *const last = list->nodes[count - 1];

    list->nodes[count - 1] = list->nodes[list->n_nodes - 1];
    list->nodes[list->n_nodes - 1] = last;
}

static size_t mutate_bytes(IoptBuffer *file, uint8_t *data, size_t max_size)
{
    IoptNodeList *list;
    IoptText text = { 0 };
    size_t size = 0;
    IoptError err;

    if (iopt_graphdef_parse_list(file, &list, &err) != IOPT_OK)
        return 0;
    const size_t count = list->n_nodes;
    IoptStatus status = count ? IOPT_OK : IOPT_BAD_MODEL;
    for (size_t n = 1 + pick(3); n > 0 && status == IOPT_OK; n--)
        status = mutate(list, &err);
    if (status == IOPT_OK) {
        put_last(list, count);
        status = iopt_graphdef_append_list(list, &text, &err);
    }
    if (status == IOPT_OK && !text.failed && text.size > 0 && text.size <= max_size) {
        size = text.size;
        memcpy(data, text.s, size);
    }
    iopt_text_free(&text);
    iopt_list_destroy(list);
    return size;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    IoptBuffer *file;
    size_t made = 0;
    IoptError err;

    state = seed * 2654435761U | 1;
    if (seed % 4 && iopt_buffer_create(size, &file, &err) == IOPT_OK) {
        if (size)
            memcpy(iopt_buffer_data(file), data, size);
        made = mutate_bytes(file, data, max_size);
        iopt_buffer_unref(file);
    }
    return made ? made : LLVMFuzzerMutate(data, size, max_size);
}
