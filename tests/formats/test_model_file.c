/* Files are recognized by what is in them, and refused with a hint. */
#include <string.h>
#include <sys/stat.h>

#include "formats/model_file.h"
#include "platform/file.h"
#include "t.h"

static const char *graph_path(const char *name)
{
    return t_path(t_path(t_data_dir(), "graphs"), name);
}

static const char *write_file(Test *t, const void *bytes, size_t size)
{
    const char *const path = t_path(t_temp_dir(), "model");
    IoptOutput *output;

    T_OK(t, iopt_output_open(path, &output, &t->err));
    T_OK(t, iopt_output_write(output, bytes, size, &t->err));
    T_OK(t, iopt_output_commit(output, &t->err));
    return path;
}

static void binary_and_text_load(Test *t)
{
    static const char *const files[] = { "hand_wire_forms.pb", "hand_text_forms.pbtxt",
                                         "library_function.pbtxt" };
    IoptGraph *graph;

    for (size_t i = 0; i < IOPT_COUNT(files); i++) {
        T_OK(t, iopt_model_load(graph_path(files[i]), NULL, &graph, &t->err));
        T_CHECK(t, graph->n_nodes > 0);
        iopt_graph_destroy(graph);
    }
}

#define CASE(bytes, status, text)              \
    {                                          \
        bytes, sizeof(bytes) - 1, status, text \
    }

static void strangers_are_named(Test *t)
{
    static const struct {
        const char *bytes;
        size_t size;
        IoptStatus status;
        const char *text;
    } cases[] = {
        CASE("", IOPT_BAD_MODEL, "is empty"),
        CASE("<!DOCTYPE html>\n<html>", IOPT_BAD_MODEL, "is an HTML page"),
        CASE("\n  <html><head>", IOPT_BAD_MODEL, "is an HTML page"),
        CASE("version https://git-lfs.github.com/spec/v1\noid sha256:00", IOPT_BAD_MODEL,
             "git lfs pull"),
        CASE("\x1c\0\0\0TFL3", IOPT_BAD_MODEL, "TensorFlow Lite"),
        CASE("\x89HDF\r\n\x1a\n", IOPT_BAD_MODEL, "Keras HDF5"),
        CASE("PK\x03\x04\0\0", IOPT_BAD_MODEL, "zip archive"),
        CASE("\x1f\x8b\x08\0", IOPT_BAD_MODEL, "gunzip"),
        CASE("GIF89a", IOPT_BAD_MODEL, "GIF image"),
        CASE("\x08\x07\x12\x07pytorch\x3a\x00", IOPT_BAD_MODEL, "ONNX"),
        CASE("hello world", IOPT_BAD_MODEL, "no graph: it begins with 'hello'"),
        CASE("\xff\xfe\x01\x02\x03\x04", IOPT_BAD_MODEL, "no protocol buffer"),
        CASE("\x08\x01\x12\x02\x12\x00", IOPT_UNSUPPORTED, "is a SavedModel"),
        CASE("saved_model_schema_version: 1", IOPT_UNSUPPORTED, "is a SavedModel"),
        CASE("\x0a\x04\x2a\002ab\x12\x00", IOPT_UNSUPPORTED, "a checkpoint's graph"),
        CASE("meta_info_def {", IOPT_UNSUPPORTED, "a checkpoint's graph"),
    };
    IoptGraph *graph;

    for (size_t i = 0; i < IOPT_COUNT(cases); i++) {
        T_FAILS(
            t, iopt_model_load(write_file(t, cases[i].bytes, cases[i].size), NULL, &graph, &t->err),
            cases[i].status, cases[i].text);
        T_CHECK(t, graph == NULL);
    }
}

