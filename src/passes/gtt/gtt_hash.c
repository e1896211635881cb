/* TensorFlow's Hash64 (a 64-bit Murmur hash) and how the Graph Transform Tool hashes a node. */
#include "passes/gtt/gtt_hash.h"

#include "formats/attr_value.h"
#include "passes/gtt/gtt_names.h"

static const uint64_t multiplier = UINT64_C(0xc6a4a7935bd1e995);
static const uint64_t seed = UINT64_C(0xDECAFCAFFE);

static uint64_t read_word(const unsigned char *bytes, size_t size)
{
    uint64_t word = 0;

    for (size_t i = 0; i < size; i++)
        word |= (uint64_t)bytes[i] << 8 * i;
    return word;
}

uint64_t iopt_gtt_hash_bytes(const void *bytes, size_t size)
{
    const unsigned char *at = bytes;
    uint64_t hash = seed ^ (size * multiplier);

    for (; size >= 8; at += 8, size -= 8) {
        uint64_t word = read_word(at, 8);
        word *= multiplier;
        word ^= word >> 47;
        word *= multiplier;
        hash = (hash ^ word) * multiplier;
    }
    if (size)
        hash = (hash ^ read_word(at, size)) * multiplier;
    hash ^= hash >> 47;
    hash *= multiplier;
    return hash ^ hash >> 47;
}

static uint64_t combine(uint64_t a, uint64_t b)
{
    return a ^ (b + UINT64_C(0x9e3779b97f4a7800) + (a << 10) + (a >> 4));
}

static void add_text(uint64_t *hash, const char *text)
{
    *hash = combine(*hash, iopt_gtt_hash_bytes(text, strlen(text)));
}

static IoptStatus add_input(uint64_t *hash, const char *input, IoptText *scratch, IoptError *err)
{
    const IoptGttName name = iopt_gtt_split(input);

    scratch->size = 0;
    iopt_text_printf(scratch, "%s%.*s%.*s", name.control ? "^" : "", (int)name.node.size,
                     name.node.data, name.suffix.size ? (int)name.suffix.size : 2,
                     name.suffix.size ? name.suffix.data : ":0");
    if (scratch->failed)
        return iopt_fail_memory(err, strlen(input));
    *hash = combine(*hash, iopt_gtt_hash_bytes(scratch->s, scratch->size));
    return IOPT_OK;
}

static IoptStatus add_attr(uint64_t *hash, const IoptAttr *attr, IoptText *scratch, IoptError *err)
{
    IoptBytes tail;

    scratch->size = 0;
    IOPT_TRY(iopt_attr_encode(attr, scratch, &tail, err));
    IoptBytes value = tail;
    if (scratch->size) { /* not as it came from a file: two parts */
        iopt_text_append(scratch, tail.data, tail.size);
        value = (IoptBytes){ scratch->s, scratch->size };
    }
    if (scratch->failed)
        return iopt_fail_memory(err, tail.size);
    *hash = combine(*hash, iopt_gtt_hash_bytes(value.data, value.size));
    return IOPT_OK;
}

IoptStatus iopt_gtt_hash_node(const IoptListNode *node, const char *name, uint64_t *out,
                              IoptError *err)
{
    IoptStatus status = IOPT_OK;
    IoptText scratch = { 0 };
    uint64_t hash = iopt_gtt_hash_bytes(node->node->op, strlen(node->node->op));

    add_text(&hash, name);
    for (size_t i = 0; i < node->n_inputs; i++)
        IOPT_DO(add_input(&hash, node->inputs[i], &scratch, err));
    add_text(&hash, node->node->device);
    for (size_t i = 0; i < node->node->n_attrs; i++)
        IOPT_DO(add_attr(&hash, &node->node->attrs[i], &scratch, err));
    *out = hash;
done:
    iopt_text_free(&scratch);
    return status;
}
