/* Offsets for the checks of the gemms. */
#include "kc_offsets.h"

const int32_t *kc_offsets_random(KCheck *k, size_t count, size_t most)
{
    int32_t *const offset = kc_s32(k, count);

    for (size_t i = 0; i < count; i++)
        offset[i] = kc_random(k, 0, 5) == 0 ? KC_ZEROS : (int32_t)kc_random(k, 0, (int64_t)most);
    return offset;
}

const int32_t *kc_offsets_conv(KCheck *k, size_t size, size_t channels, size_t kernel)
{
    const size_t rows = size * size, taps = kernel * kernel, reach = kernel / 2;
    int32_t *const offset = kc_s32(k, rows * taps);

    for (size_t row = 0; row < rows; row++)
        for (size_t tap = 0; tap < taps; tap++) {
            const size_t y = row / size + tap / kernel - reach;
            const size_t x = row % size + tap % kernel - reach;
            offset[row * taps + tap] =
                y < size && x < size ? (int32_t)((y * size + x) * channels) : KC_ZEROS;
        }
    return offset;
}