static void paths_are_checked(Test *t)
{
    const char *const directory = t_path(t_temp_dir(), "saved");
    IoptGraph *graph;

    T_FAILS(t, iopt_model_load("/nonexistent/net.pb", NULL, &graph, &t->err), IOPT_NOT_FOUND,
            "'/nonexistent/net.pb'");
    T_FAILS(t, iopt_model_load(t_temp_dir(), NULL, &graph, &t->err), IOPT_BAD_MODEL,
            "is a directory without saved_model.pb");
    T_CHECK(t, mkdir(directory, 0700) == 0);
    IoptOutput *output;
    T_OK(t, iopt_output_open(t_path(directory, "saved_model.pb"), &output, &t->err));
    T_OK(t, iopt_output_commit(output, &t->err));
    T_FAILS(t, iopt_model_load(directory, NULL, &graph, &t->err), IOPT_UNSUPPORTED,
            "is a SavedModel");
}

/* Each golden bad_* file is refused with a message that has these words. */
static void golden_bad_files_are_refused(Test *t)
{
    static const struct {
        const char *path, *text;
    } cases[] = {
        { "bad_empty_file/model/graph.pb", "is empty" },
        { "bad_gif/model/graph.pb", "GIF" },
        { "bad_html/model/graph.pb", "HTML" },
        { "bad_is_saved_model/model/graph.pb", "SavedModel" },
        { "bad_keras_h5/model/model.h5", "Keras" },
        { "bad_lfs_pointer/model/graph.pb", "git lfs pull" },
        { "bad_onnx/model/model.onnx", "ONNX" },
        { "bad_random_bytes/model/graph.pb", "GraphDef" },
        { "bad_tflite/model/model.tflite", "TensorFlow Lite" },
        { "bad_truncated/model/graph.pb", "not a whole GraphDef" },
        { "bad_no_nodes/model/graph.pb", "without nodes" },
        { "tf115_ckpt_meta_text/model", "directory" },
    };
    IoptGraph *graph;

    if (!t_shared_dir())
        return;
    const char *const formats = t_path(t_shared_dir(), "golden/formats");
    for (size_t i = 0; i < IOPT_COUNT(cases); i++) {
        const IoptStatus status =
            iopt_model_load(t_path(formats, cases[i].path), NULL, &graph, &t->err);
        if (status == IOPT_OK || !strstr(t->err.text, cases[i].text))
            T_FAIL(t, "%s: '%s' lacks '%s'", cases[i].path, t->err.text, cases[i].text);
    }
}

/* SavedModels and checkpoints of the corpus are recognized as what they are. */
static void golden_forms_are_recognized(Test *t)
{
    static const struct {
        const char *pattern;
        IoptModelForm form;
    } cases[] = {
        { "golden/formats/tf*/model/saved_model.pb", IOPT_MODEL_SAVED_MODEL },
        { "golden/formats/tf*/model/saved_model.pbtxt", IOPT_MODEL_SAVED_MODEL },
        { "golden/formats/tf*/model/*.meta", IOPT_MODEL_META },
        { "golden/formats/tf*/model/graph.pb", IOPT_MODEL_GRAPHDEF },
        { "golden/formats/tf*/model/graph.pbtxt", IOPT_MODEL_PBTXT },
    };
    IoptModelForm form;
    IoptBuffer *file;
    char **paths;
    size_t count;

    for (size_t i = 0; t_shared_dir() && i < IOPT_COUNT(cases); i++) {
        T_OK(t, iopt_glob(t_path(t_shared_dir(), cases[i].pattern), &paths, &count, &t->err));
        for (size_t k = 0; k < count; k++) {
            T_OK(t, iopt_file_map(paths[k], &file, &t->err));
            const IoptBytes bytes = { iopt_buffer_data(file), iopt_buffer_bytes(file) };
            if (iopt_model_recognize(paths[k], bytes, &form, &t->err) != IOPT_OK ||
                form != cases[i].form)
                T_FAIL(t, "%s is taken for form %d", paths[k], (int)form);
            iopt_buffer_unref(file);
        }
        iopt_names_free(paths, count);
    }
}

const TestCase tests_model_file[] = {
    TEST(binary_and_text_load),         TEST(strangers_are_named),         TEST(paths_are_checked),
    TEST(golden_bad_files_are_refused), TEST(golden_forms_are_recognized), { 0 },
};
