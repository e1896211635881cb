/* Agreement of two graphs. */
#include "measure/quantize_check.h"

#include <math.h>

#include "base/cancel.h"
#include "measure/accuracy.h"
#include "measure/calibration_images.h"
#include "measure/network.h"
#include "tensor/tensor.h"

enum { BATCH = 8 };

typedef struct Pair {
    IoptNetwork *before, *after;
    size_t classes;
    double energy, error;
} Pair;

static void compare_rows(Pair *pair, size_t rows, IoptAgreement *out)
{
    const float *before = iopt_f32(iopt_network_output(pair->before, 0));
    const float *after = iopt_f32(iopt_network_output(pair->after, 0));

    for (size_t i = 0; i < rows * pair->classes; i++) {
        const double difference = (double)after[i] - (double)before[i];
        pair->energy += (double)before[i] * (double)before[i];
        pair->error += difference * difference;
    }
    for (size_t i = 0; i < rows; i++, before += pair->classes, after += pair->classes)
        out->agreed += iopt_top1(before, pair->classes) == iopt_top1(after, pair->classes);
    out->images += rows;
}

static IoptStatus compare_all(const IoptAgreementRun *run, Pair *pair,
                              IoptCalibrationImages *images, IoptAgreement *out, IoptError *err)
{
    const IoptTensor *batch;

    while (out->images < run->most) {
        IOPT_TRY(iopt_check_cancelled(err));
        IOPT_TRY(iopt_calibration_images_next(images, &batch, err));
        if (!batch)
            break;
        IOPT_TRY(iopt_network_feed(pair->before, &batch, NULL, err));
        iopt_network_rest(pair->before);
        IOPT_TRY(iopt_network_feed(pair->after, &batch, NULL, err));
        iopt_network_rest(pair->after);
        compare_rows(pair, (size_t)batch->shape.dim[0], out);
        if (run->progress)
            run->progress(run->context, "images compared", out->images);
    }
    out->sqnr_db = pair->error > 0 ? 10 * log10(pair->energy / pair->error) : (double)INFINITY;
    return IOPT_OK;
}

static IoptStatus measure(const IoptAgreementRun *run, Pair *pair, IoptCalibrationImages *images,
                          IoptAgreement *out, IoptError *err)
{
    IoptLoaderOptions loader = run->loader;
    IoptPlanOptions plan = run->plan;
    IoptImageShape before, after;

    plan.batch = BATCH;
    loader.batch = BATCH;
    IOPT_TRY(iopt_network_create(run->before, &plan, &pair->before, err));
    IOPT_TRY(iopt_network_create(run->after, &plan, &pair->after, err));
    if (iopt_network_image_shape(pair->before, &before, NULL) != IOPT_OK ||
        iopt_network_image_shape(pair->after, &after, NULL) != IOPT_OK ||
        before.classes != after.classes)
        return IOPT_OK;
    pair->classes = before.classes;
    const IoptPort *const port = iopt_plan_input(iopt_network_plan(pair->before), 0);
    if (port->shape.dim[0] > 0) /* a batch that the graph fixes */
        loader.batch = (size_t)port->shape.dim[0];
    IOPT_TRY(iopt_calibration_images_open(run->images, &loader, images, err));
    return compare_all(run, pair, images, out, err);
}

IoptStatus iopt_agreement_measure(const IoptAgreementRun *run, IoptAgreement *out, IoptError *err)
{
    IoptCalibrationImages images = { 0 };
    Pair pair = { 0 };

    *out = (IoptAgreement){ 0 };
    const IoptStatus status = measure(run, &pair, &images, out, err);
    iopt_calibration_images_close(&images);
    iopt_network_destroy(pair.before);
    iopt_network_destroy(pair.after);
    return status;
}
