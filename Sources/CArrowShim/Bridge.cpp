#include "Bridge.hpp"

#include <arrow/compute/cast.h>
#include <arrow/util/config.h>

#include "include/CArrowShim.h"

namespace vintage {

namespace {

// Closing only marks the file: the callback's context lives until the last reference goes.
class CallbackSource : public arrow::io::RandomAccessFile {
  public:
    explicit CallbackSource(VintageSource source) : source(source) {}
    ~CallbackSource() override { source.release(source.context); }

    arrow::Status Close() override {
        isClosed = true;
        return arrow::Status::OK();
    }
    bool closed() const override { return isClosed; }
    arrow::Result<int64_t> Tell() const override { return position; }
    arrow::Status Seek(int64_t to) override {
        position = to;
        return arrow::Status::OK();
    }
    arrow::Result<int64_t> GetSize() override { return source.size; }

    arrow::Result<int64_t> ReadAt(int64_t offset, int64_t count, void *target) override {
        if (offset < 0 || count < 0) return arrow::Status::Invalid("a place outside the file is read");
        if (offset >= source.size) return 0;
        count = std::min(count, source.size - offset);
        if (count > 0 && !source.read(source.context, offset, count, target)) {
            return arrow::Status::IOError("the bytes from ", offset, " cannot be read");
        }
        return count;
    }

    arrow::Result<std::shared_ptr<arrow::Buffer>> ReadAt(int64_t offset, int64_t count) override {
        if (offset < 0 || count < 0) return arrow::Status::Invalid("a place outside the file is read");
        // A damaged file may ask for more than there is, which must not be allocated.
        count = std::max<int64_t>(0, std::min(count, source.size - offset));
        ARROW_ASSIGN_OR_RAISE(auto buffer, arrow::AllocateResizableBuffer(count));
        ARROW_ASSIGN_OR_RAISE(auto filled, ReadAt(offset, count, buffer->mutable_data()));
        ARROW_RETURN_NOT_OK(buffer->Resize(filled, false));
        return std::shared_ptr<arrow::Buffer>(std::move(buffer));
    }

    arrow::Result<int64_t> Read(int64_t count, void *target) override {
        ARROW_ASSIGN_OR_RAISE(auto filled, ReadAt(position, count, target));
        position += filled;
        return filled;
    }
    arrow::Result<std::shared_ptr<arrow::Buffer>> Read(int64_t count) override {
        ARROW_ASSIGN_OR_RAISE(auto buffer, ReadAt(position, count));
        position += buffer->size();
        return buffer;
    }

  private:
    VintageSource source;
    int64_t position = 0;
    bool isClosed = false;
};

class CallbackSink : public arrow::io::OutputStream {
  public:
    explicit CallbackSink(VintageSink sink) : sink(sink) {}
    ~CallbackSink() override { sink.release(sink.context); }

    arrow::Status Close() override {
        isClosed = true;
        return arrow::Status::OK();
    }
    bool closed() const override { return isClosed; }
    arrow::Result<int64_t> Tell() const override { return position; }

    arrow::Status Write(const void *bytes, int64_t count) override {
        if (count > 0 && !sink.write(sink.context, bytes, count)) {
            return arrow::Status::IOError("the bytes from ", position, " cannot be written");
        }
        position += count;
        return arrow::Status::OK();
    }

