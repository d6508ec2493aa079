#include "Bridge.hpp"

#include <algorithm>

#include <arrow/c/bridge.h>
#include <arrow/ipc/reader.h>

namespace vintage {

namespace {

// Bytes of a callback, one after another.
class CallbackInput : public arrow::io::InputStream {
  public:
    explicit CallbackInput(VintageInput input) : input(input) {}
    ~CallbackInput() override { input.release(input.context); }

    arrow::Status Close() override {
        isClosed = true;
        return arrow::Status::OK();
    }
    bool closed() const override { return isClosed; }
    arrow::Result<int64_t> Tell() const override { return position; }

    arrow::Result<int64_t> Read(int64_t count, void *target) override {
        int64_t filled = 0;
        while (filled < count) {
            int64_t found = input.read(input.context, count - filled, static_cast<uint8_t *>(target) + filled);
            if (found < 0) return arrow::Status::IOError("the bytes from ", position + filled, " cannot be read");
            if (found == 0) break;
            filled += found;
        }
        position += filled;
        return filled;
    }

    // What damaged bytes say that there is need not be there, and is not allocated before it came.
    arrow::Result<std::shared_ptr<arrow::Buffer>> Read(int64_t count) override {
        if (count < 0) return arrow::Status::Invalid("fewer than no bytes are read");
        ARROW_ASSIGN_OR_RAISE(auto buffer, arrow::AllocateResizableBuffer(0));
        int64_t filled = 0;
        while (filled < count) {
            int64_t more = std::min(count - filled, std::max<int64_t>(firstPiece, filled));
            ARROW_RETURN_NOT_OK(buffer->Resize(filled + more, false));
            ARROW_ASSIGN_OR_RAISE(auto found, Read(more, buffer->mutable_data() + filled));
            filled += found;
            if (found < more) break;
        }
        ARROW_RETURN_NOT_OK(buffer->Resize(filled, false));
        return std::shared_ptr<arrow::Buffer>(std::move(buffer));
    }

  private:
    static constexpr int64_t firstPiece = 1 << 20;

    VintageInput input;
    int64_t position = 0;
    bool isClosed = false;
};

// Batches whose offsets and texts were looked at: whoever sends them may send anything.
class CheckedReader : public arrow::RecordBatchReader {
  public:
    explicit CheckedReader(std::shared_ptr<arrow::RecordBatchReader> reader) : reader(std::move(reader)) {}

    std::shared_ptr<arrow::Schema> schema() const override { return reader->schema(); }

    arrow::Status ReadNext(std::shared_ptr<arrow::RecordBatch> *batch) override {
        return guardedStatus([&]() -> arrow::Status {
            ARROW_RETURN_NOT_OK(reader->ReadNext(batch));
            return *batch ? (*batch)->ValidateFull() : arrow::Status::OK();
        });
    }

  private:
    std::shared_ptr<arrow::RecordBatchReader> reader;
};

}  // namespace

char *arrowStream(VintageInput input, struct ArrowArrayStream *stream) {
    return guarded([&]() -> arrow::Status {
        std::shared_ptr<arrow::io::InputStream> bytes = std::make_shared<CallbackInput>(input);
        auto options = arrow::ipc::IpcReadOptions::Defaults();
        options.use_threads = false;
        ARROW_ASSIGN_OR_RAISE(auto batches, arrow::ipc::RecordBatchStreamReader::Open(bytes, options));
        auto checked = std::make_shared<CheckedReader>(batches);
        return arrow::ExportRecordBatchReader(std::make_shared<CarriedReader>(checked, bytes), stream);
    });
}

}  // namespace vintage
