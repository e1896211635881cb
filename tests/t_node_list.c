/* Small lists of nodes, written out. */
#include "t_node_list.h"

#include <stdio.h>
#include <string.h>

#include "passes/gtt/gtt_build.h"
#include "tensor/tensor.h"

IoptNodeList *t_list(Test *t)
{
    IoptNodeList *list;
    T_OK(t, iopt_list_create(NULL, &list, &t->err));
    return list;
}

IoptListNode *t_list_add(Test *t, IoptNodeList *list, const char *name, const char *op,
                         const char *inputs)
{
    IoptListNode *node;
    char text[256];

    (void)snprintf(text, sizeof text, "%s", inputs);
    T_OK(t, iopt_list_add(list, name, op, &node, &t->err));
    for (char *save, *at = strtok_r(text, " ", &save); at; at = strtok_r(NULL, " ", &save))
        T_OK(t, iopt_list_add_input(node, at, &t->err));
    return node;
}

IoptListNode *t_list_add_float(Test *t, IoptNodeList *list, const char *name, const char *op,
                               const char *inputs)
{
    IoptListNode *const node = t_list_add(t, list, name, op, inputs);
    const char *const attr = strcmp(op, "Placeholder") == 0 ? "dtype" : "T";

    T_OK(t, iopt_node_set_type(node->node, attr, IOPT_F32, &t->err));
    return node;
}

void t_list_add_floats(Test *t, IoptNodeList *list, const char *name, IoptShape shape,
                       const float *values)
{
    IoptTensor *tensor;
    IoptListNode *node;

    T_OK(t, iopt_tensor_create(IOPT_F32, &shape, &tensor, &t->err));
    memcpy(tensor->data, values, tensor->bytes);
    T_OK(t, iopt_gtt_add_const(list, name, tensor, &node, &t->err));
}

const IoptListNode *t_list_find(const IoptNodeList *list, const char *name)
{
    for (size_t i = 0; i < list->n_nodes; i++)
        if (strcmp(list->nodes[i]->node->name, name) == 0)
            return list->nodes[i];
    return NULL;
}

static void say(void *user, const char *line)
{
    TSaid *const said = user;
    const size_t size = strlen(said->text);

    (void)snprintf(said->text + size, sizeof said->text - size, "%s\n", line);
}

IoptStatus t_list_run(Test *t, IoptNodeList **list, const char *text, const TTransform *how)
{
    const IoptGttLog log = { say, how->said };
    const IoptTransformContext context = { .inputs = &how->input,
                                           .n_inputs = how->input != NULL,
                                           .outputs = &how->output,
                                           .n_outputs = how->output != NULL,
                                           .strict_compat = how->strict,
                                           .log = how->said ? &log : NULL };
    IoptGttCalls calls;
    IoptNodeList *after;

    T_OK(t, iopt_gtt_parse(text, &calls, &t->err));
    const IoptStatus status = iopt_gtt_run(*list, &calls, &context, &after, &t->err);
    iopt_gtt_calls_free(&calls);
    if (status == IOPT_OK) {
        iopt_list_destroy(*list);
        *list = after;
    }
    return status;
}

void t_list_transform(Test *t, IoptNodeList **list, const char *text)
{
    const TTransform how = { 0 };

    T_OK(t, t_list_run(t, list, text, &how));
}

void t_list_expect(Test *t, const IoptNodeList *list, const char *want)
{
    char got[1024];
    size_t size = 0;

    got[0] = '\0';
    for (size_t i = 0; i < list->n_nodes && size < sizeof got; i++) {
        const IoptListNode *const node = list->nodes[i];
        size += (size_t)snprintf(got + size, sizeof got - size, "%s%s=%s(", i ? " " : "",
                                 node->node->name, node->node->op);
        for (size_t k = 0; k < node->n_inputs && size < sizeof got; k++)
            size += (size_t)snprintf(got + size, sizeof got - size, "%s%s", k ? "," : "",
                                     node->inputs[k]);
        if (size < sizeof got)
            size += (size_t)snprintf(got + size, sizeof got - size, ")");
    }
    T_SAME_TEXT(t, got, want);
}
