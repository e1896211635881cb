/* Graphviz drawings. */
#include "formats/dot.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "platform/file.h"

enum { FLUSH_BYTES = 1 << 20 };

typedef struct Drawing {
    IoptText text;
    IoptOutput *file;
    size_t n_clusters;
} Drawing;

static IoptStatus flush(Drawing *drawing, size_t from, IoptError *err)
{
    if (drawing->text.failed)
        return iopt_fail_memory(err, drawing->text.size);
    if (drawing->text.size < from)
        return IOPT_OK;
    IOPT_TRY(iopt_output_write(drawing->file, drawing->text.s, drawing->text.size, err));
    drawing->text.size = 0;
    return IOPT_OK;
}

/* Inside a quoted string: quotes and backslashes are escaped, control characters replaced. */
static void put_escaped(IoptText *out, const char *s, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        const char c = s[i];
        if (c == '"' || c == '\\')
            iopt_text_append(out, "\\", 1);
        iopt_text_append(out, (unsigned char)c < ' ' || c == 0x7f ? "?" : &c, 1);
    }
}

static const char *last_part(const char *name)
{
    const char *const slash = strrchr(name, '/');
    return slash && slash[1] ? slash + 1 : name;
}

static IoptFact fact_of(const IoptNode *node)
{
    const IoptTensor *const tensor = iopt_const_mapped(node);

    return tensor ? (IoptFact){ .dtype = tensor->dtype, .shape = tensor->shape }
           : node->facts && node->n_out ? node->facts[0]
                                        : (IoptFact){ .shape = iopt_shape_unknown() };
}

static void put_node(Drawing *drawing, const IoptNode *node)
{
    IoptText *const out = &drawing->text;
    const bool constant = iopt_is_op(node, "Const");
    const IoptFact fact = fact_of(node);

    iopt_text_printf(out, "  n%zu [label=\"", node->index);
    if (!constant) {
        put_escaped(out, node->op, strlen(node->op));
        iopt_text_append(out, "\\n", 2);
    }
    put_escaped(out, last_part(node->name), strlen(last_part(node->name)));
    if (fact.dtype != IOPT_DTYPE_NONE)
        iopt_text_printf(out, "\\n%s", iopt_fact_text(&fact).s);
    iopt_text_printf(out, "\", tooltip=\"");
    put_escaped(out, node->name, strlen(node->name));
    iopt_text_printf(out, "\"%s%s];\n",
                     constant ? ", shape=plain, fontsize=8, fontcolor=gray40" : "",
                     iopt_is_input(node) || iopt_is_output(node) ? ", penwidth=3" : "");
}

static void put_edges(Drawing *drawing, const IoptNode *node)
{
    IoptText *const out = &drawing->text;

    for (size_t i = 0; i < node->n_in; i++) {
        iopt_text_printf(out, "  n%zu -> n%zu", node->in[i].node->index, node->index);
        if (node->in[i].port != 0)
            iopt_text_printf(out, " [taillabel=\"%d\"]", node->in[i].port);
        iopt_text_printf(out, ";\n");
    }
    for (size_t i = 0; i < node->n_control; i++)
        iopt_text_printf(out, "  n%zu -> n%zu [style=dashed];\n", node->control[i]->index,
                         node->index);
}

static int compare_names(const void *a, const void *b)
{
    const IoptNode *const *const x = a, *const *const y = b;
    return strcmp((*x)->name, (*y)->name);
}

/* How long the scopes are that two names have in common, and how many. */
static size_t common_scope(const char *a, const char *b, size_t *depth)
{
    size_t size = 0;

    *depth = 0;
    for (size_t i = 0; a[i] && a[i] == b[i]; i++)
        if (a[i] == '/') {
            size = i + 1;
            ++*depth;
        }
    return size;
}

static void open_clusters(Drawing *drawing, const char *name, size_t from, size_t *depth)
{
    const char *begin = name + from, *slash;

    for (; (slash = strchr(begin, '/')) != NULL; begin = slash + 1) {
        iopt_text_printf(&drawing->text, "  subgraph cluster_%zu { label=\"",
                         drawing->n_clusters++);
        put_escaped(&drawing->text, begin, (size_t)(slash - begin));
        iopt_text_printf(&drawing->text, "\";\n");
        ++*depth;
    }
}

/* In the order of names all nodes of a scope stand together. */
static IoptStatus put_clusters(Drawing *drawing, const IoptGraph *graph, IoptError *err)
{
    IoptStatus status = IOPT_OK;
    const char *before = "";
    size_t depth = 0, common;
    void *block;

    IOPT_TRY(iopt_alloc(&block, graph->n_nodes, sizeof(IoptNode *), err));
    const IoptNode **const nodes = block;
    for (size_t i = 0; i < graph->n_nodes; i++)
        nodes[i] = graph->nodes[i];
    qsort(nodes, graph->n_nodes, sizeof(IoptNode *), compare_names);
    for (size_t i = 0; i < graph->n_nodes; i++) {
        if (nodes[i]->removed)
            continue;
        const size_t size = common_scope(before, nodes[i]->name, &common);
        for (; depth > common; depth--)
            iopt_text_append(&drawing->text, "  }\n", 4);
        open_clusters(drawing, nodes[i]->name, size, &depth);
        put_node(drawing, nodes[i]);
        before = nodes[i]->name;
        IOPT_DO(flush(drawing, FLUSH_BYTES, err));
    }
    for (; depth; depth--)
        iopt_text_append(&drawing->text, "  }\n", 4);
done:
    free(block);
    return status;
}

static IoptStatus draw(Drawing *drawing, const IoptGraph *graph, bool clusters, IoptError *err)
{
    iopt_text_printf(&drawing->text, "digraph model {\n"
                                     "  rankdir=TB;\n"
                                     "  node [shape=box, style=rounded, fontsize=10];\n");
    if (clusters)
        IOPT_TRY(put_clusters(drawing, graph, err));
    for (size_t i = 0; i < graph->n_nodes; i++) {
        if (graph->nodes[i]->removed)
            continue;
        if (!clusters)
            put_node(drawing, graph->nodes[i]);
        put_edges(drawing, graph->nodes[i]);
        IOPT_TRY(flush(drawing, FLUSH_BYTES, err));
    }
    iopt_text_append(&drawing->text, "}\n", 2);
    return flush(drawing, 0, err);
}

IoptStatus iopt_dot_save(const IoptGraph *graph, const IoptDotOptions *options, const char *path,
                         IoptError *err)
{
    Drawing drawing = { 0 };

    IOPT_TRY(iopt_output_open(path, &drawing.file, err));
    const IoptStatus status = draw(&drawing, graph, options && options->clusters, err);
    iopt_text_free(&drawing.text);
    if (status == IOPT_OK)
        return iopt_output_commit(drawing.file, err);
    iopt_output_abandon(drawing.file);
    return status;
}
