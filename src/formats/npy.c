/* .npy arrays to tensors and back. */
#include "formats/npy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "base/memory.h"
#include "platform/file.h"
#include "tensor/tensor.h"

/* Types whose elements a file holds under another name, and numpy's name of every type. */
static const struct {
    IoptDType dtype, stored;
    const char *descr;
} types[] = {
    { IOPT_F16, IOPT_F16, "<f2" },  { IOPT_F32, IOPT_F32, "<f4" },
    { IOPT_F64, IOPT_F64, "<f8" },  { IOPT_I8, IOPT_I8, "|i1" },
    { IOPT_I16, IOPT_I16, "<i2" },  { IOPT_I32, IOPT_I32, "<i4" },
    { IOPT_I64, IOPT_I64, "<i8" },  { IOPT_U8, IOPT_U8, "|u1" },
    { IOPT_U16, IOPT_U16, "<u2" },  { IOPT_U32, IOPT_U32, "<u4" },
    { IOPT_U64, IOPT_U64, "<u8" },  { IOPT_BOOL, IOPT_BOOL, "|b1" },
    { IOPT_C64, IOPT_C64, "<c8" },  { IOPT_C128, IOPT_C128, "<c16" },
    { IOPT_QI8, IOPT_I8, "|i1" },   { IOPT_QU8, IOPT_U8, "|u1" },
    { IOPT_QI16, IOPT_I16, "<i2" }, { IOPT_QU16, IOPT_U16, "<u2" },
    { IOPT_QI32, IOPT_I32, "<i4" }, { IOPT_BF16, IOPT_U16, "<u2" },
};

static IoptStatus choose_type(const IoptNpyView *view, IoptDType want, IoptDType *out,
                              IoptError *err)
{
    *out = view->dtype;
    if (want == IOPT_DTYPE_NONE || want == view->dtype)
        return IOPT_OK;
    for (size_t i = 0; i < IOPT_COUNT(types); i++)
        if (types[i].dtype == want && types[i].stored == view->dtype) {
            *out = want;
            return IOPT_OK;
        }
    return iopt_fail(err, IOPT_BAD_DATA, "want %s, got %s%s", iopt_dtype_name(want),
                     iopt_dtype_name(view->dtype), iopt_shape_text(&view->shape).s);
}

static void copy_reversed(unsigned char *to, const unsigned char *from, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        to[i] = from[bytes - 1 - i];
}

/* One element, in this machine's byte order (complex numbers are two). */
static void copy_item(unsigned char *to, const unsigned char *from, const IoptNpyView *view)
{
    const size_t bytes = view->item_bytes;

    if (!view->big_endian) {
        memcpy(to, from, bytes);
    } else if (view->dtype == IOPT_C64 || view->dtype == IOPT_C128) {
        copy_reversed(to, from, bytes / 2);
        copy_reversed(to + bytes / 2, from + bytes / 2, bytes / 2);
    } else {
        copy_reversed(to, from, bytes);
    }
}

/* Walks the file's elements in their order and puts each to its place in C order. */
static void copy_items(unsigned char *to, const IoptNpyView *view)
{
    const unsigned char *from = view->data;
    const int rank = view->shape.rank;
    int64_t at[IOPT_MAX_RANK] = { 0 }, strides[IOPT_MAX_RANK];

    if (!view->fortran_order && !view->big_endian) {
        if (view->elems)
            memcpy(to, from, view->elems * view->item_bytes);
        return;
    }
    iopt_shape_strides(&view->shape, strides);
    for (size_t i = 0; i < view->elems; i++, from += view->item_bytes) {
        size_t place = i;
        if (view->fortran_order) {
            place = 0;
            for (int d = 0; d < rank; d++)
                place += (size_t)(at[d] * strides[d]);
            for (int d = 0; d < rank && ++at[d] == view->shape.dim[d]; d++)
                at[d] = 0;
        }
        copy_item(to + place * view->item_bytes, from, view);
    }
}

/* An array's strings are padded with zero bytes; a lone one has the width that it has. */
static size_t string_size(const char *data, const IoptNpyView *view)
{
    size_t size = view->item_bytes;

    if (view->shape.rank == 0)
        return size == 1 && data[0] == 0 ? 0 : size;
    while (size > 0 && data[size - 1] == 0)
        size--;
    return size;
}

static IoptStatus make_strings(const IoptNpyView *view, IoptTensor **out, IoptError *err)
{
    void *plain = NULL, *block = NULL;
    IoptStatus status;

    IOPT_DO(iopt_alloc(&plain, view->elems, view->item_bytes, err));
    IOPT_DO(iopt_alloc(&block, view->elems, sizeof(IoptBytes), err));
    copy_items(plain, view);
    IoptBytes *const elems = block;
    for (size_t i = 0; i < view->elems; i++) {
        elems[i].data = (const char *)plain + i * view->item_bytes;
        elems[i].size = string_size(elems[i].data, view);
    }
    IOPT_DO(iopt_tensor_strings(&view->shape, elems, view->elems, out, err));
done:
    free(plain);
    free(block);
    return status;
}

