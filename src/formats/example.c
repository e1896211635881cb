/* tf.train.Example through protobuf-c and our own schema (proto/example.proto). */
#include "formats/example.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "example.pb-c.h"

struct IoptExample {
    Iopt__Example__Example *message;
};

IoptStatus iopt_example_parse(const void *data, size_t size, IoptExample **out, IoptError *err)
{
    void *block;

    *out = NULL;
    IOPT_TRY(iopt_alloc(&block, 1, sizeof(IoptExample), err));
    IoptExample *const example = block;
    example->message = iopt__example__example__unpack(NULL, size, data);
    if (!example->message) {
        free(example);
        return iopt_fail(err, IOPT_BAD_DATA, "not a tf.train.Example (%zu bytes)", size);
    }
    *out = example;
    return IOPT_OK;
}

void iopt_example_free(IoptExample *example)
{
    if (!example)
        return;
    iopt__example__example__free_unpacked(example->message, NULL);
    free(example);
}

/* A key that stands twice has its last value, as in every protobuf map. */
static const Iopt__Example__Feature *find(const IoptExample *example, const char *key)
{
    const Iopt__Example__Features *const all = example->message->features;

    for (size_t i = all ? all->n_feature : 0; i > 0; i--)
        if (strcmp(all->feature[i - 1]->key, key) == 0)
            return all->feature[i - 1]->value;
    return NULL;
}

bool iopt_example_bytes(const IoptExample *example, const char *key, IoptBytes *out)
{
    const Iopt__Example__Feature *const feature = find(example, key);

    if (!feature || feature->kind_case != IOPT__EXAMPLE__FEATURE__KIND_BYTES_LIST ||
        feature->bytes_list->n_value == 0)
        return false;
    const ProtobufCBinaryData *const value = &feature->bytes_list->value[0];
    *out = (IoptBytes){ value->data ? (const char *)value->data : "", value->len };
    return true;
}

bool iopt_example_int(const IoptExample *example, const char *key, int64_t *out)
{
    const Iopt__Example__Feature *const feature = find(example, key);

    if (!feature || feature->kind_case != IOPT__EXAMPLE__FEATURE__KIND_INT64_LIST ||
        feature->int64_list->n_value == 0)
        return false;
    *out = feature->int64_list->value[0];
    return true;
}

IoptExampleKeys iopt_example_keys(const IoptExample *example)
{
    const Iopt__Example__Features *const all = example->message->features;
    const size_t count = all ? all->n_feature : 0;
    IoptExampleKeys keys = { "none" };

    for (size_t i = 0, used = 0; i < count && used < sizeof keys.s; i++)
        used += (size_t)snprintf(keys.s + used, sizeof keys.s - used, "%s%s", i ? ", " : "",
                                 all->feature[i]->key);
    return keys;
}

/* The schema's structs borrow what they point to; nothing here is written through them. */
static unsigned char *borrow(const void *data)
{
    return (unsigned char *)(uintptr_t)data;
}

static char *borrow_text(const char *text)
{
    return (char *)(uintptr_t)text;
}

IoptStatus iopt_example_make(const void *image, size_t size, const int64_t *label, void **out,
                             size_t *out_size, IoptError *err)
{
    ProtobufCBinaryData bytes = { size, borrow(image) };
    int64_t number = label ? *label : 0;
    Iopt__Example__BytesList images = IOPT__EXAMPLE__BYTES_LIST__INIT;
    Iopt__Example__Int64List labels = IOPT__EXAMPLE__INT64_LIST__INIT;
    Iopt__Example__Feature values[2] = { IOPT__EXAMPLE__FEATURE__INIT,
                                         IOPT__EXAMPLE__FEATURE__INIT };
    Iopt__Example__FeatureEntry entries[2];
    Iopt__Example__FeatureEntry *list[2] = { &entries[0], &entries[1] };
    Iopt__Example__Features features = IOPT__EXAMPLE__FEATURES__INIT;
    Iopt__Example__Example example = IOPT__EXAMPLE__EXAMPLE__INIT;

    images.n_value = 1;
    images.value = &bytes;
    labels.n_value = 1;
    labels.value = &number;
    values[0].kind_case = IOPT__EXAMPLE__FEATURE__KIND_BYTES_LIST;
    values[0].bytes_list = &images;
    values[1].kind_case = IOPT__EXAMPLE__FEATURE__KIND_INT64_LIST;
    values[1].int64_list = &labels;
    for (size_t i = 0; i < 2; i++) {
        iopt__example__feature_entry__init(&entries[i]);
        entries[i].value = &values[i];
    }
    entries[0].key = borrow_text("image/encoded");
    entries[1].key = borrow_text("image/class/label");
    features.n_feature = label ? 2 : 1;
    features.feature = list;
    example.features = &features;
    *out_size = iopt__example__example__get_packed_size(&example);
    IOPT_TRY(iopt_alloc(out, *out_size, 1, err));
    (void)iopt__example__example__pack(&example, *out);
    return IOPT_OK;
}