  private:
    VintageSink sink;
    int64_t position = 0;
    bool isClosed = false;
};

}  // namespace

std::shared_ptr<arrow::io::RandomAccessFile> openSource(VintageSource source) {
    return std::make_shared<CallbackSource>(source);
}

std::shared_ptr<arrow::io::OutputStream> openSink(VintageSink sink) { return std::make_shared<CallbackSink>(sink); }

std::shared_ptr<arrow::DataType> carriedType(const std::shared_ptr<arrow::DataType> &type) {
    switch (type->id()) {
        case arrow::Type::DICTIONARY:
            return carriedType(static_cast<const arrow::DictionaryType &>(*type).value_type());
        case arrow::Type::NA:
        case arrow::Type::LARGE_STRING:
        case arrow::Type::STRING_VIEW:
            return arrow::utf8();
        case arrow::Type::LARGE_BINARY:
        case arrow::Type::BINARY_VIEW:
            return arrow::binary();
        case arrow::Type::DATE64:
            return arrow::date32();
        case arrow::Type::HALF_FLOAT:
            return arrow::float32();
        case arrow::Type::DECIMAL32:
        case arrow::Type::DECIMAL64: {
            const auto &decimal = static_cast<const arrow::DecimalType &>(*type);
            return arrow::decimal128(decimal.precision(), decimal.scale());
        }
        case arrow::Type::FIXED_SIZE_LIST:
            return isListOfFloats(*type)
                       ? vectorType(static_cast<const arrow::FixedSizeListType &>(*type).list_size())
                       : type;
        case arrow::Type::EXTENSION:
            return carriedType(static_cast<const arrow::ExtensionType &>(*type).storage_type());
        default:
            return type;
    }
}

std::shared_ptr<arrow::Schema> carriedSchema(const arrow::Schema &schema) {
    arrow::FieldVector fields;
    for (const auto &field : schema.fields()) {
        fields.push_back(arrow::field(field->name(), carriedType(field->type()), field->nullable()));
    }
    return arrow::schema(std::move(fields));
}

arrow::Result<std::shared_ptr<arrow::Array>> carried(
    const std::shared_ptr<arrow::Array> &column, const std::shared_ptr<arrow::DataType> &type) {
    if (column->type_id() == arrow::Type::EXTENSION) {
        return carried(static_cast<const arrow::ExtensionArray &>(*column).storage(), type);
    }
    if (type->id() == arrow::Type::FIXED_SIZE_LIST && isListOfFloats(*type)) return asVectors(column, type);
    if (column->type()->Equals(*type)) return column;
    return arrow::compute::Cast(*column, type);
}

arrow::Result<std::shared_ptr<arrow::ChunkedArray>> carried(
    const std::shared_ptr<arrow::ChunkedArray> &column, const std::shared_ptr<arrow::DataType> &type) {
    bool isVector = type->id() == arrow::Type::FIXED_SIZE_LIST;
    if (column->type()->Equals(*type) && !isVector) return column;
    arrow::ArrayVector chunks;
    for (const auto &chunk : column->chunks()) {
        ARROW_ASSIGN_OR_RAISE(auto converted, carried(chunk, type));
        chunks.push_back(std::move(converted));
    }
    return std::make_shared<arrow::ChunkedArray>(std::move(chunks), type);
}

arrow::Status CarriedReader::ReadNext(std::shared_ptr<arrow::RecordBatch> *batch) {
    return guardedStatus([&]() -> arrow::Status {
        std::shared_ptr<arrow::RecordBatch> found;
        ARROW_RETURN_NOT_OK(reader->ReadNext(&found));
        if (!found) {
            batch->reset();
            return arrow::Status::OK();
        }
        arrow::ArrayVector columns;
        for (int i = 0; i < found->num_columns(); i++) {
            ARROW_ASSIGN_OR_RAISE(auto column, carried(found->column(i), carriedAs->field(i)->type()));
            columns.push_back(std::move(column));
        }
        *batch = arrow::RecordBatch::Make(carriedAs, found->num_rows(), std::move(columns));
        return arrow::Status::OK();
    });
}

}  // namespace vintage

extern "C" const VintageTableFunctions *vintage_table_functions(void) {
    static const VintageTableFunctions functions = {
        .version = ARROW_VERSION_STRING,
        .parquet_open = vintage::parquetOpen,
        .parquet_close = vintage::parquetClose,
        .parquet_schema = vintage::parquetSchema,
        .parquet_row_groups = vintage::parquetRowGroups,
        .parquet_rows = vintage::parquetRows,
        .parquet_created_by = vintage::parquetCreatedBy,
        .parquet_statistics = vintage::parquetStatistics,
        .parquet_read = vintage::parquetRead,
        .parquet_stream = vintage::parquetStream,
        .parquet_writer = vintage::parquetWriter,
        .csv_writer = vintage::csvWriter,
        .write = vintage::write,
        .finish = vintage::finish,
        .release_writer = vintage::releaseWriter,
        .csv_stream = vintage::csvStream,
        .arrow_stream = vintage::arrowStream,
    };
    return &functions;
}
