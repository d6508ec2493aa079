#include "CTrees.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>
#include <string.h>

static VintageTreeFunctions functions;
static char failure[512];
static bool is_open;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void fail(const char *text) {
    strncpy(failure, text, sizeof failure - 1);
}

static void open_library(void) {
#if defined(__APPLE__)
    static const char *const names[] = {
        "libxgboost.dylib", "/opt/homebrew/lib/libxgboost.dylib", "/usr/local/lib/libxgboost.dylib"};
#else
    static const char *const names[] = {"libxgboost.so.0", "libxgboost.so"};
#endif
    void *library = NULL;
    for (size_t i = 0; i < sizeof names / sizeof *names && !library; i++)
        library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        const char *text = dlerror();
        fail(text ? text : "it is not there");
        return;
    }
    const struct { const char *name; void **place; } needed[] = {
        {"XGBoostVersion", (void **)&functions.version},
        {"XGBGetLastError", (void **)&functions.last_error},
        {"XGBSetGlobalConfig", (void **)&functions.set_global},
        {"XGDMatrixCreateFromMat", (void **)&functions.matrix},
        {"XGDMatrixCreateFromDense", (void **)&functions.dense},
        {"XGDMatrixFree", (void **)&functions.free_matrix},
        {"XGDMatrixSetFloatInfo", (void **)&functions.set_floats},
        {"XGBoosterCreate", (void **)&functions.create},
        {"XGBoosterFree", (void **)&functions.free_booster},
        {"XGBoosterSetParam", (void **)&functions.set},
        {"XGBoosterUpdateOneIter", (void **)&functions.update},
        {"XGBoosterBoostOneIter", (void **)&functions.boost},
        {"XGBoosterEvalOneIter", (void **)&functions.evaluate},
        {"XGBoosterPredictFromDMatrix", (void **)&functions.predict},
        {"XGBoosterGetNumFeature", (void **)&functions.feature_count},
        {"XGBoosterSlice", (void **)&functions.slice},
        {"XGBoosterSaveModelToBuffer", (void **)&functions.save},
        {"XGBoosterLoadModelFromBuffer", (void **)&functions.load},
        {"XGBoosterSerializeToBuffer", (void **)&functions.serialize},
        {"XGBoosterUnserializeFromBuffer", (void **)&functions.unserialize},
    };
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++) {
        *needed[i].place = dlsym(library, needed[i].name);
        if (!*needed[i].place) {
            fail("it has no ");
            strncat(failure, needed[i].name, sizeof failure - strlen(failure) - 1);
            return;
        }
    }
    is_open = true;
}

const VintageTreeFunctions *vintage_tree_functions(const char **message) {
    pthread_once(&once, open_library);
    if (is_open) return &functions;
    *message = failure;
    return NULL;
}
