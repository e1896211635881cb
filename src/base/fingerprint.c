/* Fingerprint64: by length, up to 16, 32 and 64 bytes, and in blocks of 64.
 *
 *   source  Google's FarmHash, namespace farmhashna, whose values are fixed for ever
 */
#include "base/fingerprint.h"

static const uint64_t k0 = UINT64_C(0xc3a5c85c97cb3127);
static const uint64_t k1 = UINT64_C(0xb492b66fbe98f273);
static const uint64_t k2 = UINT64_C(0x9ae16a3b2f90404f);

typedef struct Pair {
    uint64_t first, second;
} Pair;

static uint64_t load(const unsigned char *at, size_t bytes)
{
    uint64_t word = 0;

    for (size_t i = 0; i < bytes; i++)
        word |= (uint64_t)at[i] << 8 * i;
    return word;
}

static uint64_t word(const unsigned char *at)
{
    return load(at, 8);
}

static uint64_t rotate(uint64_t value, int shift)
{
    return value >> shift | value << (64 - shift);
}

static uint64_t mix(uint64_t value)
{
    return value ^ value >> 47;
}

static uint64_t join(uint64_t u, uint64_t v, uint64_t multiplier)
{
    const uint64_t a = mix((u ^ v) * multiplier);

    return mix((v ^ a) * multiplier) * multiplier;
}

static uint64_t up_to_16(const unsigned char *s, size_t size)
{
    const uint64_t multiplier = k2 + size * 2;

    if (size >= 8) {
        const uint64_t a = word(s) + k2, b = word(s + size - 8);
        return join(rotate(b, 37) * multiplier + a, (rotate(a, 25) + b) * multiplier, multiplier);
    }
    if (size >= 4)
        return join(size + (load(s, 4) << 3), load(s + size - 4, 4), multiplier);
    if (size == 0)
        return k2;
    const uint32_t y = (uint32_t)s[0] + ((uint32_t)s[size >> 1] << 8);
    const uint32_t z = (uint32_t)size + ((uint32_t)s[size - 1] << 2);
    return mix(y * k2 ^ z * k0) * k2;
}

static uint64_t up_to_32(const unsigned char *s, size_t size)
{
    const uint64_t multiplier = k2 + size * 2;
    const uint64_t a = word(s) * k1, b = word(s + 8);
    const uint64_t c = word(s + size - 8) * multiplier, d = word(s + size - 16) * k2;

    return join(rotate(a + b, 43) + rotate(c, 30) + d, a + rotate(b + k2, 18) + c, multiplier);
}

static uint64_t up_to_64(const unsigned char *s, size_t size)
{
    const uint64_t multiplier = k2 + size * 2;
    const uint64_t a = word(s) * k2, b = word(s + 8);
    const uint64_t c = word(s + size - 8) * multiplier, d = word(s + size - 16) * k2;
    const uint64_t y = rotate(a + b, 43) + rotate(c, 30) + d;
    const uint64_t z = join(y, a + rotate(b + k2, 18) + c, multiplier);
    const uint64_t e = word(s + 16) * multiplier, f = word(s + 24);
    const uint64_t g = (y + word(s + size - 32)) * multiplier;
    const uint64_t h = (z + word(s + size - 24)) * multiplier;

    return join(rotate(e + f, 43) + rotate(g, 30) + h, e + rotate(f + a, 18) + g, multiplier);
}

/* 32 bytes into two words, seeded. */
static Pair weak(const unsigned char *s, uint64_t a, uint64_t b)
{
    const uint64_t w = word(s), x = word(s + 8), y = word(s + 16), z = word(s + 24);

    a += w;
    b = rotate(b + a + z, 21);
    const uint64_t c = a;
    a += x + y;
    b += rotate(a, 44);
    return (Pair){ a + z, b + c };
}

static uint64_t in_blocks(const unsigned char *s, size_t size)
{
    const uint64_t seed = 81;
    uint64_t x = seed * k2 + word(s), y = seed * k1 + 113, z = mix(y * k2 + 113) * k2;
    Pair v = { 0, 0 }, w = { 0, 0 };
    const unsigned char *const end = s + (size - 1) / 64 * 64;
    const unsigned char *const last = end + ((size - 1) & 63) - 63;

    do {
        x = rotate(x + y + v.first + word(s + 8), 37) * k1;
        y = rotate(y + v.second + word(s + 48), 42) * k1;
        x ^= w.second;
        y += v.first + word(s + 40);
        z = rotate(z + w.first, 33) * k1;
        v = weak(s, v.second * k1, x + w.first);
        w = weak(s + 32, z + w.second, y + word(s + 16));
        const uint64_t swapped = z;
        z = x;
        x = swapped;
        s += 64;
    } while (s != end);
    const uint64_t multiplier = k1 + ((z & 0xff) << 1);
    s = last;
    w.first += (size - 1) & 63;
    v.first += w.first;
    w.first += v.first;
    x = rotate(x + y + v.first + word(s + 8), 37) * multiplier;
    y = rotate(y + v.second + word(s + 48), 42) * multiplier;
    x ^= w.second * 9;
    y += v.first * 9 + word(s + 40);
    z = rotate(z + w.first, 33) * multiplier;
    v = weak(s, v.second * multiplier, x + w.first);
    w = weak(s + 32, z + w.second, y + word(s + 16));
    return join(join(v.first, w.first, multiplier) + mix(y) * k0 + x,
                join(v.second, w.second, multiplier) + z, multiplier);
}

uint64_t iopt_fingerprint64(const void *bytes, size_t size)
{
    if (size <= 16)
        return up_to_16(bytes, size);
    if (size <= 32)
        return up_to_32(bytes, size);
    return size <= 64 ? up_to_64(bytes, size) : in_blocks(bytes, size);
}
