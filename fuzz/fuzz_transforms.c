/* Graph transforms on graphs that look like networks: the bytes choose pieces (a convolution with
 * its batch norm, a padded one, a lookup ...), how they are wired, what their constants hold, what
 * is broken about them, and then transforms with parameters. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "formats/graphdef.h"
#include "fuzz_input.h"
#include "passes/gtt/gtt_driver.h"
#include "passes/gtt/gtt_op_def.h"
#include "passes/pass.h"

enum { MAX_PIECES = 6, MAX_CALLS = 4, MAX_NAMES = 64, NAME_BYTES = 24, MAX_NODES = 400 };

/* Nodes "name=Op(inputs)"; x is some earlier node, ConstN a float constant of rank N; ConstS,
 * ConstP and ConstI are integers: a scalar, paddings [4,2], a vector of two. */
static const char *const pieces[] = {
    "y=Placeholder",
    "y=Const2",
    "w=Const4 c=Conv2D(x,w) s=Const1 y=Mul(c,s)",
    "w=Const4 c=DepthwiseConv2dNative(x,w) s=Const1 y=Mul(c,s)",
    "w=Const2 c=MatMul(x,w) s=Const1 y=Mul(c,s)",
    "w=Const4 c=Conv2D(x,w) g=Const1 b=Const1 m=Const1 v=Const1 y=FusedBatchNormV3(c,g,b,m,v)",
    "w=Const4 c=Conv2D(x,w) g=Const1 b=Const1 m=Const1 v=Const1 y=FusedBatchNorm(c,g,b,m,v)",
    "w=Const4 c=Conv2D(x,w) g=Const1 b=Const1 m=Const1 v=Const1 "
    "y=BatchNormWithGlobalNormalization(c,g,b,m,v)",
    "w=Const4 c=Conv2D(x,w) d=Conv2D(x,w) a=ConstS k=ConcatV2(c,d,a) g=Const1 b=Const1 m=Const1 "
    "v=Const1 y=FusedBatchNorm(k,g,b,m,v)",
    "k=ConstI p=ConstP w=Const4 s=SpaceToBatchND(x,k,p) c=Conv2D(s,w) y=BatchToSpaceND(c,k,p)",
    "p=ConstP q=MirrorPad(x,p) w=Const4 y=Conv2D(q,w)",
    "s=ConstI r=ResizeBilinear(x,s) w=Const4 y=Conv2D(r,w)",
    "s=ConstI r=ResizeBilinear(x,s) p=ConstP q=MirrorPad(r,p) w=Const4 y=Conv2D(q,w)",
    "l=Const0 h=Const0 y=FakeQuantWithMinMaxVars(x,l,h)",
    "r=Relu(x) b=Const1 c=BiasAdd(r,b) l=Const0 h=Const0 y=FakeQuantWithMinMaxVars(c,l,h)",
    "w=Const4 c=Conv2D(x,w) m=Const1 s=Sub(c,m) d=Const1 e=RealDiv(s,d) g=Const1 f=Mul(e,g) "
    "b=Const1 y=BiasAdd(f,b)",
    "a=ConstI m=Mean(x,a) s=Sub(x,m) q=Mul(s,s) y=Mean(q,a)",
    "e=Const0 v=Add(x,e) r=Rsqrt(v) g=Const1 k=Mul(r,g) b=Const1 m=Mul(x,k) n=Mul(x,k) o=Sub(b,n) "
    "y=Add(m,o)",
    "w=Const2 i=Identity(w) k=ConstI y=Gather(i,k)",
    "w=Const2 i=Identity(w) k=ConstI a=ConstS y=GatherV2(i,k,a)",
    "n=Variable i=Identity(n) k=ConstI y=Gather(i,k)",
    "a=ConstS s=Split(a,x) y=Add(s,s:1)",
    "a=ConstS y=ConcatV2(x,x,a)",
    "a=ConstS y=Concat(a,x,x)",
    "y=Shape(x)",
    "y=Relu6(x)",
    "y=MaxPool(x)",
    "y=AvgPool(x)",
    "s=ConstI y=Reshape(x,s)",
    "y=Identity(x)",
    "y=Print(x)",
    "y=Mul(x,x)",
    "y=AddV2(x,x)",
    "n=NoOp(^x) y=Identity(x,^n)",
    "y=TensorArrayV3(x) z=TensorArrayWriteV3(y,x,x,y:1)",
    "q=QuantizeV2(x,x,x) r=RequantizationRange(q,q:1,q:2) s=Requantize(q,q:1,q:2,r,r:1) "
    "y=Dequantize(s,s:1,s:2)",
    "l=Const0 h=Const0 c=QuantizedConv2DWithBias(x,x,x,l,h,l,h) y=Requantize(c,c:1,c:2,l,h)",
    "y=PartitionedCall(x)",
    "y=Nonsense(x)",
};

