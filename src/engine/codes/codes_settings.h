/* The settings step of a program on codes: what its stages need to know, and the step itself. */
#ifndef IOPT_ENGINE_CODES_SETTINGS_H
#define IOPT_ENGINE_CODES_SETTINGS_H

#include "engine/codes/codes.h"

enum { IOPT_CODES_SIDES = 2 }; /* rows of extremes: the least, the greatest */

#define IOPT_CODES_NONE SIZE_MAX

typedef struct IoptCodesSettingsJob {
    const IoptCodesProgram *codes;
    const IoptVariant *map, *range;
    size_t channels; /* of the extremes */
    bool of_reals;   /* the extremes are floats */
    bool has_work;   /* a step before has begun to fill in the work */
    size_t bias_channels;
    const int32_t *zeros; /* bias_channels of them */
    size_t *first;        /* by member: which of the inputs is its first */
    size_t *place;        /* by input: step->in[place[k]], or IOPT_CODES_NONE: a member makes it */
    IoptTensor *in;       /* types and shapes, by input */
    size_t n_inputs;      /* of all members together */
    size_t extremes;      /* step->in[extremes], or IOPT_CODES_NONE */
    size_t n_results;     /* step->out[0] .. are the program's values; then work, bias */
} IoptCodesSettingsJob;

/* One run of the step. */
typedef struct IoptCodesSettings {
    const IoptCodesSettingsJob *job;
    const IoptStep *step;
    const IoptStepCall *call;
    IoptCodesWork *work;
    int32_t *bias;   /* of the bias stage, in codes of its result */
    void *value;     /* the extremes on their way: [IOPT_CODES_SIDES][channels] */
    void *next;      /* room for those behind a stage */
    IoptRange range; /* of the codes on their way */
} IoptCodesSettings;

/* codes_stages.c: fills in the work and the range of the result; sets work->plain where only plain
 * C will do. */
IoptStatus iopt_codes_set_stages(IoptCodesSettings *s, IoptError *err);

/* The least and the greatest of all extremes as they are after the last stage that sent them on. */
void iopt_codes_find_ints(const IoptCodesSettings *s, int32_t *least, int32_t *most);
IoptRange iopt_codes_find_reals(const IoptCodesSettings *s);

#endif
