/* kcheck [--bench] [KERNEL]: runs the checks of all kernels or of one, for each variant of this
 * CPU.
 *
 * Plain, it compares and ends with "N passed, N failed"; a result is one variant of one kernel.
 * With --bench it times instead: a line per case and variant, best of some rounds. */
#include "kcheck.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "kc_operands.h"
#include "platform/cpu.h"

#define IOPT_KERNEL(name) extern const IoptKernel iopt_kernel_##name;
#include "kernels/kernel_list.inc"
#undef IOPT_KERNEL

typedef struct Check {
    const IoptKernel *kernel;
    void (*run)(KCheck *k, IoptKernelFn ref_fn, IoptKernelFn new_fn);
} Check;

static const Check checks[] = {
#define IOPT_KERNEL(name) { &iopt_kernel_##name, kcheck_##name },
#include "kernels/kernel_list.inc"
#undef IOPT_KERNEL
    { 0 }
};

static const KCheck *running;

/* Someone touched a page that nobody may touch: says who, as far as a signal handler can. */
static void die_with_case(int signal_number)
{
    const char *const parts[] = { "kcheck: crash in ",
                                  running ? running->kernel->name : "no kernel",
                                  "_",
                                  running ? running->variant->name : "",
                                  ", ",
                                  running ? running->label : "",
                                  "\n" };

    (void)signal_number;
    for (size_t i = 0; i < IOPT_COUNT(parts); i++)
        if (write(STDERR_FILENO, parts[i], strlen(parts[i])) < 0)
            break;
    _exit(3);
}

/* Whether the check of this variant found nothing. */
static bool run_check(const Check *check, const IoptVariant *variant, bool bench)
{
    KCheck k = {
        .kernel = check->kernel,
        .reference = &check->kernel->variants[0],
        .variant = variant,
        .bench = bench,
        .random = 88172645463325252U,
    };

    running = &k;
    kc_case(&k, "first case");
    check->run(&k, k.reference->fn, variant->fn);
    kc_release(&k);
    running = NULL;
    if (!bench)
        printf("%-6s %s_%s\n", k.failures ? "FAILED" : "ok", check->kernel->name, variant->name);
    return k.failures == 0;
}

static void print_head(uint32_t cpu)
{
    printf("%s, %s; measured peak, one thread: %.1f GMAC/s\n", iopt_cpu_name(),
           iopt_cpu_isa_text(cpu), kc_peak_gmacs(cpu));
}

int main(int argc, char **argv)
{
    const uint32_t cpu = iopt_cpu_flags();
    const bool bench = argc > 1 && strcmp(argv[1], "--bench") == 0;
    const char *const only = argc > 1 + bench ? argv[1 + bench] : NULL;
    size_t passed = 0, failed = 0;

    signal(SIGSEGV, die_with_case);
    signal(SIGBUS, die_with_case);
    if (bench)
        print_head(cpu);
    for (const Check *check = checks; check->kernel; check++) {
        if (only && strcmp(only, check->kernel->name) != 0)
            continue;
        for (size_t i = 0; i < check->kernel->count; i++) {
            const IoptVariant *const variant = &check->kernel->variants[i];
            if (variant->cpu & ~cpu)
                continue;
            if (run_check(check, variant, bench))
                passed++;
            else
                failed++;
        }
    }
    if (only && passed + failed == 0) {
        fprintf(stderr, "kcheck: no kernel '%s'\n", only);
        return 2;
    }
    printf("%zu passed, %zu failed\n", passed, failed);
    return failed ? 1 : 0;
}