IoptStatus iopt_npy_parse(const void *bytes, size_t size, IoptDType want, IoptTensor **out,
                          IoptError *err)
{
    IoptNpyView view;
    IoptDType dtype;

    *out = NULL;
    IOPT_TRY(iopt_npy_view(bytes, size, &view, err));
    IOPT_TRY(choose_type(&view, want, &dtype, err));
    if (dtype == IOPT_STRING)
        return make_strings(&view, out, err);
    IOPT_TRY(iopt_tensor_create(dtype, &view.shape, out, err));
    unsigned char *const data = (*out)->data;
    copy_items(data, &view);
    if (dtype == IOPT_BOOL) /* whatever the file holds, a bool is 0 or 1 */
        for (size_t i = 0; i < view.elems; i++)
            data[i] = data[i] != 0;
    return IOPT_OK;
}

IoptStatus iopt_npy_read(const char *path, IoptDType want, IoptTensor **out, IoptError *err)
{
    IoptBuffer *file;

    *out = NULL;
    IOPT_TRY(iopt_file_map(path, &file, err));
    const IoptStatus status =
        iopt_npy_parse(iopt_buffer_data(file), iopt_buffer_bytes(file), want, out, err);
    iopt_buffer_unref(file);
    return iopt_while(err, status, "'%s'", path);
}

static size_t longest_string(const IoptTensor *tensor)
{
    const IoptBytes *const elems = tensor->data;
    size_t longest = 1;

    for (size_t i = 0; i < iopt_elems(tensor); i++)
        if (elems[i].size > longest)
            longest = elems[i].size;
    return longest;
}

static IoptStatus numpy_type(const IoptTensor *tensor, char *descr, size_t size, IoptError *err)
{
    if (tensor->dtype == IOPT_STRING) {
        (void)snprintf(descr, size, "|S%zu", longest_string(tensor));
        return IOPT_OK;
    }
    for (size_t i = 0; i < IOPT_COUNT(types); i++)
        if (types[i].dtype == tensor->dtype) {
            (void)snprintf(descr, size, "%s", types[i].descr);
            return IOPT_OK;
        }
    return iopt_fail(err, IOPT_UNSUPPORTED, "a tensor of type %s cannot be written as .npy",
                     iopt_dtype_name(tensor->dtype));
}

static IoptStatus write_header(IoptOutput *output, const IoptTensor *tensor, IoptError *err)
{
    enum { START = 10, ALIGN = 64 };
    char descr[32], dims[IOPT_MAX_RANK * 22 + 2] = "", header[512];
    unsigned char start[START] = "\x93NUMPY\x01";
    size_t used = 0;

    IOPT_TRY(numpy_type(tensor, descr, sizeof descr, err));
    for (int i = 0; i < tensor->shape.rank; i++)
        used += (size_t)snprintf(dims + used, sizeof dims - used, "%lld,%s",
                                 (long long)tensor->shape.dim[i],
                                 i + 1 < tensor->shape.rank ? " " : "");
    if (tensor->shape.rank > 1)
        dims[used - 1] = 0; /* numpy writes a comma at the end of one dimension only */
    (void)snprintf(header, sizeof header,
                   "{'descr': '%s', 'fortran_order': False, 'shape': (%s), }", descr, dims);
    /* The header ends with a newline, and the elements begin at a multiple of 64 bytes. */
    const size_t text = strlen(header);
    const size_t total = (START + text + 1 + ALIGN - 1) / ALIGN * ALIGN, length = total - START;
    memset(header + text, ' ', length - text - 1);
    header[length - 1] = '\n';
    start[8] = (unsigned char)(length & 255);
    start[9] = (unsigned char)(length >> 8);
    IOPT_TRY(iopt_output_write(output, start, sizeof start, err));
    return iopt_output_write(output, header, length, err);
}

static IoptStatus write_strings(IoptOutput *output, const IoptTensor *tensor, IoptError *err)
{
    const IoptBytes *const elems = tensor->data;
    const size_t width = longest_string(tensor);
    IoptStatus status = IOPT_OK;
    void *item;

    IOPT_TRY(iopt_alloc(&item, width, 1, err));
    for (size_t i = 0; status == IOPT_OK && i < iopt_elems(tensor); i++) {
        memset(item, 0, width);
        if (elems[i].size)
            memcpy(item, elems[i].data, elems[i].size);
        status = iopt_output_write(output, item, width, err);
    }
    free(item);
    return status;
}

IoptStatus iopt_npy_write(const char *path, const IoptTensor *tensor, IoptError *err)
{
    IoptOutput *output;
    IoptStatus status;

    IOPT_TRY(iopt_output_open(path, &output, err));
    IOPT_DO(write_header(output, tensor, err));
    if (tensor->dtype == IOPT_STRING)
        IOPT_DO(write_strings(output, tensor, err));
    else
        IOPT_DO(iopt_output_write(output, tensor->data, tensor->bytes, err));
    return iopt_output_commit(output, err);
done:
    iopt_output_abandon(output);
    return status;
}
