/* Operands between two pages that nobody may touch, and the generator that fills them. */
#define _GNU_SOURCE /* MAP_ANONYMOUS */
#include "kc_operands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <math.h>

enum { SLACK_BYTE = 0xA5 };

/* [guard page][slack, then the operand, to the end of its last page][guard page] */
typedef struct KcBlock {
    struct KcBlock *next;
    unsigned char *mapping;
    size_t mapping_bytes, slack_bytes;
} KcBlock;

static size_t page_bytes(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

static _Noreturn void out_of_memory(size_t bytes)
{
    fprintf(stderr, "kcheck: no memory for an operand of %zu bytes\n", bytes);
    exit(2);
}

static void *operand(KCheck *k, size_t bytes)
{
    const size_t page = page_bytes(), pages = bytes / page + 1;
    KcBlock *const block = malloc(sizeof *block);
    if (!block)
        out_of_memory(bytes);

    block->mapping_bytes = (pages + 2) * page;
    block->slack_bytes = pages * page - bytes;
    block->mapping = mmap(NULL, block->mapping_bytes, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (block->mapping == MAP_FAILED || mprotect(block->mapping, page, PROT_NONE) != 0 ||
        mprotect(block->mapping + (pages + 1) * page, page, PROT_NONE) != 0)
        out_of_memory(bytes);
    memset(block->mapping + page, SLACK_BYTE, block->slack_bytes);
    block->next = k->blocks;
    k->blocks = block;
    return block->mapping + page + block->slack_bytes;
}

void kc_release(KCheck *k)
{
    KcBlock *block;

    while ((block = k->blocks) != NULL) {
        const unsigned char *const slack = block->mapping + page_bytes();
        size_t intact = 0;
        while (intact < block->slack_bytes && slack[intact] == SLACK_BYTE)
            intact++;
        if (intact < block->slack_bytes)
            kc_fail(k, "wrote %zu bytes before an operand", block->slack_bytes - intact);
        k->blocks = block->next;
        munmap(block->mapping, block->mapping_bytes);
        free(block);
    }
}

/* xorshift64: the same numbers on every machine and for every variant. */
static uint64_t next_random(KCheck *k)
{
    k->random ^= k->random << 13;
    k->random ^= k->random >> 7;
    k->random ^= k->random << 17;
    return k->random >> 16;
}

int64_t kc_random(KCheck *k, int64_t low, int64_t high)
{
    const uint64_t span =
        (uint64_t)high - (uint64_t)low + 1; /* unsigned: high may be the largest */

    return low + (int64_t)(next_random(k) % span);
}

float *kc_f32(KCheck *k, size_t count)
{
    float *const values = operand(k, count * sizeof *values);

    for (size_t i = 0; i < count; i++)
        values[i] = (float)kc_random(k, -(1 << 23), 1 << 23) * 0x1p-23F;
    return values;
}

float *kc_f32_nan(KCheck *k, size_t count)
{
    float *const values = operand(k, count * sizeof *values);

    for (size_t i = 0; i < count; i++)
        values[i] = NAN;
    return values;
}

/* low .. high; one value in four is an end of that. */
static int64_t random_often_extreme(KCheck *k, int64_t low, int64_t high)
{
    switch (kc_random(k, 0, 7)) {
    case 0: return low;
    case 1: return high;
    default: return kc_random(k, low, high);
    }
}

int8_t *kc_s8(KCheck *k, size_t count)
{
    int8_t *const values = operand(k, count * sizeof *values);

    for (size_t i = 0; i < count; i++)
        values[i] = (int8_t)random_often_extreme(k, INT8_MIN, INT8_MAX);
    return values;
}

uint8_t *kc_u8(KCheck *k, size_t count)
{
    uint8_t *const values = operand(k, count * sizeof *values);

    for (size_t i = 0; i < count; i++)
        values[i] = (uint8_t)random_often_extreme(k, 0, UINT8_MAX);
    return values;
}

int16_t *kc_s16(KCheck *k, size_t count)
{
    int16_t *const values = operand(k, count * sizeof *values);

    for (size_t i = 0; i < count; i++)
        values[i] = (int16_t)random_often_extreme(k, INT16_MIN, INT16_MAX);
    return values;
}

int32_t *kc_s32(KCheck *k, size_t count)
{
    int32_t *const values = operand(k, count * sizeof *values);

    for (size_t i = 0; i < count; i++)
        values[i] = (int32_t)kc_random(k, -65536, 65536);
    return values;
}

void *kc_bytes(KCheck *k, size_t bytes)
{
    void *const values = operand(k, bytes);

    memset(values, 0, bytes);
    return values;
}

void *kc_copy(KCheck *k, const void *source, size_t bytes)
{
    void *const values = operand(k, bytes);

    if (bytes)
        memcpy(values, source, bytes);
    return values;
}
