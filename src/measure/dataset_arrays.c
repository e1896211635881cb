/* Arrays as a data set: images of rank 3 or 4, labels of rank 1, from .npy files or a .npz.
 *
 * In an archive with several of each the names decide, a test set before a training set.
 */
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "base/memory.h"
#include "formats/npy.h"
#include "formats/npz.h"
#include "measure/dataset_source.h"
#include "platform/file.h"
#include "tensor/tensor.h"

static const char *const image_names[] = { "x_test", "images", "x", "data", "arr_0", "x_train" };
static const char *const label_names[] = { "y_test", "labels", "y", "label", "arr_1", "y_train" };

typedef struct Arrays {
    IoptSource base;
    char *path;         /* of the images, for messages */
    IoptNpz *npz;       /* keeps its stored members */
    IoptBuffer *file;   /* keeps what `images` looks at */
    IoptTensor *copy;   /* the same, where the file's order had to be turned; else NULL */
    IoptTensor *labels; /* NULL: none */
    IoptDType dtype;
    IoptShape item; /* [H,W,C] */
    const unsigned char *images;
    size_t item_bytes, count, at;
} Arrays;

static Arrays *arrays_of(IoptSource *source)
{
    return (Arrays *)(void *)source;
}

static IoptStatus next(IoptSource *source, IoptDataItem *item, bool *more, IoptError *err)
{
    Arrays *const arrays = arrays_of(source);

    *more = arrays->at < arrays->count;
    if (!*more)
        return IOPT_OK;
    const size_t at = arrays->at++;
    IOPT_TRY(iopt_source_name(source, item, err, "%s[%zu]", arrays->path, at));
    item->array =
        (IoptTensor){ .dtype = arrays->dtype,
                      .shape = arrays->item,
                      .data = (void *)(uintptr_t)(arrays->images + at * arrays->item_bytes),
                      .bytes = arrays->item_bytes };
    item->has_label = arrays->labels != NULL;
    if (arrays->labels)
        item->label = iopt_tensor_get_i64(arrays->labels, at);
    return IOPT_OK;
}

static IoptStatus rewind_arrays(IoptSource *source, IoptError *err)
{
    (void)err;
    arrays_of(source)->at = 0;
    return IOPT_OK;
}

static void destroy(IoptSource *source)
{
    Arrays *const arrays = arrays_of(source);

    iopt_buffer_unref(arrays->file);
    iopt_npz_close(arrays->npz);
    iopt_tensor_destroy(arrays->copy);
    iopt_tensor_destroy(arrays->labels);
    free(arrays->path);
    iopt_source_free(source);
}

static bool are_images(const IoptNpyView *view)
{
    return (view->shape.rank == 3 || view->shape.rank == 4) &&
           (view->dtype == IOPT_U8 || view->dtype == IOPT_F32);
}

static bool are_labels(const IoptNpyView *view)
{
    const bool column = view->shape.rank == 2 && view->shape.dim[1] == 1;
    return (view->shape.rank == 1 || column) && iopt_dtype_is_integer(view->dtype);
}

static IoptStatus set_images(Arrays *arrays, IoptBuffer *bytes, const IoptNpyView *view,
                             IoptError *err)
{
    const int64_t *const dim = view->shape.dim;
    const int64_t item[3] = { dim[1], dim[2], view->shape.rank == 4 ? dim[3] : 1 };

    for (int i = 0; i < view->shape.rank; i++)
        if (dim[i] < 1)
            return iopt_fail(err, IOPT_BAD_DATA, "there are no images in %s",
                             iopt_shape_text(&view->shape).s);
    arrays->dtype = view->dtype;
    arrays->item = iopt_shape(3, item);
    arrays->count = (size_t)dim[0];
    arrays->item_bytes = view->elems / arrays->count * view->item_bytes;
    if (view->fortran_order || view->big_endian) {
        IOPT_TRY(iopt_npy_parse(iopt_buffer_data(bytes), iopt_buffer_bytes(bytes), IOPT_DTYPE_NONE,
                                &arrays->copy, err));
        arrays->images = arrays->copy->data;
    } else {
        arrays->images = view->data;
        arrays->file = iopt_buffer_ref(bytes);
    }
    return IOPT_OK;
}

/* Takes an array as images or as labels, whichever it can be and is still missing. */
static IoptStatus take_array(Arrays *arrays, IoptBuffer *bytes, IoptError *err)
{
    IoptNpyView view;

    IOPT_TRY(iopt_npy_view(iopt_buffer_data(bytes), iopt_buffer_bytes(bytes), &view, err));
    if (!arrays->images && are_images(&view))
        return set_images(arrays, bytes, &view, err);
    if (!arrays->labels && are_labels(&view))
        return iopt_npy_parse(iopt_buffer_data(bytes), iopt_buffer_bytes(bytes), IOPT_DTYPE_NONE,
                              &arrays->labels, err);
    return iopt_fail(err, IOPT_BAD_DATA,
                     "want images [N,H,W,C] or [N,H,W] of uint8 or float, and labels [N] of whole "
                     "numbers; got %s%s",
                     iopt_dtype_name(view.dtype), iopt_shape_text(&view.shape).s);
}

