/* The engine: a graph becomes a plan, the plan runs.
 *
 *   plan  everything that is decided once: shapes, fused steps, chosen kernels, packed weights,
 *         the places of all values in one slab of memory.  Never changes; any number of runs, on
 *         any number of threads, may share it.
 *   run   what one execution at a time needs: the slab and a pool of threads
 *
 *     iopt_plan_create(graph, &options, &plan, &err)
 *     iopt_run_create(plan, &run, &err)
 *     iopt_run(run, in, out, &err)      as often as wanted
 */
#ifndef IOPT_ENGINE_H
#define IOPT_ENGINE_H

#include <stdbool.h>

#include "iopt/tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct IoptGraph IoptGraph;
typedef struct IoptPlan IoptPlan;
typedef struct IoptRun IoptRun;

typedef enum IoptEngine {
    IOPT_ENGINE_FAST,     /* fused steps on the fastest kernels of this CPU */
    IOPT_ENGINE_REFERENCE /* node by node on the ops' plain-C results: slow and right */
} IoptEngine;

/* The shape of one graph input, by its name ("x" or "x:0"). */
typedef struct IoptInputShape {
    const char *name;
    IoptShape shape;
} IoptInputShape;

/* All zeros are the defaults.  Everything is borrowed until iopt_plan_create returns. */
typedef struct IoptPlanOptions {
    size_t threads; /* 0: the physical cores that this process may use */
    IoptEngine engine;
    int64_t batch; /* first dimension of every input where the graph leaves it open; 0: leave it */
    const IoptInputShape *shapes; /* fixes what the graph leaves open; must agree with it */
    size_t n_shapes;
    const char *cpu;  /* caps the instruction set as IOPT_CPU does: "c", "avx2"; NULL: no cap */
    bool no_integers; /* quantized graphs are computed in floats too, as they stand in the file */
} IoptPlanOptions;

/* One input or output of a plan. */
typedef struct IoptPort {
    const char *name; /* "node:port"; belongs to the plan */
    IoptDType dtype;
    IoptShape shape; /* -1 where only a run can tell; then the plan is interpreted */
} IoptPort;

/* What a plan takes, in bytes. */
typedef struct IoptPlanBytes {
    size_t weights; /* packed, and constants that are used as they lie in the graph */
    size_t slab;    /* all intermediate values of one run; 0 if they are only known as it runs */
    size_t scratch; /* of all threads of one run */
    size_t total;   /* the plan and one run */
} IoptPlanBytes;

/* Decides how the graph's outputs are computed from its inputs (those that the graph says; if it
 * says no inputs, every Placeholder that the outputs need, in file order).  An input may be any
 * value: what lies before it is not run.
 *
 *   graph    in: untouched; its tensors are shared, so that the plan may outlive it
 *   options  in: NULL for the defaults
 *
 * Fails with IOPT_INVALID_ARGUMENT if the graph has no outputs, on a shape for no input or one
 * that contradicts the graph, on a Placeholder that is needed but not fed; IOPT_UNSUPPORTED on a
 * needed op that we do not know, naming node and op; IOPT_BAD_MODEL where shapes contradict. */
IOPT_API IOPT_MUST_USE IoptStatus iopt_plan_create(const IoptGraph *graph,
                                                   const IoptPlanOptions *options, IoptPlan **out,
                                                   IoptError *err);
IOPT_API void iopt_plan_destroy(IoptPlan *plan); /* NULL is fine; after its runs */

IOPT_API size_t iopt_plan_inputs(const IoptPlan *plan);
IOPT_API size_t iopt_plan_outputs(const IoptPlan *plan);
IOPT_API const IoptPort *iopt_plan_input(const IoptPlan *plan, size_t i);
IOPT_API const IoptPort *iopt_plan_output(const IoptPlan *plan, size_t i);
IOPT_API size_t iopt_plan_threads(const IoptPlan *plan);
IOPT_API IoptPlanBytes iopt_plan_bytes(const IoptPlan *plan);

/* Why the plan goes node by node on the plain-C results ("shape of 'x:0' is float[?,3]"), or NULL
 * if it is a fast one. */
IOPT_API const char *iopt_plan_interpreted(const IoptPlan *plan);

/* What became of the convolutions and products of a quantized graph. */
typedef struct IoptPlanInt8 {
    size_t layers;          /* that are computed in integers */
    size_t in_floats;       /* that could not, though their inputs are quantized, */
    const char *node, *why; /* the first of these, and the reason; NULL if there is none */
} IoptPlanInt8;

IOPT_API IoptPlanInt8 iopt_plan_int8(const IoptPlan *plan);

/* One thing that a plan does; a fused step is named after the node whose value it makes. */
typedef struct IoptStepInfo {
    const char *node, *op; /* "net/conv/Relu", "Conv2D+BiasAdd+Relu" */
    const char *kernel;    /* "gemm_f32_avx512", or "plain C" */
    double macs;           /* multiply-adds of one run */
    double bytes;          /* read and written in one run, weights included */
} IoptStepInfo;

IOPT_API size_t iopt_plan_steps(const IoptPlan *plan);
IOPT_API IoptStepInfo iopt_plan_step(const IoptPlan *plan, size_t i);

/* Makes the memory and the threads for running the plan, one execution at a time. */
IOPT_API IOPT_MUST_USE IoptStatus iopt_run_create(const IoptPlan *plan, IoptRun **out,
                                                  IoptError *err);
IOPT_API void iopt_run_destroy(IoptRun *run); /* NULL is fine */

/* Computes the plan's outputs from one set of inputs.
 *
 *   run   in: made by iopt_run_create; used by one thread at a time
 *   in    in: one tensor per plan input, in plan order, NHWC; borrowed until the call returns
 *   out   out: one tensor per plan output, made by the caller to the plan's shapes; overwritten
 *
 * Allocates nothing (an interpreted plan does).  The bits of `out` do not depend on the number of
 * threads.  Fails with IOPT_INVALID_ARGUMENT if a type or shape is not the plan's, IOPT_CANCELLED
 * between two steps if the program is to stop; `out` is then untouched. */
IOPT_API IOPT_MUST_USE IoptStatus iopt_run(IoptRun *run, const IoptTensor *const *in,
                                           IoptTensor *const *out, IoptError *err);

/* The same, but makes the outputs, which the caller destroys one by one; for outputs whose shape
 * only the run can tell.  All are NULL on failure. */
IOPT_API IOPT_MUST_USE IoptStatus iopt_run_new(IoptRun *run, const IoptTensor *const *in,
                                               IoptTensor **out, IoptError *err);

/* Lets the run's threads sleep until the next call; by themselves they wait awake for some
 * milliseconds.  For whoever interleaves two runs and times both. */
IOPT_API void iopt_run_rest(IoptRun *run);

/* Starts or stops timing each step; starting sets all times to zero.  Off at first. */
IOPT_API void iopt_run_set_profile(IoptRun *run, bool on);

/* Nanoseconds that step `i` took, all profiled runs together. */
IOPT_API uint64_t iopt_run_step_ns(const IoptRun *run, size_t i);

#ifdef __cplusplus
}
#endif
#endif
