/* What kind of file this is, and loading it. */
#include "formats/model_file.h"

#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "formats/graphdef.h"
#include "formats/pbtxt.h"
#include "formats/pbtxt_token.h"
#include "platform/file.h"

enum { LOOK_BYTES = 4096 }; /* how much of a file tells what it is */

/* Files that people hand over by mistake. */
typedef struct Stranger {
    size_t at;
    const char *magic;
    size_t size;
    const char *what;
} Stranger;

#define MAGIC(at, bytes, what)             \
    {                                      \
        at, bytes, sizeof(bytes) - 1, what \
    }

static const Stranger strangers[] = {
    MAGIC(0, "version https://git-lfs",
          "is a Git LFS pointer, not the model: fetch it with 'git lfs pull'"),
    MAGIC(4, "TFL3", "is a TensorFlow Lite model: give the TensorFlow graph that it was made from"),
    MAGIC(0, "\x89HDF\r\n\x1a\n",
          "is a Keras HDF5 file: load it in Keras, save it as a SavedModel and freeze that"),
    MAGIC(0, "PK\x03\x04",
          "is a zip archive (.keras or PyTorch): export a frozen TensorFlow graph from it"),
    MAGIC(0, "\x1f\x8b", "is compressed: unpack it with gunzip (or tar xzf)"),
    MAGIC(0, "BZh", "is compressed: unpack it with bunzip2"),
    MAGIC(0, "\xfd\x37zXZ", "is compressed: unpack it with unxz"),
    MAGIC(257, "ustar", "is a tar archive: unpack it with tar"),
    MAGIC(0, "GIF8", "is a GIF image, not a graph"),
    MAGIC(0, "\x89PNG", "is a PNG image, not a graph"),
    MAGIC(0, "\xff\xd8\xff", "is a JPEG image, not a graph"),
    MAGIC(0, "\x93NUMPY", "is a NumPy array, not a graph"),
    MAGIC(0, "\x7f\x45LF", "is a program, not a graph"),
    MAGIC(0, "%PDF", "is a PDF document, not a graph"),
};

static IoptStatus refuse_strangers(const char *name, IoptBytes bytes, IoptError *err)
{
    for (size_t i = 0; i < IOPT_COUNT(strangers); i++) {
        const Stranger *const s = &strangers[i];
        if (bytes.size >= s->at + s->size && memcmp(bytes.data + s->at, s->magic, s->size) == 0)
            return iopt_fail(err, IOPT_BAD_MODEL, "'%s' %s", name, s->what);
    }
    return IOPT_OK;
}

/* --- text ---------------------------------------------------------------------------------- */

static bool is_text(IoptBytes bytes)
{
    for (size_t i = 0; i < bytes.size && i < LOOK_BYTES; i++) {
        const unsigned char c = (unsigned char)bytes.data[i];
        if ((c < ' ' && !(c >= '\t' && c <= '\r')) || c == 0x7f)
            return false;
    }
    return true;
}

static bool token_equals(const IoptToken *token, const char *word)
{
    return token->text.size == strlen(word) &&
           memcmp(token->text.data, word, token->text.size) == 0;
}