static const char *const words[] = { "Identity", "Conv2D|Mul", "*",     "Const",   "true", "false",
                                     "0",        "1",          "-1",    "16",      "0.5",  "-4",
                                     "1e30",     "nan",        "1,2,3", "1,8,8,2", "int32" };

typedef struct Bytes {
    const uint8_t *at;
    size_t left;
} Bytes;

typedef struct Network {
    Bytes *bytes;
    IoptNodeList *list;
    char names[MAX_NAMES][NAME_BYTES]; /* of nodes that others may read */
    size_t n_names;
    IoptStatus status;
} Network;

static size_t roll(Bytes *bytes, size_t sides)
{
    if (!bytes->left)
        return 0;
    bytes->left--;
    return *bytes->at++ % sides;
}

/* Some earlier node; now and then one that is not there. */
static const char *some_name(Network *n)
{
    const size_t i = roll(n->bytes, 256);

    if (i == 255 || !n->n_names)
        return "nobody";
    return n->names[i < 128 ? n->n_names - 1 : i % n->n_names];
}

/* --- constants and attributes --------------------------------------------------------------- */

static float some_float(Bytes *bytes)
{
    static const float special[] = { 0, 0, NAN, INFINITY, -INFINITY, 1e-40F, 3e38F, -1 };
    const size_t i = roll(bytes, 256);

    return i < IOPT_COUNT(special) ? special[i] : ((float)i - 128) / 32;
}

static IoptShape shape_of(Bytes *bytes, char kind)
{
    IoptShape shape = { 0 };

    if (kind == 'P')
        return iopt_shape(2, (const int64_t[]){ roll(bytes, 8) ? 4 : 2, 2 });
    if (kind == 'I')
        return iopt_shape(1, (const int64_t[]){ 2 });
    for (char i = '0'; i < kind && kind <= '4'; i++)
        iopt_shape_push(&shape, roll(bytes, 16) ? 2 : (int64_t)roll(bytes, 20));
    return shape;
}

static void set_value(Network *n, IoptListNode *node, char kind)
{
    const bool whole = kind == 'P' || kind == 'I' || kind == 'S';
    const IoptShape shape = shape_of(n->bytes, kind);
    IoptTensor *tensor;

    n->status = iopt_tensor_create(whole ? IOPT_I32 : IOPT_F32, &shape, &tensor, NULL);
    if (n->status != IOPT_OK)
        return;
    for (size_t i = 0; i < iopt_elems(tensor); i++)
        if (whole)
            iopt_i32_mut(tensor)[i] = (int32_t)roll(n->bytes, 5) - (kind == 'S');
        else
            iopt_f32_mut(tensor)[i] = some_float(n->bytes);
    n->status = iopt_node_set_type(node->node, "dtype", tensor->dtype, NULL);
    if (n->status == IOPT_OK)
        n->status = iopt_node_set_tensor(node->node, "value", tensor, NULL);
    else
        iopt_tensor_destroy(tensor);
}

static IoptStatus set_attr(Network *n, IoptNode *node, const char *name, const char *kind)
{
    static const char *const texts[] = { "SAME", "VALID", "NHWC", "REFLECT", "NCHW", "MIN_FIRST" };
    static const IoptDType types[] = { IOPT_F32, IOPT_I32, IOPT_QU8, IOPT_QI32 };
    static const int64_t ints[] = { 1, 2, 2, 1 }, ones[] = { 1, 1, 1, 1 };
    const size_t choice = roll(n->bytes, 64);

    if (choice == 63)
        return IOPT_OK; /* it is missing */
    if (strncmp(kind, "type", 4) == 0)
        return iopt_node_set_type(node, name, types[choice > 56 ? choice % 4 : 0], NULL);
    if (strncmp(kind, "list(int)", 9) == 0)
        return iopt_node_set_ints(node, name, choice > 40 ? ints : ones, 4, NULL);
    if (strncmp(kind, "string", 6) == 0)
        return iopt_node_set_string(
            node, name,
            strcmp(name, "data_format") == 0 && choice < 50 ? "NHWC" : texts[choice % 6], NULL);
    if (strncmp(kind, "int", 3) == 0)
        return iopt_node_set_int(node, name, choice > 60 ? -1 : 2, NULL);
    if (strncmp(kind, "float", 5) == 0)
        return iopt_node_set_float(node, name, choice > 48 ? some_float(n->bytes) : 1e-3F, NULL);
    if (strncmp(kind, "bool", 4) == 0)
        return iopt_node_set_bool(node, name, choice & 1, NULL);
    return IOPT_OK;
}

