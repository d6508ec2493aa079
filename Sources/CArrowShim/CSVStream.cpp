#include "Bridge.hpp"

#include <arrow/c/bridge.h>
#include <arrow/csv/api.h>
#include <arrow/io/interfaces.h>

namespace vintage {

char *csvStream(VintageSource source, VintageCSVOptions options, struct ArrowArrayStream *stream) {
    return guarded([&]() -> arrow::Status {
        auto file = openSource(source);
        auto read = arrow::csv::ReadOptions::Defaults();
        read.use_threads = options.use_threads;
        read.block_size = options.block_size;
        auto parse = arrow::csv::ParseOptions::Defaults();
        parse.delimiter = options.delimiter;
        parse.newlines_in_values = true;
        auto convert = arrow::csv::ConvertOptions::Defaults();
        convert.strings_can_be_null = true;
        convert.quoted_strings_can_be_null = false;
        if (options.declared) {
            ARROW_ASSIGN_OR_RAISE(auto declared, arrow::ImportSchema(options.declared));
            for (const auto &field : declared->fields()) convert.column_types[field->name()] = field->type();
        }
        for (int64_t i = 0; i < options.column_count; i++) convert.include_columns.push_back(options.columns[i]);
        ARROW_ASSIGN_OR_RAISE(auto bytes, arrow::io::RandomAccessFile::GetStream(file, 0, source.size));
        ARROW_ASSIGN_OR_RAISE(
            auto batches,
            arrow::csv::StreamingReader::Make(arrow::io::default_io_context(), bytes, read, parse, convert));
        return arrow::ExportRecordBatchReader(std::make_shared<CarriedReader>(batches, file), stream);
    });
}

}  // namespace vintage
