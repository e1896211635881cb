/* Refining the rounding of one layer. */
#include "passes/int8/refine_layer.h"

#include <math.h>
#include <stdlib.h>

#include "passes/int8/upper_matrix.h"

/* Added to the diagonal, as a share of its mean: what few rows say of many taps is not believed to
 * the last digit. */
static const double damping = 0.01;

enum { COLUMNS = 256, ROWS = 128, LIMIT = 127 };

/* --- moments ---------------------------------------------------------------------------------- */

void iopt_moments_shape(const IoptTensor *filter, const IoptFilterLayout *layout,
                        size_t in_channels, IoptMoments *out, size_t *bytes)
{
    const size_t channels = iopt_filter_out_channels(filter, layout);
    const size_t taps = channels ? iopt_elems(filter) / channels : 0;
    const size_t of_filter = iopt_filter_in_channels(filter, layout);

    *out = (IoptMoments){ .taps = taps };
    if (layout->is_depthwise)
        out->groups = of_filter;
    else
        out->groups = of_filter && in_channels > of_filter ? in_channels / of_filter : 1;
    *bytes = out->groups * taps * (taps * sizeof(float) + sizeof(double));
}

IoptStatus iopt_moments_create(IoptMoments *moments, IoptError *err)
{
    void *mean, *products;

    IOPT_TRY(iopt_alloc(&mean, moments->groups * moments->taps, sizeof(double), err));
    moments->mean = mean;
    IOPT_TRY(
        iopt_alloc(&products, moments->groups * moments->taps, moments->taps * sizeof(float), err));
    moments->products = products;
    return IOPT_OK;
}

void iopt_moments_free(IoptMoments *moments)
{
    free(moments->mean);
    free(moments->products);
    *moments = (IoptMoments){ 0 };
}

IoptStatus iopt_moments_add(IoptMoments *moments, const float *rows, size_t count, IoptError *err)
{
    const size_t taps = moments->taps, stride = moments->groups * taps;

    for (size_t r = 0; r < count; r++)
        for (size_t i = 0; i < stride; i++)
            moments->mean[i] += (double)rows[r * stride + i];
    for (size_t g = 0; g < moments->groups; g++)
        IOPT_TRY(iopt_upper_add_products(moments->products + g * taps * taps, taps, taps,
                                         rows + g * taps, count, stride, 1, err));
    moments->rows += count;
    return IOPT_OK;
}

/* products -> covariance (or second moments) with a damped diagonal, of one group. */
static void finish(const IoptMoments *moments, size_t group, bool centred, float *h)
{
    const size_t taps = moments->taps;
    const double *const sums = moments->mean + group * taps;
    const double n = (double)moments->rows;
    double trace = 0;

    for (size_t i = 0; i < taps; i++)
        for (size_t j = i; j < taps; j++) {
            const double mean = centred ? sums[i] / n * (sums[j] / n) : 0;
            h[i * taps + j] = (float)((double)h[i * taps + j] / n - mean);
        }
    for (size_t i = 0; i < taps; i++)
        trace += fmax(0, (double)h[i * taps + i]);
    const float ridge = (float)(damping * trace / (double)taps);
    for (size_t i = 0; i < taps; i++)
        h[i * taps + i] += ridge;
}

/* --- rounding --------------------------------------------------------------------------------- */

/* Some output channels of one group: n columns of the filter. */
typedef struct Block {
    const float *r; /* [taps][taps] */
    size_t taps, n;
    float *w, *e;    /* [taps][n]: weights over the scale, errors */
    float *gathered; /* [ROWS][n]: for some rows of R, the sum of R[k][j] e[j] over j > k */
    float *packed;   /* scratch of iopt_upper_times_rest */
    int8_t *q;       /* [taps][n] */
    double error[COLUMNS];
} Block;

static float nearest_code(float x)
{
    const float q = (x + 12582912.0f) - 12582912.0f; /* 1.5 * 2^23: to the nearest, ties to even */
    return q < -LIMIT ? -LIMIT : q > LIMIT ? LIMIT : q;
}

static void round_tap(Block *b, size_t k, const float *gathered, bool making_up)
{
    const float pivot = b->r[k * b->taps + k];

    for (size_t c = 0; c < b->n; c++) {
        const float w = b->w[k * b->n + c];
        const float wish = making_up ? w + gathered[c] / pivot : w;
        const float q = nearest_code(wish < -512 ? -512 : wish > 512 ? 512 : wish);
        const float e = w - q;
        const float left = pivot * e + gathered[c];
        b->q[k * b->n + c] = (int8_t)q;
        b->e[k * b->n + c] = e;
        b->error[c] += (double)left * (double)left;
    }
}

/* From the last tap on; with `making_up` each takes the errors of those behind it over. */
static void round_block(Block *b, bool making_up)
{
    memset(b->error, 0, sizeof b->error);
    for (size_t end = b->taps; end > 0;) {
        const size_t first = end > ROWS ? end - ROWS : 0;
        iopt_upper_times_rest(b->r, b->taps, first, end, b->e, b->n, b->packed, b->gathered);
        for (size_t k = end; k-- > first;) {
            float *const gathered = b->gathered + (k - first) * b->n;
            for (size_t j = k + 1; j < end; j++)
                iopt_add_scaled(gathered, b->e + j * b->n, b->r[k * b->taps + j], b->n);
            round_tap(b, k, gathered, making_up);
        }
        end = first;
    }
}

