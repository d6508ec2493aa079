#include "Bridge.hpp"

#include <arrow/c/bridge.h>
#include <arrow/csv/writer.h>
#include <arrow/ipc/writer.h>
#include <parquet/arrow/writer.h>
#include <parquet/properties.h>

// One of the two writers, and the bytes' way out.
struct VintageWriter {
    std::shared_ptr<arrow::io::OutputStream> sink;
    std::shared_ptr<arrow::Schema> schema;
    std::unique_ptr<parquet::arrow::FileWriter> parquet;
    std::shared_ptr<arrow::ipc::RecordBatchWriter> csv;
};

namespace vintage {

namespace {

std::shared_ptr<parquet::WriterProperties> properties(
    const arrow::Schema &schema, const VintageParquetWriteOptions &options) {
    parquet::WriterProperties::Builder builder;
    builder.compression(parquet::Compression::ZSTD)
        ->compression_level(options.compression_level)
        ->max_row_group_length(options.row_group_rows)
        // A dictionary of numbers costs time, and one inserted value renumbers the pages that follow.
        ->disable_dictionary();
    for (const auto &field : schema.fields()) {
        auto type = field->type()->id();
        if (type == arrow::Type::STRING || type == arrow::Type::BINARY) {
            std::vector<std::string> path{field->name()};
            builder.enable_dictionary(std::make_shared<parquet::schema::ColumnPath>(std::move(path)));
        }
    }
    if (options.content_defined_pages) {
        // Pages near the size of the store's chunks, so that an edit costs few of either.
        builder.enable_content_defined_chunking()->content_defined_chunking_options(
            {.min_chunk_size = 64 << 10, .max_chunk_size = 256 << 10});
    }
    return builder.build();
}

}  // namespace

char *parquetWriter(
    VintageSink sink, struct ArrowSchema *schema, VintageParquetWriteOptions options, VintageWriter **result) {
    return guarded([&]() -> arrow::Status {
        auto writer = std::make_unique<VintageWriter>();
        writer->sink = openSink(sink);
        ARROW_ASSIGN_OR_RAISE(writer->schema, arrow::ImportSchema(schema));
        auto how = parquet::ArrowWriterProperties::Builder().store_schema()->set_use_threads(options.use_threads)->build();
        ARROW_ASSIGN_OR_RAISE(
            writer->parquet, parquet::arrow::FileWriter::Open(
                                 *writer->schema, arrow::default_memory_pool(), writer->sink,
                                 properties(*writer->schema, options), how));
        *result = writer.release();
        return arrow::Status::OK();
    });
}

char *csvWriter(VintageSink sink, struct ArrowSchema *schema, char delimiter, VintageWriter **result) {
    return guarded([&]() -> arrow::Status {
        auto writer = std::make_unique<VintageWriter>();
        writer->sink = openSink(sink);
        ARROW_ASSIGN_OR_RAISE(writer->schema, arrow::ImportSchema(schema));
        auto options = arrow::csv::WriteOptions::Defaults();
        options.delimiter = delimiter;
        ARROW_ASSIGN_OR_RAISE(writer->csv, arrow::csv::MakeCSVWriter(writer->sink, writer->schema, options));
        *result = writer.release();
        return arrow::Status::OK();
    });
}

char *write(VintageWriter *writer, struct ArrowArray *array) {
    return guarded([&]() -> arrow::Status {
        ARROW_ASSIGN_OR_RAISE(auto batch, arrow::ImportRecordBatch(array, writer->schema));
        return writer->parquet ? writer->parquet->WriteRecordBatch(*batch) : writer->csv->WriteRecordBatch(*batch);
    });
}

char *finish(VintageWriter *writer) {
    return guarded([&]() -> arrow::Status {
        ARROW_RETURN_NOT_OK(writer->parquet ? writer->parquet->Close() : writer->csv->Close());
        return writer->sink->Close();
    });
}

void releaseWriter(VintageWriter *writer) {
    // A writer that was not finished writes its footer when it goes, and complains of its sink in its own way.
    try {
        delete writer;
    } catch (...) {
    }
}

}  // namespace vintage
