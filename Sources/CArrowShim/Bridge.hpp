// What the files of this folder share: streams over C callbacks, errors as text, and the column types that cross.
#pragma once

#include <cstdlib>
#include <cstring>
#include <exception>
#include <memory>
#include <string>

#include <arrow/api.h>
#include <arrow/io/interfaces.h>
#include <parquet/exception.h>
#include <parquet/type_fwd.h>

#include "TableFunctions.h"

namespace vintage {

// Bytes behind a C callback, for Arrow to read.
std::shared_ptr<arrow::io::RandomAccessFile> openSource(VintageSource source);

// A C callback that takes bytes, for Arrow to write to.
std::shared_ptr<arrow::io::OutputStream> openSink(VintageSink sink);

// The type as which a column crosses the border: a dictionary as its values, long offsets as short ones, and so on.
std::shared_ptr<arrow::DataType> carriedType(const std::shared_ptr<arrow::DataType> &type);

// The schema with each column's carried type.
std::shared_ptr<arrow::Schema> carriedSchema(const arrow::Schema &schema);

// A column as another type that holds the same values.
arrow::Result<std::shared_ptr<arrow::ChunkedArray>> carried(
    const std::shared_ptr<arrow::ChunkedArray> &column, const std::shared_ptr<arrow::DataType> &type);
arrow::Result<std::shared_ptr<arrow::Array>> carried(
    const std::shared_ptr<arrow::Array> &column, const std::shared_ptr<arrow::DataType> &type);

// A message that the caller of a C function frees.
inline char *message(const char *text) {
    char *copy = strdup(text);
    return copy ? copy : strdup("");
}

// Runs code that returns a status or throws, and returns its message or null.
template <typename Body>
char *guarded(Body &&body) {
    try {
        arrow::Status status = body();
        return status.ok() ? nullptr : message(status.message().c_str());
    } catch (const std::bad_alloc &) {
        return message("out of memory");
    } catch (const parquet::ParquetStatusException &error) {
        return message(error.status().message().c_str());
    } catch (const std::exception &error) {
        return message(error.what());
    } catch (...) {
        return message("an unknown exception");
    }
}

// As `guarded`, where the caller wants a status.
template <typename Body>
arrow::Status guardedStatus(Body &&body) {
    try {
        return body();
    } catch (const std::bad_alloc &) {
        return arrow::Status::OutOfMemory("out of memory");
    } catch (const parquet::ParquetStatusException &error) {
        return error.status();
    } catch (const std::exception &error) {
        return arrow::Status::IOError(error.what());
    } catch (...) {
        return arrow::Status::UnknownError("an unknown exception");
    }
}

// Whether a type is a list of single-precision numbers, of which each may have its own length or not.
bool isListOfFloats(const arrow::DataType &type);

// The type of vectors of so many single-precision numbers.
std::shared_ptr<arrow::DataType> vectorType(int64_t dimension);

// Lists of numbers as vectors of the type; a list of another length, or with a null inside, is an error.
arrow::Result<std::shared_ptr<arrow::Array>> asVectors(
    const std::shared_ptr<arrow::Array> &column, const std::shared_ptr<arrow::DataType> &type);

// How many numbers each list of a Parquet column has, as far as the first list and the count of all numbers tell; 0 where
// they have different lengths or there is none.
int64_t vectorDimension(
    const std::shared_ptr<arrow::io::RandomAccessFile> &source, const std::shared_ptr<parquet::FileMetaData> &metadata,
    int leaf);

// Reads batches and gives each the carried types; keeps what the batches come from alive.
class CarriedReader : public arrow::RecordBatchReader {
  public:
    // Without a schema, each column's type decides alone as what it is carried.
    CarriedReader(
        std::shared_ptr<arrow::RecordBatchReader> reader, std::shared_ptr<void> owner,
        std::shared_ptr<arrow::Schema> schema = nullptr)
        : owner(std::move(owner)),
          reader(std::move(reader)),
          carriedAs(schema ? std::move(schema) : carriedSchema(*this->reader->schema())) {}

    std::shared_ptr<arrow::Schema> schema() const override { return carriedAs; }
    arrow::Status ReadNext(std::shared_ptr<arrow::RecordBatch> *batch) override;

  private:
    // Before the reader, so that it goes after it.
    std::shared_ptr<void> owner;
    std::shared_ptr<arrow::RecordBatchReader> reader;
    std::shared_ptr<arrow::Schema> carriedAs;
};

char *parquetOpen(VintageSource source, VintageParquetFile **file);
void parquetClose(VintageParquetFile *file);
char *parquetSchema(VintageParquetFile *file, struct ArrowSchema *schema);
int64_t parquetRowGroups(VintageParquetFile *file);
int64_t parquetRows(VintageParquetFile *file, int64_t rowGroup);
char *parquetCreatedBy(VintageParquetFile *file);
char *parquetStatistics(
    VintageParquetFile *file, int64_t rowGroup, int64_t column, VintageColumnStatistics *statistics);
char *parquetRead(
    VintageParquetFile *file, int64_t rowGroup, const int64_t *columns, const bool *dictionaries, int64_t count,
    struct ArrowArray *array);
char *parquetStream(
    VintageParquetFile *file, const int64_t *rowGroups, int64_t rowGroupCount, const int64_t *columns,
    int64_t columnCount, VintageReadOptions options, struct ArrowArrayStream *stream);

char *parquetWriter(
    VintageSink sink, struct ArrowSchema *schema, VintageParquetWriteOptions options, VintageWriter **writer);
char *csvWriter(VintageSink sink, struct ArrowSchema *schema, char delimiter, VintageWriter **writer);
char *write(VintageWriter *writer, struct ArrowArray *array);
char *finish(VintageWriter *writer);
void releaseWriter(VintageWriter *writer);

char *csvStream(VintageSource source, VintageCSVOptions options, struct ArrowArrayStream *stream);

char *arrowStream(VintageInput input, struct ArrowArrayStream *stream);

}  // namespace vintage
