// What the program asks of the Arrow and Parquet libraries: one table of C functions.
//
// The functions stand in a library of their own, libVintageArrow, which is opened when a table is first read or
// written: loading Arrow takes about 10 ms, which a hook or `status` should not pay.
//
// A function that can fail returns a null pointer when it did not, else a message that the caller frees with free().
// No exception crosses this border. All functions may be called from any thread; a stream and a writer are used by one
// thread at a time, a Parquet file by any number at once.
#ifndef VINTAGE_TABLE_FUNCTIONS_H
#define VINTAGE_TABLE_FUNCTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "ArrowInterface.h"

#ifdef __cplusplus
extern "C" {
#endif

// Bytes that can be read at any place, by several threads at once, also by threads of Arrow's own.
typedef struct VintageSource {
    void *context;
    int64_t size;
    // Reads bytes that lie within the size. Returns false if it cannot.
    bool (*read)(void *context, int64_t offset, int64_t count, void *target);
    // Called once, when nothing reads any more.
    void (*release)(void *context);
} VintageSource;

// Bytes that come in order.
typedef struct VintageInput {
    void *context;
    // Fills a part of the target, and waits for at least one byte. Returns how many, 0 at the end, and -1 if it cannot.
    int64_t (*read)(void *context, int64_t count, void *target);
    // Called once, when nothing reads any more.
    void (*release)(void *context);
} VintageInput;

// Where written bytes go, in order.
typedef struct VintageSink {
    void *context;
    // Returns false if the bytes cannot be written.
    bool (*write)(void *context, const void *bytes, int64_t count);
    // Called once, when nothing is written any more.
    void (*release)(void *context);
} VintageSink;

typedef struct VintageParquetFile VintageParquetFile;
typedef struct VintageWriter VintageWriter;

// What a Parquet file says of one column in one row group.
typedef struct VintageColumnStatistics {
    // Bytes in the file.
    int64_t compressed_size;
    // Null count, or -1 where it is not known.
    int64_t null_count;
    // Whether the least and the greatest value are known: an array of two rows, of the column's type, then.
    bool has_range;
    struct ArrowArray range;
} VintageColumnStatistics;

typedef struct VintageReadOptions {
    // Rows of a batch at most.
    int64_t batch_rows;
    // Whether Arrow's own threads decode columns.
    bool use_threads;
    // Whether column chunks are read ahead, together where they are neighbours.
    bool pre_buffer;
} VintageReadOptions;

typedef struct VintageParquetWriteOptions {
    // zstd's level.
    int32_t compression_level;
    // Rows of a row group at most.
    int64_t row_group_rows;
    // Whether pages end where the content says, so that versions share bytes.
    bool content_defined_pages;
    bool use_threads;
} VintageParquetWriteOptions;

typedef struct VintageCSVOptions {
    char delimiter;
    // Bytes that are parsed at once; those of the first block decide on types that are not declared.
    int32_t block_size;
    bool use_threads;
    // Names of columns and their types, as a schema whose other columns are inferred; may be null.
    struct ArrowSchema *declared;
    // Only these columns, in this order; all if the count is -1.
    const char *const *columns;
    int64_t column_count;
} VintageCSVOptions;

typedef struct VintageTableFunctions {
    // The version of Arrow, as `26.0.1`.
    const char *version;

    char *(*parquet_open)(VintageSource source, VintageParquetFile **file);
    void (*parquet_close)(VintageParquetFile *file);
    char *(*parquet_schema)(VintageParquetFile *file, struct ArrowSchema *schema);
    int64_t (*parquet_row_groups)(VintageParquetFile *file);
    int64_t (*parquet_rows)(VintageParquetFile *file, int64_t row_group);
    char *(*parquet_created_by)(VintageParquetFile *file);
    char *(*parquet_statistics)(
        VintageParquetFile *file, int64_t row_group, int64_t column, VintageColumnStatistics *statistics);
    // Reads columns of one row group whole, each at most once, as a struct array in the order asked for. `dictionaries` says of each column whether its values
    // may come as 32-bit indexes into a dictionary (strings and bytes only).
    char *(*parquet_read)(
        VintageParquetFile *file, int64_t row_group, const int64_t *columns, const bool *dictionaries,
        int64_t column_count, struct ArrowArray *array);
    char *(*parquet_stream)(
        VintageParquetFile *file, const int64_t *row_groups, int64_t row_group_count, const int64_t *columns,
        int64_t column_count, VintageReadOptions options, struct ArrowArrayStream *stream);

    char *(*parquet_writer)(
        VintageSink sink, struct ArrowSchema *schema, VintageParquetWriteOptions options, VintageWriter **writer);
    char *(*csv_writer)(VintageSink sink, struct ArrowSchema *schema, char delimiter, VintageWriter **writer);
    // Takes the array, whether it can be written or not.
    char *(*write)(VintageWriter *writer, struct ArrowArray *array);
    // Writes what is left. The writer has to be released all the same.
    char *(*finish)(VintageWriter *writer);
    void (*release_writer)(VintageWriter *writer);

    char *(*csv_stream)(VintageSource source, VintageCSVOptions options, struct ArrowArrayStream *stream);

    // Arrow's streaming format. Every batch is checked, so that none reaches outside of its buffers.
    char *(*arrow_stream)(VintageInput input, struct ArrowArrayStream *stream);
} VintageTableFunctions;

// The functions, or null with a message that the caller frees. The library is looked for where the program looks for
// its own libraries: beside it, then in ../lib/vintage. Safe to call from any thread, cheap after the first call.
const VintageTableFunctions *vintage_load_table_functions(char **error);

#ifdef __cplusplus
}
#endif

#endif