/* The attributes that the op's definition asks for: "T:type, strides:list(int)=[1]". */
static void set_attrs(Network *n, IoptListNode *node)
{
    const IoptOpDef *const def = iopt_op_def_find(node->node->op);
    const char *at = def ? def->attrs : "";
    bool has_default;
    IoptBytes name;
    char text[64];

    while (n->status == IOPT_OK && iopt_op_def_next_attr(&at, &name, &has_default)) {
        if (name.size >= sizeof text || (has_default && roll(n->bytes, 4)))
            continue;
        memcpy(text, name.data, name.size);
        text[name.size] = 0;
        n->status = set_attr(n, node->node, text, (const char *)name.data + name.size + 1);
    }
}

/* --- pieces ----------------------------------------------------------------------------------- */

/* What "c:1" within a piece stands for. */
static void add_input(Network *n, IoptListNode *node, size_t piece, const char *text, size_t size)
{
    char name[64] = "";
    const bool hat = *text == '^';

    if (text[hat] == 'x')
        (void)snprintf(name, sizeof name, "%s%s", hat ? "^" : "", some_name(n));
    else
        (void)snprintf(name, sizeof name, "%s%zu%.*s", hat ? "^" : "", piece, (int)(size - hat),
                       text + hat);
    const size_t trouble = roll(n->bytes, 256);
    if (trouble >= 250)
        (void)snprintf(name, sizeof name, "%s%s%s", trouble & 1 ? "^" : "", some_name(n),
                       trouble & 2 ? ":1" : "");
    n->status = iopt_list_add_input(node, name, NULL);
    if (n->status == IOPT_OK && trouble == 249)
        n->status = iopt_list_add_input(node, name, NULL);
}

static void add_node(Network *n, size_t piece, const char *text, size_t size)
{
    char name[NAME_BYTES], op[64] = "";
    const char *at = text + 2, *const end = text + size;
    const size_t op_size = strcspn(at, "( ");
    IoptListNode *node;

    (void)snprintf(name, sizeof name, "%zu%c", piece, *text);
    (void)snprintf(op, sizeof op, "%.*s", (int)op_size, at);
    const char kind = strncmp(op, "Const", 5) == 0 ? op[5] : 0;
    const bool constant = kind && kind != 'a' && !op[6];
    n->status = iopt_list_add(n->list, name, constant ? "Const" : op, &node, NULL);
    at += op_size;
    while (n->status == IOPT_OK && at < end && *at != ')') {
        at++;
        const size_t input_size = strcspn(at, ",)");
        add_input(n, node, piece, at, input_size);
        at += input_size;
    }
    if (n->status == IOPT_OK && constant)
        set_value(n, node, kind);
    else if (n->status == IOPT_OK)
        set_attrs(n, node);
    if (n->n_names < MAX_NAMES && *text != 'w')
        memcpy(n->names[n->n_names++], name, sizeof name);
}

static void add_piece(Network *n, size_t piece)
{
    const char *at = pieces[roll(n->bytes, IOPT_COUNT(pieces))];

    while (n->status == IOPT_OK && *at) {
        const size_t size = strcspn(at, " ");
        add_node(n, piece, at, size);
        at += size + (at[size] == ' ');
    }
}

/* --- transforms ------------------------------------------------------------------------------- */

/* "transform(parameter=word, ...) ..." */
static void write_transforms(Network *n, IoptText *text)
{
    const size_t calls = 1 + roll(n->bytes, MAX_CALLS);
    size_t count;
    const IoptTransform *const *const all = iopt_transforms(&count);

    for (size_t i = 0; i < calls; i++) {
        const IoptTransform *const transform = all[roll(n->bytes, count)];
        const IoptTransformParam *param = transform->params;
        iopt_text_printf(text, "%s(ignore_errors=%s", transform->name,
                         roll(n->bytes, 2) ? "true" : "false");
        for (; param && param->name; param++) {
            const size_t choice = roll(n->bytes, 4 * IOPT_COUNT(words));
            if (choice < IOPT_COUNT(words))
                iopt_text_printf(text, ", %s=\"%s\"", param->name, words[choice]);
            else if (choice < 2 * IOPT_COUNT(words))
                iopt_text_printf(text, ", %s=\"%s\"", param->name, some_name(n));
        }
        iopt_text_printf(text, ") ");
    }
}

