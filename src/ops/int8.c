/* Attributes of ops on codes, read and written. */
#include "ops/int8.h"

#include <math.h>
#include <stdio.h>

IoptS8Out iopt_int8_type(IoptDType dtype)
{
    return dtype == IOPT_QU8    ? IOPT_S8_OUT_U8
           : dtype == IOPT_QU16 ? IOPT_S8_OUT_U16
                                : IOPT_S8_OUT_F32;
}

typedef struct AttrName {
    char s[16];
} AttrName;

static AttrName attr_name(char which, const char *what)
{
    AttrName name;

    (void)snprintf(name.s, sizeof name.s, "%c_%s", which, what);
    return name;
}

IoptS8In iopt_int8_in(const IoptNode *node, char which, IoptDType dtype)
{
    return (IoptS8In){
        .type = iopt_int8_type(dtype),
        .zero = (int32_t)iopt_attr_int(node, attr_name(which, "zero").s, 0),
        .scale = iopt_attr_float(node, attr_name(which, "scale").s, 1),
    };
}

IoptS8End iopt_int8_end(const IoptNode *node)
{
    return (IoptS8End){
        .type = iopt_int8_type(iopt_attr_type(node, "y_type", IOPT_F32)),
        .lo = iopt_attr_float(node, "y_lo", -INFINITY),
        .hi = iopt_attr_float(node, "y_hi", INFINITY),
        .zero = (int32_t)iopt_attr_int(node, "y_zero", 0),
    };
}

IoptStatus iopt_int8_set_in(IoptNode *node, char which, const IoptS8In *in, IoptError *err)
{
    IOPT_TRY(iopt_node_set_int(node, attr_name(which, "zero").s, in->zero, err));
    return iopt_node_set_float(node, attr_name(which, "scale").s, in->scale, err);
}

IoptStatus iopt_int8_set_end(IoptNode *node, const IoptS8End *end, IoptError *err)
{
    const IoptDType type = end->type == IOPT_S8_OUT_U8    ? IOPT_QU8
                           : end->type == IOPT_S8_OUT_U16 ? IOPT_QU16
                                                          : IOPT_F32;

    IOPT_TRY(iopt_node_set_type(node, "y_type", type, err));
    IOPT_TRY(iopt_node_set_float(node, "y_lo", end->lo, err));
    IOPT_TRY(iopt_node_set_float(node, "y_hi", end->hi, err));
    return iopt_node_set_int(node, "y_zero", end->zero, err);
}

IoptFact iopt_int8_fact(const IoptNode *node, IoptShape shape)
{
    return iopt_fact(iopt_attr_type(node, "y_type", IOPT_F32), shape);
}

size_t iopt_int8_filter_zero_slot(const IoptNode *node)
{
    return iopt_attr_bool(node, "filter_zero", false) ? 4 : 0;
}

size_t iopt_int8_residual_slot(const IoptNode *node)
{
    if (!iopt_attr_bool(node, "residual", false))
        return 0;
    return iopt_attr_bool(node, "filter_zero", false) ? 5 : 4;
}
