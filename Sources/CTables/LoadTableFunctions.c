#define _GNU_SOURCE
#include "TableFunctions.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#ifdef __APPLE__
#define LIBRARY "@rpath/libVintageArrow.dylib"
#else
#define LIBRARY "libVintageArrow.so"
#endif

typedef const VintageTableFunctions *(*Entry)(void);

static pthread_once_t once = PTHREAD_ONCE_INIT;
static const VintageTableFunctions *functions;
static char *failure;

static void load(void) {
    // Columns come and go in pieces of megabytes, which the pools that give memory back at once make anew each time.
    setenv("ARROW_DEFAULT_MEMORY_POOL", "system", 0);
    void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
    Entry entry = library ? (Entry)dlsym(library, "vintage_table_functions") : NULL;
    if (entry) {
        functions = entry();
    } else {
        const char *message = dlerror();
        failure = strdup(message ? message : "the library " LIBRARY " has no functions");
    }
}

const VintageTableFunctions *vintage_load_table_functions(char **error) {
    pthread_once(&once, load);
    if (!functions && error) *error = strdup(failure ? failure : "out of memory");
    return functions;
}