static IoptStatus take_file(Arrays *arrays, const char *path, IoptError *err)
{
    IoptBuffer *bytes;

    IOPT_TRY(iopt_file_map(path, &bytes, err));
    const IoptStatus status = take_array(arrays, bytes, err);
    iopt_buffer_unref(bytes);
    return iopt_while(err, status, "'%s'", path);
}

/* The first array with one of the names; else the first that looks right; else SIZE_MAX. */
static IoptStatus choose_member(const Arrays *arrays, const char *const *names, size_t count,
                                bool (*fits)(const IoptNpyView *view), size_t *out, IoptError *err)
{
    for (size_t i = 0; i < count; i++) {
        *out = iopt_npz_find(arrays->npz, names[i]);
        if (*out != SIZE_MAX)
            return IOPT_OK;
    }
    for (size_t i = 0; i < iopt_npz_count(arrays->npz); i++) {
        IoptBuffer *bytes;
        IoptNpyView view;
        IOPT_TRY(iopt_npz_bytes(arrays->npz, i, &bytes, err));
        const bool good = iopt_npy_view(iopt_buffer_data(bytes), iopt_buffer_bytes(bytes), &view,
                                        NULL) == IOPT_OK &&
                          fits(&view);
        iopt_buffer_unref(bytes);
        if (good) {
            *out = i;
            return IOPT_OK;
        }
    }
    return IOPT_OK;
}

static IoptStatus take_member(Arrays *arrays, size_t index, IoptError *err)
{
    IoptBuffer *bytes;

    IOPT_TRY(iopt_npz_bytes(arrays->npz, index, &bytes, err));
    const IoptStatus status = take_array(arrays, bytes, err);
    iopt_buffer_unref(bytes);
    return iopt_while(err, status, "'%s': array '%s'", arrays->path,
                      iopt_npz_name(arrays->npz, index));
}

static IoptStatus take_archive(Arrays *arrays, const char *path, IoptError *err)
{
    size_t images, labels;

    IOPT_TRY(iopt_npz_open(path, &arrays->npz, err));
    IOPT_TRY(choose_member(arrays, image_names, IOPT_COUNT(image_names), are_images, &images, err));
    IOPT_TRY(choose_member(arrays, label_names, IOPT_COUNT(label_names), are_labels, &labels, err));
    if (images != SIZE_MAX)
        IOPT_TRY(take_member(arrays, images, err));
    return labels != SIZE_MAX ? take_member(arrays, labels, err) : IOPT_OK;
}

static IoptStatus check_pair(Arrays *arrays, IoptError *err)
{
    IoptSource *const source = &arrays->base;

    if (!arrays->images)
        return iopt_fail(err, IOPT_BAD_DATA,
                         "'%s': there are no images; want an array [N,H,W,C] or [N,H,W] of uint8 "
                         "or float",
                         arrays->path);
    source->count = arrays->count;
    if (!arrays->labels)
        return IOPT_OK;
    if (iopt_elems(arrays->labels) != arrays->count)
        return iopt_fail(err, IOPT_BAD_DATA, "'%s': %zu images, but %zu labels", arrays->path,
                         arrays->count, iopt_elems(arrays->labels));
    for (size_t i = 0; i < arrays->count; i++)
        iopt_source_see_label(source, iopt_tensor_get_i64(arrays->labels, i));
    return IOPT_OK;
}

IoptStatus iopt_source_arrays(char *const *paths, size_t count, const char *labels_file,
                              IoptSource **out, IoptError *err)
{
    static const IoptSourceType type = { next, rewind_arrays, destroy };
    IoptStatus status;
    IoptBuffer *file;
    void *block;

    *out = NULL;
    IOPT_TRY(iopt_alloc(&block, 1, sizeof(Arrays), err));
    Arrays *const arrays = block;
    arrays->base.type = &type;
    arrays->path = strdup(paths[0]);
    if (!arrays->path) {
        status = iopt_fail_memory(err, strlen(paths[0]));
        goto done;
    }
    for (size_t i = 0; i < count; i++) {
        IOPT_DO(iopt_file_map(paths[i], &file, err));
        const bool zip =
            iopt_buffer_bytes(file) >= 4 && memcmp(iopt_buffer_data(file), "PK\x03\x04", 4) == 0;
        iopt_buffer_unref(file);
        if (zip && count > 1) {
            status = iopt_fail(err, IOPT_BAD_DATA, "'%s': one .npz at a time", paths[i]);
            goto done;
        }
        IOPT_DO(zip ? take_archive(arrays, paths[i], err) : take_file(arrays, paths[i], err));
    }
    if (labels_file)
        IOPT_DO(take_file(arrays, labels_file, err));
    IOPT_DO(check_pair(arrays, err));
    (void)snprintf(arrays->base.kind, sizeof arrays->base.kind, "arrays: %zu %s images %s",
                   arrays->count, iopt_dtype_name(arrays->dtype), iopt_shape_text(&arrays->item).s);
    *out = &arrays->base;
    return IOPT_OK;
done:
    destroy(&arrays->base);
    return status;
}
