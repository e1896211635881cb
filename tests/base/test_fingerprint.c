/* Fingerprint64: values that TensorFlow 2.15's tf.fingerprint gives, each branch by length. */
#include "t.h"
#include "base/fingerprint.h"

static void values_are_farmhash(Test *t)
{
    static const struct {
        size_t size;
        unsigned long long value;
    } cases[] = {
        { 0, 11160318154034397263U },   { 1, 12917804110809363939U },
        { 3, 3268219959478574187U },    { 4, 8899178591127745170U },
        { 7, 17088493756539222794U },   { 8, 10643460534063147040U },
        { 16, 17624453864830929246U },  { 17, 2237273621417572890U },
        { 32, 10824083725960157628U },  { 33, 8045080651094301868U },
        { 59, 17794768756597070524U },  { 64, 16149515108185634462U },
        { 65, 2768067016444695309U },   { 100, 15524442050350733416U },
        { 128, 10481128642166395277U }, { 129, 1060550032972533880U },
        { 250, 9016060883036773922U },
    };
    char text[250];

    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (char)('a' + i * 7 % 26);
    for (size_t i = 0; i < IOPT_COUNT(cases); i++)
        T_CHECK(t, iopt_fingerprint64(text, cases[i].size) == cases[i].value);
}

const TestCase tests_fingerprint[] = {
    TEST(values_are_farmhash),
    { 0 },
};
