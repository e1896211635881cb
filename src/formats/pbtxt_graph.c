/* Graphs in text format: translated to wire bytes, then read as binary GraphDefs. */
#include <stdlib.h>

#include "formats/graphdef.h"
#include "formats/pbtxt.h"
#include "platform/file.h"
#include "tf_graph.pb-c.h"

static void release_text(void *data, size_t bytes)
{
    (void)bytes;
    free(data);
}

/* The GraphDef that a text says, as wire bytes. */
static IoptStatus to_graphdef(IoptBytes text, IoptBuffer **out, IoptError *err)
{
    IoptText wire = { 0 };
    char *bytes;

    IoptStatus status = iopt_pbtxt_to_wire(&iopt__tf__graph_def__descriptor, text, &wire, err);
    const size_t size = wire.size;
    if (status != IOPT_OK) {
        iopt_text_free(&wire);
        return status;
    }
    IOPT_TRY(iopt_text_finish(&wire, &bytes, err));
    status = iopt_buffer_wrap(bytes, size, release_text, out, err);
    if (status != IOPT_OK)
        free(bytes);
    return status;
}

IoptStatus iopt_pbtxt_parse(IoptBytes text, IoptGraph **out, IoptError *err)
{
    IoptBuffer *buffer;

    *out = NULL;
    IOPT_TRY(to_graphdef(text, &buffer, err));
    const IoptStatus status = iopt_graphdef_parse(buffer, out, err);
    iopt_buffer_unref(buffer);
    return status;
}

IoptStatus iopt_pbtxt_parse_list(IoptBytes text, IoptNodeList **out, IoptError *err)
{
    IoptBuffer *buffer;

    *out = NULL;
    IOPT_TRY(to_graphdef(text, &buffer, err));
    const IoptStatus status = iopt_graphdef_parse_list(buffer, out, err);
    iopt_buffer_unref(buffer);
    return status;
}

IoptStatus iopt_pbtxt_load(const char *path, IoptGraph **out, IoptError *err)
{
    IoptBuffer *file;

    *out = NULL;
    IOPT_TRY(iopt_file_map(path, &file, err));
    const IoptBytes text = { iopt_buffer_data(file), iopt_buffer_bytes(file) };
    const IoptStatus status = iopt_pbtxt_parse(text, out, err);
    iopt_buffer_unref(file);
    return iopt_while(err, status, "'%s'", path);
}
