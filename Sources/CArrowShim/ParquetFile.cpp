#include "Bridge.hpp"

#include <vector>

#include <arrow/c/bridge.h>
#include <arrow/compute/cast.h>
#include <parquet/arrow/reader.h>
#include <parquet/arrow/schema.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>
#include <parquet/statistics.h>

// A Parquet file whose metadata is read. Each call that reads makes a reader of its own over the shared metadata, so
// that any number of threads read at once.
struct VintageParquetFile {
    std::shared_ptr<arrow::io::RandomAccessFile> source;
    std::shared_ptr<parquet::FileMetaData> metadata;
    // With the types that the file's columns have, and as which they are carried.
    std::shared_ptr<arrow::Schema> carriedAs;
    // The leaf of each top-level column, or -1 for one with columns inside.
    std::vector<int> leaves;
};

namespace vintage {

namespace {

arrow::Result<std::unique_ptr<parquet::arrow::FileReader>> reader(
    const VintageParquetFile &file, parquet::ArrowReaderProperties properties) {
    // Plain INT96 timestamps would overflow nanoseconds outside the years 1678 to 2262.
    properties.set_coerce_int96_timestamp_unit(arrow::TimeUnit::MICRO);
    parquet::arrow::FileReaderBuilder builder;
    ARROW_RETURN_NOT_OK(builder.Open(file.source, parquet::default_reader_properties(), file.metadata));
    builder.properties(properties);
    return builder.Build();
}

arrow::Result<std::vector<int>> leaves(const VintageParquetFile &file, const int64_t *columns, int64_t count) {
    std::vector<int> found;
    for (int64_t i = 0; i < count; i++) {
        if (columns[i] < 0 || columns[i] >= static_cast<int64_t>(file.leaves.size())) {
            return arrow::Status::Invalid("there is no column ", columns[i]);
        }
        int leaf = file.leaves[columns[i]];
        if (leaf < 0) {
            return arrow::Status::Invalid(
                "the column ", file.carriedAs->field(static_cast<int>(columns[i]))->name(), " has columns inside");
        }
        found.push_back(leaf);
    }
    return found;
}

bool isShortDictionary(const arrow::DataType &type) {
    if (type.id() != arrow::Type::DICTIONARY) return false;
    const auto &dictionary = static_cast<const arrow::DictionaryType &>(type);
    auto values = dictionary.value_type()->id();
    return dictionary.index_type()->id() == arrow::Type::INT32 &&
           (values == arrow::Type::STRING || values == arrow::Type::BINARY);
}

}  // namespace

char *parquetOpen(VintageSource source, VintageParquetFile **result) {
    return guarded([&]() -> arrow::Status {
        auto file = std::make_unique<VintageParquetFile>();
        file->source = openSource(source);
        file->metadata = parquet::ReadMetaData(file->source);
        ARROW_ASSIGN_OR_RAISE(auto opened, reader(*file, parquet::default_arrow_reader_properties()));
        std::shared_ptr<arrow::Schema> schema;
        ARROW_RETURN_NOT_OK(opened->GetSchema(&schema));
        file->carriedAs = carriedSchema(*schema);
        for (const auto &field : opened->manifest().schema_fields) {
            file->leaves.push_back(field.is_leaf() ? field.column_index : -1);
            int place = static_cast<int>(file->leaves.size()) - 1;
            const auto &type = *file->carriedAs->field(place)->type();
            if (!isListOfFloats(type) || field.children.size() != 1 || !field.children[0].is_leaf()) continue;
            int leaf = field.children[0].column_index;
            if (type.id() == arrow::Type::FIXED_SIZE_LIST) {
                file->leaves[place] = leaf;
            } else if (int64_t dimension = vectorDimension(file->source, file->metadata, leaf)) {
                file->leaves[place] = leaf;
                auto vectors = file->carriedAs->field(place)->WithType(vectorType(dimension));
                ARROW_ASSIGN_OR_RAISE(file->carriedAs, file->carriedAs->SetField(place, std::move(vectors)));
            }
        }
        *result = file.release();
        return arrow::Status::OK();
    });
}

void parquetClose(VintageParquetFile *file) { delete file; }

char *parquetSchema(VintageParquetFile *file, struct ArrowSchema *schema) {
    return guarded([&] { return arrow::ExportSchema(*file->carriedAs, schema); });
}

int64_t parquetRowGroups(VintageParquetFile *file) { return file->metadata->num_row_groups(); }

int64_t parquetRows(VintageParquetFile *file, int64_t rowGroup) {
    try {
        return file->metadata->RowGroup(static_cast<int>(rowGroup))->num_rows();
    } catch (...) {
        return 0;
    }
}

char *parquetCreatedBy(VintageParquetFile *file) { return message(file->metadata->created_by().c_str()); }

char *parquetStatistics(
    VintageParquetFile *file, int64_t rowGroup, int64_t column, VintageColumnStatistics *statistics) {
    return guarded([&]() -> arrow::Status {
        *statistics = {};
        statistics->null_count = -1;
        ARROW_ASSIGN_OR_RAISE(auto leaf, leaves(*file, &column, 1));
        auto group = file->metadata->RowGroup(static_cast<int>(rowGroup));
        auto chunk = group->ColumnChunk(leaf[0]);
        statistics->compressed_size = chunk->total_compressed_size();
        auto found = chunk->is_stats_set() ? chunk->statistics() : nullptr;
        if (!found) return arrow::Status::OK();
        if (found->HasNullCount()) statistics->null_count = found->null_count();
        if (!found->HasMinMax()) return arrow::Status::OK();
        // Statistics that cannot be read as the column's type are as good as none.
        auto type = file->carriedAs->field(static_cast<int>(column))->type();
        std::shared_ptr<arrow::Scalar> least, greatest;
        if (!parquet::arrow::StatisticsAsScalars(*found, &least, &greatest).ok()) return arrow::Status::OK();
        arrow::ArrayVector bounds;
        for (const auto &scalar : {least, greatest}) {
            auto array = arrow::MakeArrayFromScalar(*scalar, 1);
            if (!array.ok()) return arrow::Status::OK();
            auto converted = carried(*array, type);
            if (!converted.ok()) return arrow::Status::OK();
            bounds.push_back(*converted);
        }
        ARROW_ASSIGN_OR_RAISE(auto range, arrow::Concatenate(bounds));
        ARROW_RETURN_NOT_OK(arrow::ExportArray(*range, &statistics->range));
        statistics->has_range = true;
        return arrow::Status::OK();
    });
}

char *parquetRead(
    VintageParquetFile *file, int64_t rowGroup, const int64_t *columns, const bool *dictionaries, int64_t count,
    struct ArrowArray *array) {
    return guarded([&]() -> arrow::Status {
        ARROW_ASSIGN_OR_RAISE(auto wanted, leaves(*file, columns, count));
        parquet::ArrowReaderProperties properties(false);
        properties.set_pre_buffer(false);
        for (int64_t i = 0; dictionaries && i < count; i++) {
            if (dictionaries[i]) properties.set_read_dictionary(wanted[i], true);
        }
        ARROW_ASSIGN_OR_RAISE(auto opened, reader(*file, properties));
        ARROW_ASSIGN_OR_RAISE(auto table, opened->ReadRowGroup(static_cast<int>(rowGroup), wanted));
        arrow::FieldVector fields;
        arrow::ChunkedArrayVector found;
        for (int64_t i = 0; i < count; i++) {
            auto column = table->column(static_cast<int>(i));
            bool isKept = dictionaries && dictionaries[i] && isShortDictionary(*column->type());
            auto field = file->carriedAs->field(static_cast<int>(columns[i]));
            auto type = isKept ? column->type() : field->type();
            ARROW_ASSIGN_OR_RAISE(column, carried(column, type));
            fields.push_back(arrow::field(field->name(), type, field->nullable()));
            found.push_back(std::move(column));
        }
        auto whole = arrow::Table::Make(arrow::schema(fields), std::move(found), table->num_rows());
        ARROW_ASSIGN_OR_RAISE(auto batch, whole->CombineChunksToBatch());
        return arrow::ExportRecordBatch(*batch, array);
    });
}

char *parquetStream(
    VintageParquetFile *file, const int64_t *rowGroups, int64_t rowGroupCount, const int64_t *columns,
    int64_t columnCount, VintageReadOptions options, struct ArrowArrayStream *stream) {
    return guarded([&]() -> arrow::Status {
        ARROW_ASSIGN_OR_RAISE(auto wanted, leaves(*file, columns, columnCount));
        parquet::ArrowReaderProperties properties(options.use_threads);
        properties.set_pre_buffer(options.pre_buffer);
        properties.set_batch_size(options.batch_rows);
        ARROW_ASSIGN_OR_RAISE(auto opened, reader(*file, properties));
        std::vector<int> groups(rowGroups, rowGroups + rowGroupCount);
        ARROW_ASSIGN_OR_RAISE(auto batches, opened->GetRecordBatchReader(groups, wanted));
        std::shared_ptr<void> owner(opened.release(), [](void *kept) {
            delete static_cast<parquet::arrow::FileReader *>(kept);
        });
        arrow::FieldVector fields;
        for (int64_t i = 0; i < columnCount; i++) {
            fields.push_back(file->carriedAs->field(static_cast<int>(columns[i])));
        }
        auto carriedBatches = std::make_shared<CarriedReader>(
            std::shared_ptr<arrow::RecordBatchReader>(std::move(batches)), owner, arrow::schema(std::move(fields)));
        return arrow::ExportRecordBatchReader(carriedBatches, stream);
    });
}

}  // namespace vintage
