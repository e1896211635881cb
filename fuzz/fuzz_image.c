/* A photo; the first byte chooses the options of the decoder, the file follows. */
#include "formats/image.h"
#include "fuzz_input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int channels[] = { 0, 1, 3, 4 };
    IoptImage image = { 0 };
    IoptError err;

    if (size == 0)
        return 0;
    const IoptImageOptions options = {
        .channels = channels[data[0] & 3],
        .wide = (data[0] & 4) != 0,
        .accurate_dct = (data[0] & 8) != 0,
        .plain_upsampling = (data[0] & 16) != 0,
        .ratio = (data[0] & 64) != 0 ? 2 : 0,
        .max_pixels = 1 << 20,
    };
    const IoptStatus status = iopt_image_decode(data + 1, size - 1, &options, &image, &err);

    (void)status;
    iopt_image_free(&image);
    return 0;
}
