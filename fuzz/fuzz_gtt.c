/* Graph transforms: "inputs\noutputs\ntransforms" up to a zero, then the bytes of a GraphDef.
 * Without a zero only the transform string is parsed. */
#include <stdlib.h>
#include <string.h>

#include "formats/graphdef.h"
#include "fuzz_input.h"
#include "passes/gtt/gtt_driver.h"

enum { MAX_NAMES = 8, MAX_CALLS = 6 };

static IoptNodeList *parse(const void *data, size_t size)
{
    IoptBuffer *buffer;
    IoptNodeList *list = NULL;

    if (iopt_buffer_create(size, &buffer, NULL) != IOPT_OK)
        return NULL;
    if (size)
        memcpy(iopt_buffer_data(buffer), data, size);
    const IoptStatus status = iopt_graphdef_parse_list(buffer, &list, NULL);
    iopt_buffer_unref(buffer);
    return status == IOPT_OK ? list : NULL;
}

/* Cuts a line off the text and its names apart, in place. */
static size_t read_names(char **text, const char **names)
{
    size_t n = 0;
    char *at = *text, *const end = strchr(at, '\n');

    *text = end ? end + 1 : at + strlen(at);
    if (end)
        *end = 0;
    for (; *at && n < MAX_NAMES; n++) {
        names[n] = at;
        at += strcspn(at, ",");
        if (*at)
            *at++ = 0;
    }
    return n;
}

/* Whether flatten_atrous_conv would make a filter of gigabytes, which takes its time. */
static bool would_swell(const IoptNodeList *list)
{
    for (size_t i = 0; i < list->n_nodes; i++) {
        const IoptTensor *const value = iopt_const_mapped(list->nodes[i]->node);
        for (size_t k = 0; value && value->dtype == IOPT_I32 && k < iopt_elems(value); k++)
            if (iopt_tensor_get_i64(value, k) > 64)
                return true;
    }
    return false;
}

static void run(const IoptNodeList *list, const IoptGttCalls *calls,
                const IoptTransformContext *context)
{
    IoptNodeList *out;
    IoptText written = { 0 };
    IoptError err;

    if (iopt_gtt_run(list, calls, context, &out, &err) != IOPT_OK)
        return;
    if (iopt_graphdef_append_list(out, &written, &err) == IOPT_OK) {
        IoptNodeList *const again = parse(written.s, written.size);
        if (!again || again->n_nodes != out->n_nodes)
            abort(); /* what we write we can read */
        iopt_list_destroy(again);
    }
    iopt_text_free(&written);
    iopt_list_destroy(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *inputs[MAX_NAMES], *outputs[MAX_NAMES];
    const uint8_t *const zero = size ? memchr(data, 0, size) : NULL;
    const size_t text_size = zero ? (size_t)(zero - data) : size;
    char *const block = calloc(text_size + 1, 1), *text = block;
    IoptTransformContext context = { .inputs = inputs, .outputs = outputs };
    IoptGttCalls calls;

    if (!block)
        return 0;
    if (text_size)
        memcpy(block, data, text_size);
    context.n_inputs = read_names(&text, inputs);
    context.n_outputs = read_names(&text, outputs);
    if (iopt_gtt_parse(text, &calls, NULL) == IOPT_OK) {
        IoptNodeList *const list =
            zero && calls.n <= MAX_CALLS ? parse(zero + 1, size - text_size - 1) : NULL;
        if (list && !(strstr(text, "flatten") && would_swell(list))) {
            run(list, &calls, &context);
            context.strict_compat = true;
            run(list, &calls, &context);
        }
        iopt_list_destroy(list);
        iopt_gtt_calls_free(&calls);
    }
    free(block);
    return 0;
}