/* The first field tells the message. */
static IoptStatus recognize_text(const char *name, IoptBytes bytes, IoptModelForm *out,
                                 IoptError *err)
{
    static const struct {
        const char *field;
        IoptModelForm form;
    } fields[] = {
        { "node", IOPT_MODEL_PBTXT },
        { "library", IOPT_MODEL_PBTXT },
        { "versions", IOPT_MODEL_PBTXT },
        { "version", IOPT_MODEL_PBTXT },
        { "saved_model_schema_version", IOPT_MODEL_SAVED_MODEL },
        { "meta_graphs", IOPT_MODEL_SAVED_MODEL },
        { "meta_info_def", IOPT_MODEL_META },
        { "graph_def", IOPT_MODEL_META },
        { "saver_def", IOPT_MODEL_META },
        { "collection_def", IOPT_MODEL_META },
    };
    const char *at = bytes.data;

    const IoptToken first = iopt_token_next(&at, bytes.data + bytes.size);
    if (iopt_token_is(&first, '<'))
        return iopt_fail(err, IOPT_BAD_MODEL,
                         "'%s' is an HTML page, not a graph: the download went wrong", name);
    for (size_t i = 0; i < IOPT_COUNT(fields); i++)
        if (token_equals(&first, fields[i].field)) {
            *out = fields[i].form;
            return IOPT_OK;
        }
    if (token_equals(&first, "ir_version"))
        return iopt_fail(err, IOPT_BAD_MODEL, "'%s' is an ONNX model, not a TensorFlow graph",
                         name);
    if (token_equals(&first, "model_checkpoint_path"))
        return iopt_fail(err, IOPT_BAD_MODEL,
                         "'%s' is the list of a directory's checkpoints, not a graph", name);
    return iopt_fail(err, IOPT_BAD_MODEL, "'%s' is a text, but no graph: it begins with '%.*s'",
                     name, first.text.size < 40 ? (int)first.text.size : 40, first.text.data);
}

/* --- protocol buffers ---------------------------------------------------------------------- */

/* Which fields stand at the top, by number and wire type. */
typedef struct Fields {
    uint32_t varints, lengths; /* bit n: field n occurs */
    IoptBytes first;           /* field 1, if it is a message */
    bool broken;
} Fields;

static Fields look(IoptBytes bytes)
{
    IoptWire wire = iopt_wire(bytes);
    IoptWireField field;
    Fields fields = { 0 };

    while (iopt_wire_next(&wire, &field)) {
        if (field.number >= 32)
            continue;
        if (field.type == IOPT_WIRE_VARINT)
            fields.varints |= 1U << field.number;
        if (field.type == IOPT_WIRE_LENGTH)
            fields.lengths |= 1U << field.number;
        if (iopt_wire_is(&field, 1, IOPT_WIRE_LENGTH) && !fields.first.data)
            fields.first = field.bytes;
    }
    fields.broken = wire.broken;
    return fields;
}

static bool has(uint32_t set, unsigned number)
{
    return (set >> number & 1) != 0;
}

/* A NodeDef begins with its name and its op; a MetaGraphDef's first field is about TensorFlow and
 * has neither (field 1 is a version that nobody sets, 2 a message, 5 a release as text). */
static bool is_meta(const Fields *fields)
{
    const Fields first = look(fields->first);

    if (!has(fields->lengths, 2) || !fields->first.data)
        return false;
    return !has(first.lengths, 1) && (has(first.lengths, 2) || has(first.lengths, 5));
}

static IoptStatus recognize_binary(const char *name, IoptBytes bytes, IoptModelForm *out,
                                   IoptError *err)
{
    const Fields fields = look(bytes);

    if (has(fields.varints, 1) && (has(fields.lengths, 7) || has(fields.lengths, 8)))
        return iopt_fail(err, IOPT_BAD_MODEL,
                         "'%s' is an ONNX model: give the TensorFlow graph that it was made from",
                         name);
    if (has(fields.varints, 1) && has(fields.lengths, 2))
        *out = IOPT_MODEL_SAVED_MODEL;
    else if (is_meta(&fields))
        *out = IOPT_MODEL_META;
    else if (has(fields.lengths, 1) || !fields.broken)
        *out = IOPT_MODEL_GRAPHDEF; /* reading it tells what is broken */
    else
        return iopt_fail(err, IOPT_BAD_MODEL,
                         "'%s' is no GraphDef: its bytes are no protocol buffer and no text", name);
    return IOPT_OK;
}

