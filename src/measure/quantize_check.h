/* How often two graphs agree on images. */
#ifndef IOPT_MEASURE_QUANTIZE_CHECK_H
#define IOPT_MEASURE_QUANTIZE_CHECK_H

#include "graph/graph.h"
#include "iopt/engine.h"
#include "measure/loader.h"

typedef struct IoptAgreementRun {
    const IoptGraph *before, *after; /* one input for images, the same outputs */
    IoptDataset *images;
    IoptLoaderOptions loader; /* its batch is chosen here */
    IoptPlanOptions plan;
    size_t most;                                                    /* images */
    void (*progress)(void *context, const char *what, size_t done); /* or NULL */
    void *context;
} IoptAgreementRun;

typedef struct IoptAgreement {
    size_t images, agreed; /* the same class; images 0: the outputs are no classes */
    double sqnr_db;        /* of the first output: mean square over that of the difference */
} IoptAgreement;

IOPT_MUST_USE IoptStatus iopt_agreement_measure(const IoptAgreementRun *run, IoptAgreement *out,
                                                IoptError *err);

#endif