static void check_written(const IoptNodeList *out)
{
    IoptText written = { 0 };
    IoptBuffer *buffer;
    IoptNodeList *again = NULL;

    if (iopt_graphdef_append_list(out, &written, NULL) == IOPT_OK &&
        iopt_buffer_create(written.size, &buffer, NULL) == IOPT_OK) {
        if (written.size)
            memcpy(iopt_buffer_data(buffer), written.s, written.size);
        if (iopt_graphdef_parse_list(buffer, &again, NULL) != IOPT_OK ||
            again->n_nodes != out->n_nodes)
            abort(); /* what we write we can read */
        iopt_buffer_unref(buffer);
    }
    iopt_list_destroy(again);
    iopt_text_free(&written);
}

/* What the transforms made goes through every pass, too; the last node's value is the output. */
static void run_passes(const IoptNodeList *list)
{
    const IoptPassOptions options = { .max_folded_bytes = 1 << 16 };
    IoptStatus status = IOPT_OK;
    IoptGraph *graph;
    size_t count;
    const IoptPass *const *const passes = iopt_passes(&count);

    if (iopt_list_link(list, &graph, NULL) != IOPT_OK)
        return;
    const IoptValue output = { graph->nodes[graph->n_nodes - 1], 0 };
    status = iopt_graph_set_outputs(graph, &output, 1, NULL);
    for (size_t i = 0; i < count && status == IOPT_OK; i++) {
        IoptPassContext context = { .options = &options };
        status = iopt_pass_run(passes[i], graph, &context, NULL);
    }
    iopt_graph_destroy(graph);
}

/* Runs the calls one by one, as long as the list does not swell: quantize_nodes makes ten nodes of
 * one. */
static void run_calls(const IoptNodeList *list, const IoptGttCalls *calls,
                      const IoptTransformContext *context)
{
    const IoptNodeList *before = list;
    IoptNodeList *after = NULL, *next;
    IoptError err = { 0 };

    for (size_t i = 0; i < calls->n && before->n_nodes < MAX_NODES; i++) {
        const IoptGttCalls one = { .at = &calls->at[i], .n = 1 };
        const IoptStatus status = iopt_gtt_run(before, &one, context, &next, &err);
        iopt_list_destroy(after);
        after = NULL;
        if (status != IOPT_OK && !err.text[0])
            abort(); /* it failed and does not say why */
        if (status != IOPT_OK)
            return;
        before = after = next;
    }
    if (after && after->n_nodes) {
        check_written(after);
        run_passes(after);
    }
    iopt_list_destroy(after);
}

static void run(const IoptNodeList *list, const char *transforms, IoptTransformContext *context)
{
    IoptGttCalls calls;
    IoptError err;

    if (iopt_gtt_parse(transforms, &calls, &err) != IOPT_OK)
        return;
    for (int strict = 0; strict < 2; strict++) {
        context->strict_compat = strict;
        run_calls(list, &calls, context);
    }
    iopt_gtt_calls_free(&calls);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Bytes bytes = { data, size };
    Network n = { .bytes = &bytes, .status = IOPT_OK };
    IoptText transforms = { 0 };

    if (iopt_list_create(NULL, &n.list, NULL) != IOPT_OK)
        return 0;
    const size_t n_pieces = 1 + roll(&bytes, MAX_PIECES);
    write_transforms(&n, &transforms);
    for (size_t i = 0; i < n_pieces && n.status == IOPT_OK; i++)
        add_piece(&n, i);
    if (n.status == IOPT_OK && n.n_names && transforms.s) {
        const char *const inputs[] = { n.names[0] }, *const outputs[] = { n.names[n.n_names - 1] };
        IoptTransformContext context = {
            .inputs = inputs, .n_inputs = roll(&bytes, 2), .outputs = outputs, .n_outputs = 1
        };
        run(n.list, transforms.s, &context);
    }
    iopt_text_free(&transforms);
    iopt_list_destroy(n.list);
    return 0;
}
