import Dispatch
import Synchronization
import Tables

/// Row groups that another thread reads.
final class ReadAhead: Sendable {
    private let result = Mutex<Result<RecordBatch, TableError>?>(nil)
    private let isDone = DispatchSemaphore(value: 0)

    /// Begins to read.
    init(_ reader: TableReader, _ names: [String], _ dictionaries: Set<String>, _ groups: [Int], _ threads: Int) {
        DispatchQueue.global().async {
            let result: Result<RecordBatch, TableError>
            do throws(TableError) {
                result = .success(
                    try reader.read(names, dictionaries: dictionaries, rowGroups: groups, workers: threads))
            } catch {
                result = .failure(error)
            }
            self.result.withLock { $0 = result }
            self.isDone.signal()
        }
    }

    /// The rows, when they are read. Called once.
    func batch() throws(TableError) -> RecordBatch {
        isDone.wait()
        let result = result.withLock { $0.take() }
        guard let result else { preconditionFailure("what is read ahead is taken once") }
        return try result.get()
    }
}
