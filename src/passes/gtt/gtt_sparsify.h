/* The parts of sparsify_gather. */
#ifndef IOPT_PASSES_GTT_SPARSIFY_H
#define IOPT_PASSES_GTT_SPARSIFY_H

#include "formats/tensor_bundle.h"
#include "passes/gtt/gtt_transform.h"

/* How often each spelled input (without ^) is read, over the whole run of one pattern. */
typedef struct IoptGttRefs {
    struct IoptGttRef {
        const char *name;
        long count;
        bool erased; /* an input or output of the graph: never zero */
    } * *at;
    size_t n, capacity;
    IoptMap index;
    IoptArena *arena; /* of names and counts; borrowed */
} IoptGttRefs;

IoptStatus iopt_gtt_refs_add(IoptGttRefs *refs, const char *input, long by, long *count,
                             IoptError *err);
void iopt_gtt_refs_free(IoptGttRefs *refs);

/* Names to be deleted, the last one first. */
typedef struct IoptGttDoomed {
    const char **at;
    size_t n, capacity;
} IoptGttDoomed;

IoptStatus iopt_gtt_doom(IoptGttDoomed *doomed, const char *name, IoptError *err);

/* Deletes the doomed nodes, the inputs that read them, and what nobody reads afterwards. */
IoptStatus iopt_gtt_collect(IoptNodeList *list, IoptGttRefs *refs, IoptGttDoomed *doomed,
                            IoptError *err);

/* The slice string that the graph's restore ops have for a variable. */
IoptStatus iopt_gtt_find_slice(const IoptNodeList *list, const char *variable, IoptBytes *out,
                               IoptError *err);

/* A variable's value from the checkpoint (NULL: an error), or its slice "FULL SHAPE SLICE". */
IoptStatus iopt_gtt_read_variable(const IoptBundle *checkpoint, const char *variable,
                                  IoptBytes slice, IoptTensor **out, IoptError *err);

#endif
