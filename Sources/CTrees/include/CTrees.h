// XGBoost's C API, opened when trees are first trained or used, so that other commands start without it and a build needs
// none of its headers. The functions and their meaning: https://xgboost.readthedocs.io/en/stable/c.html
#ifndef VINTAGE_CTREES_H
#define VINTAGE_CTREES_H

#include <stdbool.h>
#include <stdint.h>

// Functions that return 0, or -1 and leave a message in `last_error`.
typedef struct {
    void (*version)(int *major, int *minor, int *patch);
    const char *(*last_error)(void);
    int (*set_global)(const char *json);
    // rows x columns, row by row.
    int (*matrix)(const float *values, uint64_t rows, uint64_t columns, float missing, void **matrix);
    // The same on several threads: the values as NumPy's array interface in JSON, and settings.
    int (*dense)(const char *values, const char *json, void **matrix);
    int (*free_matrix)(void *matrix);
    int (*set_floats)(void *matrix, const char *field, const float *values, uint64_t count);
    int (*create)(void *const *matrices, uint64_t count, void **booster);
    int (*free_booster)(void *booster);
    int (*set)(void *booster, const char *name, const char *value);
    int (*update)(void *booster, int round, void *matrix);
    // A round's trees from derivatives of a loss of the caller's own: first and second, a number each for each row.
    int (*boost)(void *booster, void *matrix, float *first, float *second, uint64_t count);
    int (*evaluate)(void *booster, int round, void **matrices, const char **names, uint64_t count, const char **text);
    int (*predict)(
        void *booster, void *matrix, const char *json, uint64_t const **shape, uint64_t *dimensions,
        float const **values);
    int (*feature_count)(void *booster, uint64_t *count);
    int (*slice)(void *booster, int first, int end, int step, void **slice);
    int (*save)(void *booster, const char *json, uint64_t *count, const char **bytes);
    int (*load)(void *booster, const void *bytes, uint64_t count);
    int (*serialize)(void *booster, uint64_t *count, const char **bytes);
    int (*unserialize)(void *booster, const void *bytes, uint64_t count);
} VintageTreeFunctions;

// Opens the library and finds the functions; null, with a message that the caller must not free, if that fails. Threads may
// call it at once.
const VintageTreeFunctions *vintage_tree_functions(const char **message);

#endif
