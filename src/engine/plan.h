/* What a plan is made of: places, steps, and the plan itself. */
#ifndef IOPT_ENGINE_PLAN_H
#define IOPT_ENGINE_PLAN_H

#include "graph/graph.h"
#include "iopt/engine.h"

typedef enum IoptBase {
    IOPT_BASE_NONE,  /* nowhere: a value that nobody placed */
    IOPT_BASE_SLAB,  /* in a buffer of the run's slab */
    IOPT_BASE_CONST, /* at a fixed address */
    IOPT_BASE_INPUT  /* in a tensor that the caller feeds */
} IoptBase;

/* Where a value lies: `rows` rows of `channels` elements, `stride` elements from row to row.  The
 * last dimension is the channels, all others together are the rows; a value that is a slice of a
 * concatenation has a stride larger than its channels. */
typedef struct IoptPlace {
    IoptBase base;
    size_t index;         /* which buffer of the plan, which input */
    size_t offset;        /* bytes from there; once the slab is laid out, from its start */
    const void *constant; /* of IOPT_BASE_CONST */
    IoptDType dtype;
    IoptShape shape;
    size_t rows, channels;
    ptrdiff_t stride;
} IoptPlace;

/* What a step sees when it runs. */
typedef struct IoptStepCall {
    char *slab;
    const IoptTensor *const *in; /* the run's inputs */
    size_t part, parts;          /* do part `part` of `parts` */
    void *scratch;               /* this thread's own, aligned */
} IoptStepCall;

typedef struct IoptStep IoptStep;
typedef IoptStatus IoptStepFn(const IoptStep *step, const IoptStepCall *call, IoptError *err);

struct IoptStep {
    IoptStepInfo info;
    IoptStepFn *run;
    const void *job; /* what `run` needs beyond the places; belongs to the plan's arena */
    IoptPlace *in, *out;
    size_t n_in, n_out;
    IoptPlace *preds; /* bools that all have to be what sides says, or the step is left out */
    const bool *sides;
    size_t n_preds;
    size_t parts;         /* into how many it may be split; a step that can fail is not split */
    size_t scratch_bytes; /* of each thread */
};

/* One buffer of the slab, alive from step `first` to step `last`, both included. */
typedef struct IoptSpan {
    size_t bytes, first, last;
    size_t offset; /* set by iopt_memory_plan */
} IoptSpan;

typedef struct IoptInterpreter IoptInterpreter;

struct IoptPlan {
    IoptGraph *graph; /* the plan's own copy, prepared; keeps constants alive */
    IoptArena *arena;
    size_t threads;
    uint32_t cpu_flags;
    IoptPort *inputs, *outputs;
    size_t n_inputs, n_outputs;
    IoptStep *steps;
    size_t n_steps, steps_capacity;
    IoptSpan *spans; /* the buffers of the slab */
    size_t n_spans, spans_capacity;
    IoptStep *result_guards; /* NULL, or for each output the conditions that it depends on */
    IoptPlace *results;      /* where the outputs lie when the last step is done */
    void **blocks;           /* packed weights and the like, each aligned */
    size_t n_blocks, blocks_capacity;
    IoptPlanBytes bytes;
    size_t scratch_bytes;    /* of one thread */
    const char *interpreted; /* the reason, or NULL */
    IoptPlanInt8 int8;
    IoptInterpreter *interpreter;
};

static inline bool iopt_place_dense(const IoptPlace *place)
{
    return place->rows <= 1 || place->stride == (ptrdiff_t)place->channels;
}

/* The address of a place in a run.  A constant is never written to. */
static inline void *iopt_place_at(const IoptPlace *place, const IoptStepCall *call)
{
    switch (place->base) {
    case IOPT_BASE_SLAB: return call->slab + place->offset;
    case IOPT_BASE_INPUT: return (char *)call->in[place->index]->data + place->offset;
    case IOPT_BASE_CONST: {
        union { /* steps take const from an input place themselves */
            const void *read;
            void *any;
        } address = { .read = place->constant };
        return address.any;
    }
    case IOPT_BASE_NONE: break;
    }
    return NULL;
}

/* The part's share of `count` things: [*begin, *end). */
static inline void iopt_part_range(const IoptStepCall *call, size_t count, size_t *begin,
                                   size_t *end)
{
    *begin = count * call->part / call->parts;
    *end = count * (call->part + 1) / call->parts;
}

#endif