/* How the filter's columns lie. */
typedef struct Columns {
    const float *w; /* [taps_total][channels] */
    const float *scale;
    int8_t *q;
    size_t channels;
} Columns;

static void load_block(Block *b, const Columns *f, size_t first)
{
    for (size_t k = 0; k < b->taps; k++)
        for (size_t c = 0; c < b->n; c++)
            b->w[k * b->n + c] = f->w[k * f->channels + first + c] / f->scale[first + c];
}

/* Rounds channels first .. first + n - 1 both ways and keeps the better one of each; adds up the
 * errors. */
static void refine_block(Block *b, const Columns *f, size_t first, double *before, double *after)
{
    double plain[COLUMNS];

    load_block(b, f, first);
    round_block(b, false);
    memcpy(plain, b->error, sizeof plain);
    round_block(b, true);
    for (size_t c = 0; c < b->n; c++) {
        const double unit = (double)f->scale[first + c] * (double)f->scale[first + c];
        const bool better = b->error[c] < plain[c];
        *before += plain[c] * unit;
        *after += (better ? b->error[c] : plain[c]) * unit;
        for (size_t k = 0; better && k < b->taps; k++)
            f->q[k * f->channels + first + c] = b->q[k * b->n + c];
    }
}

static IoptStatus create_block(Block *b, size_t taps, size_t columns, IoptError *err)
{
    const size_t floats = 2 * taps * columns + ROWS * columns;
    void *block;

    *b = (Block){ .taps = taps };
    IOPT_TRY(iopt_alloc(&block, floats + taps * columns / sizeof(float) + 1, sizeof(float), err));
    b->w = block;
    b->e = b->w + taps * columns;
    b->gathered = b->e + taps * columns;
    b->q = (int8_t *)(b->gathered + ROWS * columns);
    IOPT_TRY(iopt_alloc_aligned(&block, iopt_upper_scratch_bytes(taps, columns), err));
    b->packed = block;
    return IOPT_OK;
}

static IoptStatus refine_columns(const Columns *f, IoptMoments *moments, bool centred, double *gain,
                                 IoptError *err)
{
    const size_t taps = moments->taps, per_group = f->channels / moments->groups;
    const size_t most = per_group < COLUMNS ? per_group : COLUMNS;
    IoptStatus status = IOPT_OK;
    double before = 0, after = 0;
    Block b = { 0 };

    IOPT_DO(create_block(&b, taps, most, err));
    for (size_t g = 0; g < moments->groups; g++) {
        float *const h = moments->products + g * taps * taps;
        bool positive;
        finish(moments, g, centred, h);
        IOPT_DO(iopt_upper_cholesky(h, taps, &positive, err));
        if (!positive)
            continue; /* inputs that are always the same: any rounding will do */
        b.r = h;
        for (size_t c = 0; c < per_group; c += most) {
            b.n = per_group - c < most ? per_group - c : most;
            refine_block(&b, f, g * per_group + c, &before, &after);
        }
    }
    *gain = after > 0 ? before / after : 1;
done:
    free(b.w);
    free(b.packed);
    return status;
}

IoptStatus iopt_refine_layer(const IoptGraph *graph, IoptQuantLayer *layer,
                             const IoptInt8Options *options, IoptMoments *moments, double *gain,
                             IoptError *err)
{
    const IoptNode *const node = iopt_graph_find(graph, layer->node);
    IoptStatus status = IOPT_OK;
    IoptInt8Weights weights = { 0 };
    IoptTensor *matrix = NULL;
    IoptFilterLayout layout;
    void *scale = NULL;

    *gain = 1;
    if (!node || !iopt_filter_layout(node, &layout) || moments->rows == 0)
        return IOPT_OK;
    iopt_tensor_destroy(layer->rounded);
    layer->rounded = NULL;
    IOPT_DO(iopt_planned_weights(node, &layout, layer, options, &weights, err));
    IOPT_DO(iopt_int8_matrix(iopt_filter_tensor(node, &layout), &layout, &matrix, err));
    const Columns columns = { iopt_f32(matrix), iopt_f32(weights.scale), weights.values->data,
                              layer->out_channels };
    IOPT_DO(refine_columns(&columns, moments, iopt_planned_corrects(node, layer, options, true),
                           gain, err));
    IOPT_DO(iopt_alloc(&scale, layer->out_channels, sizeof(float), err));
    memcpy(scale, weights.scale->data, weights.scale->bytes);
    free(layer->rounded_scale);
    layer->rounded_scale = scale;
    layer->rounded = weights.values;
    weights.values = NULL;
done:
    iopt_int8_weights_free(&weights);
    iopt_tensor_destroy(matrix);
    return status;
}
