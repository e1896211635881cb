/* The table of environment variables. */
#include "base/knobs.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"

static const IoptKnob knobs[] = {
    { "IOPT_CPU", "c|sse41|avx2|avxvnni|avx512|avx512vnni|neon|neondot",
      "caps the instruction set, so that any path of this machine can be run",
      "the best that the CPU has" },
    { "IOPT_DUMP", "DIR", "optimize writes the graph after each pass, DIR/NN_PASS.pb",
      "nothing is written" },
    { "IOPT_INT8", "0", "quantized graphs are computed in floats, as they stand in the file",
      "in integers, where they can be" },
    { "IOPT_PASS_LIMIT", "N",
      "stops rewriting after N rewrites in all, to find the guilty one by halving", "no limit" },
    { "IOPT_TRACE", "passes,plan,run",
      "tells on stderr what passes do, what a plan consists of, how long its steps take",
      "silence" },
    { "NO_COLOR", "anything", "no colours on a terminal (no-color.org); --color always wins",
      "colours on a terminal" },
};

const IoptKnob *iopt_knobs(size_t *count)
{
    *count = IOPT_COUNT(knobs);
    return knobs;
}

static bool is_listed(const char *name)
{
    for (size_t i = 0; i < IOPT_COUNT(knobs); i++)
        if (strcmp(knobs[i].name, name) == 0)
            return true;
    return false;
}

const char *iopt_knob(const char *name)
{
    assert(is_listed(name));
    (void)is_listed; /* used by the assertion only */
    const char *const value = getenv(name);
    return value && *value ? value : NULL;
}

bool iopt_knob_has(const char *name, const char *word)
{
    const char *at = iopt_knob(name);
    const size_t size = strlen(word);

    while (at) {
        const size_t length = strcspn(at, ",");
        if (length == size && strncmp(at, word, size) == 0)
            return true;
        at = at[length] ? at + length + 1 : NULL;
    }
    return false;
}