/* A LevelDB table, as a checkpoint's index is one, ends with this. */
static bool is_table(IoptBytes bytes)
{
    static const char magic[] = "\x57\xfb\x80\x8b\x24\x75\x47\xdb";

    return bytes.size >= 48 && memcmp(bytes.data + bytes.size - 8, magic, 8) == 0;
}

IoptStatus iopt_model_recognize(const char *name, IoptBytes bytes, IoptModelForm *out,
                                IoptError *err)
{
    *out = IOPT_MODEL_UNKNOWN;
    if (bytes.size == 0)
        return iopt_fail(err, IOPT_BAD_MODEL, "'%s' is empty", name);
    IOPT_TRY(refuse_strangers(name, bytes, err));
    if (is_table(bytes))
        return iopt_fail(
            err, IOPT_BAD_MODEL,
            "'%s' holds a checkpoint's values, not its graph: freeze the graph with them", name);
    return is_text(bytes) ? recognize_text(name, bytes, out, err)
                          : recognize_binary(name, bytes, out, err);
}

/* --- loading ------------------------------------------------------------------------------- */

static IoptStatus want_frozen(const char *name, const char *what, IoptError *err)
{
    return iopt_fail(err, IOPT_UNSUPPORTED,
                     "'%s' is a %s, whose weights are in files of their own: freeze it to a "
                     "GraphDef with TensorFlow's freeze_graph and give that",
                     name, what);
}

static IoptStatus load_directory(const char *path, IoptError *err)
{
    IoptText inside = { 0 };
    char *name;

    iopt_text_printf(&inside, "%s/saved_model.pb", path);
    IOPT_TRY(iopt_text_finish(&inside, &name, err));
    const IoptPathKind kind = iopt_path_kind(name);
    free(name);
    if (kind != IOPT_PATH_FILE)
        return iopt_fail(err, IOPT_BAD_MODEL, "'%s' is a directory without saved_model.pb", path);
    return want_frozen(path, "SavedModel", err);
}

/* One of graph and list is wanted, the other NULL. */
static IoptStatus load_bytes(const char *name, IoptBuffer *file, IoptGraph **graph,
                             IoptNodeList **list, IoptError *err)
{
    const IoptBytes bytes = { iopt_buffer_data(file), iopt_buffer_bytes(file) };
    IoptModelForm form;

    IOPT_TRY(iopt_model_recognize(name, bytes, &form, err));
    switch (form) {
    case IOPT_MODEL_GRAPHDEF:
        return iopt_while(err,
                          graph ? iopt_graphdef_parse(file, graph, err)
                                : iopt_graphdef_parse_list(file, list, err),
                          "'%s'", name);
    case IOPT_MODEL_PBTXT:
        return iopt_while(err,
                          graph ? iopt_pbtxt_parse(bytes, graph, err)
                                : iopt_pbtxt_parse_list(bytes, list, err),
                          "'%s'", name);
    case IOPT_MODEL_SAVED_MODEL: return want_frozen(name, "SavedModel", err);
    default: return want_frozen(name, "checkpoint's graph", err);
    }
}

static IoptStatus load(const char *path, IoptGraph **graph, IoptNodeList **list, IoptError *err)
{
    IoptBuffer *file;

    if (iopt_path_kind(path) == IOPT_PATH_DIRECTORY)
        return load_directory(path, err);
    IOPT_TRY(iopt_file_map(path, &file, err));
    const IoptStatus status = load_bytes(path, file, graph, list, err);
    iopt_buffer_unref(file);
    return status;
}

IoptStatus iopt_model_load(const char *path, const IoptModelOptions *options, IoptGraph **out,
                           IoptError *err)
{
    (void)options; /* a GraphDef holds one graph */
    *out = NULL;
    return load(path, out, NULL, err);
}

IoptStatus iopt_model_load_list(const char *path, const IoptModelOptions *options,
                                IoptNodeList **out, IoptError *err)
{
    (void)options;
    *out = NULL;
    return load(path, NULL, out, err);
}
