#include "Bridge.hpp"

#include <vector>

#include <parquet/column_reader.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>
#include <parquet/schema.h>

// Lists of numbers that all have one length, which cross the border as vectors.

namespace vintage {

bool isListOfFloats(const arrow::DataType &type) {
    switch (type.id()) {
        case arrow::Type::LIST:
        case arrow::Type::LARGE_LIST:
        case arrow::Type::FIXED_SIZE_LIST:
            return static_cast<const arrow::BaseListType &>(type).value_type()->id() == arrow::Type::FLOAT;
        default:
            return false;
    }
}

std::shared_ptr<arrow::DataType> vectorType(int64_t dimension) {
    return arrow::fixed_size_list(arrow::field("element", arrow::float32(), false), static_cast<int32_t>(dimension));
}

namespace {

// Where each list begins, and that it has the right length.
template <typename Lists>
arrow::Status findLists(const Lists &lists, int64_t dimension, std::vector<int64_t> &starts) {
    for (int64_t row = 0; row < lists.length(); row++) {
        if (lists.IsValid(row) && lists.value_length(row) != dimension) {
            return arrow::Status::Invalid(
                "a list has ", static_cast<int64_t>(lists.value_length(row)), " numbers where the first one has ",
                dimension, "; vectors of a column have one length");
        }
        starts.push_back(lists.value_offset(row));
    }
    return arrow::Status::OK();
}

}  // namespace

arrow::Result<std::shared_ptr<arrow::Array>> asVectors(
    const std::shared_ptr<arrow::Array> &column, const std::shared_ptr<arrow::DataType> &type) {
    int64_t dimension = static_cast<const arrow::FixedSizeListType &>(*type).list_size();
    int64_t count = column->length();
    std::shared_ptr<arrow::Array> numbers;
    std::vector<int64_t> starts;
    switch (column->type_id()) {
        case arrow::Type::FIXED_SIZE_LIST: {
            const auto &lists = static_cast<const arrow::FixedSizeListArray &>(*column);
            if (lists.value_length() != dimension) return arrow::Status::Invalid("vectors have different lengths");
            numbers = lists.values();
            for (int64_t row = 0; row < count; row++) starts.push_back(lists.value_offset(row));
            break;
        }
        case arrow::Type::LIST: {
            const auto &lists = static_cast<const arrow::ListArray &>(*column);
            ARROW_RETURN_NOT_OK(findLists(lists, dimension, starts));
            numbers = lists.values();
            break;
        }
        case arrow::Type::LARGE_LIST: {
            const auto &lists = static_cast<const arrow::LargeListArray &>(*column);
            ARROW_RETURN_NOT_OK(findLists(lists, dimension, starts));
            numbers = lists.values();
            break;
        }
        default:
            return arrow::Status::Invalid("a column of ", column->type()->ToString(), " holds no vectors");
    }
    if (numbers->type_id() != arrow::Type::FLOAT) return arrow::Status::Invalid("the numbers are not of single precision");
    const auto &floats = static_cast<const arrow::FloatArray &>(*numbers);
    bool isContiguous = true;
    for (int64_t row = 0; row < count; row++) {
        isContiguous = isContiguous && starts[row] == starts[0] + row * dimension;
        if (floats.null_count() == 0 || column->IsNull(row)) continue;
        for (int64_t i = 0; i < dimension; i++) {
            if (floats.IsNull(starts[row] + i)) {
                return arrow::Status::Invalid("a vector has a null inside; a vector that is not known is a null itself");
            }
        }
    }
    std::shared_ptr<arrow::Buffer> validity;
    if (column->null_count() > 0) {
        ARROW_ASSIGN_OR_RAISE(validity, arrow::AllocateBitmap(count));
        for (int64_t row = 0; row < count; row++) {
            arrow::bit_util::SetBitTo(validity->mutable_data(), row, column->IsValid(row));
        }
    }
    int64_t size = count * dimension;
    // The numbers stay where they are if they lie side by side.
    std::shared_ptr<arrow::Buffer> values;
    if (isContiguous && count > 0 && starts[0] + size <= floats.length()) {
        values = arrow::SliceBuffer(
            floats.values(), (floats.offset() + starts[0]) * static_cast<int64_t>(sizeof(float)),
            size * static_cast<int64_t>(sizeof(float)));
    } else {
        ARROW_ASSIGN_OR_RAISE(values, arrow::AllocateBuffer(size * static_cast<int64_t>(sizeof(float))));
        auto target = reinterpret_cast<float *>(values->mutable_data());
        for (int64_t row = 0; row < count; row++, target += dimension) {
            if (column->IsNull(row)) {
                std::memset(target, 0, dimension * sizeof(float));
            } else {
                std::memcpy(target, floats.raw_values() + starts[row], dimension * sizeof(float));
            }
        }
    }
    auto inner = arrow::ArrayData::Make(arrow::float32(), size, {nullptr, std::move(values)}, 0);
    return arrow::MakeArray(
        arrow::ArrayData::Make(type, count, {std::move(validity)}, {std::move(inner)}, column->null_count()));
}

int64_t vectorDimension(
    const std::shared_ptr<arrow::io::RandomAccessFile> &source, const std::shared_ptr<parquet::FileMetaData> &metadata,
    int leaf) {
    auto file = parquet::ParquetFileReader::Open(source, parquet::default_reader_properties(), metadata);
    const auto *column = metadata->schema()->Column(leaf);
    // A list with an element has this level of definition at least: that of the element, unless it may be null.
    int16_t present = column->max_definition_level();
    if (column->schema_node()->is_optional()) present--;
    int64_t dimension = 0;
    for (int group = 0; group < metadata->num_row_groups() && dimension == 0; group++) {
        auto reader = std::static_pointer_cast<parquet::FloatReader>(file->RowGroup(group)->Column(leaf));
        const int64_t size = 1 << 12;
        std::vector<int16_t> definitions(size), repetitions(size);
        std::vector<float> values(size);
        int64_t length = 0;
        bool isEnded = false;
        while (!isEnded && reader->HasNext()) {
            int64_t found;
            auto read = reader->ReadBatch(size, definitions.data(), repetitions.data(), values.data(), &found);
            for (int64_t i = 0; i < read && !isEnded; i++) {
                if (length > 0 && repetitions[i] == 0) isEnded = true;
                else if (definitions[i] >= present) length++;
            }
            if (read == 0) break;
        }
        dimension = length;
    }
    if (dimension == 0 || dimension > INT32_MAX) return 0;
    // A list that is null or empty counts as one value.
    for (int group = 0; group < metadata->num_row_groups(); group++) {
        auto description = metadata->RowGroup(group);
        int64_t more = description->ColumnChunk(leaf)->num_values() - description->num_rows();
        if (more < 0 || more > description->num_rows() * (dimension - 1)) return 0;
        if (dimension > 1 && more % (dimension - 1) != 0) return 0;
    }
    return dimension;
}

}  // namespace vintage
