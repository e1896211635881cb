/* Text, nearest names, error context. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "t.h"

static void nearest_name_forgives_a_typo(Test *t)
{
    static const char *const names[] = { "fold_constants", "fold_batch_norms", "strip_unused" };

    T_SAME_TEXT(t, iopt_nearest("fold_constatns", names, 3), "fold_constants");
    T_SAME_TEXT(t, iopt_nearest("foldbatchnorms", names, 3), "fold_batch_norms");
    T_CHECK(t, iopt_nearest("zzz", names, 3) == NULL);
}

static void context_gives_way_to_the_cause(Test *t)
{
    char deep[600];

    memset(deep, 'x', sizeof deep - 1);
    deep[sizeof deep - 1] = 0;
    IoptStatus status = iopt_fail(&t->err, IOPT_BAD_MODEL, "the cause\nin two lines");
    status = iopt_while(&t->err, status, "%s", deep);
    T_SAME_INT(t, status, IOPT_BAD_MODEL);
    T_CHECK(t, iopt_has_suffix(t->err.text, ": the cause in two lines"));
}

static void text_grows(Test *t)
{
    IoptText text = { 0 };
    char *s;

    for (int i = 0; i < 1000; i++)
        iopt_text_printf(&text, "%d,", i % 10);
    T_OK(t, iopt_text_finish(&text, &s, &t->err));
    T_SAME_INT(t, strlen(s), 2000);
    free(s);
}

static void bytes_read_well(Test *t)
{
    T_SAME_TEXT(t, iopt_bytes_text(999).s, "999 B");
    T_SAME_TEXT(t, iopt_bytes_text(95.44e6).s, "95.4 MB");
    T_SAME_TEXT(t, iopt_bytes_text(999.99e6).s, "1.0 GB");
}

const TestCase tests_text[] = {
    TEST(nearest_name_forgives_a_typo),
    TEST(context_gives_way_to_the_cause),
    TEST(text_grows),
    TEST(bytes_read_well),
    { 0 },
};
