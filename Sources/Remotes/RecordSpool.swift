import FileSystem
import ObjectStore
import Synchronization
import SystemPackage

/// Records that were received and wait until all that they need is in the store.
///
/// They are kept in a file without a name, which is gone with the process.
final class RecordSpool: Sendable {
    private struct State {
        var places: [ObjectKey: (offset: Int64, header: RecordHeader)] = [:]
        var end: Int64 = 0
    }

    private let file: File
    private let state = Mutex(State())

    /// - Parameter folder: where the file is made.
    init(in folder: FilePath) throws(RemoteError) {
        file = try withFileErrors { () throws(FileError) in
            let path = folder.appending(temporaryName())
            let file = try File(creating: path)
            try path.remove()
            return file
        }
    }

    /// Keeps a record that was checked.
    func add(_ header: RecordHeader, _ record: UnsafeRawBufferPointer) throws(RemoteError) {
        let offset = state.withLock { state in
            defer { state.end += Int64(record.count) }
            state.places[header.key] = (state.end, header)
            return state.end
        }
        try withFileErrors { () throws(FileError) in try file.write(record, at: offset) }
    }

    /// Hands the record of an object to `body`, and the object; `nil` if it is not here.
    func read<Result>(
        _ key: ObjectKey,
        _ body: (RecordHeader, UnsafeRawBufferPointer, _ content: UnsafeRawBufferPointer)
            throws(StoreError) -> Result
    ) throws(StoreError) -> Result? {
        guard let (offset, header) = state.withLock({ $0.places[key] }) else { return nil }
        let count = Int(header.recordBytes)
        let memory = ByteBuffer(capacity: count)
        let target = UnsafeMutableRawBufferPointer(rebasing: memory.bytes[..<count])
        do throws(FileError) {
            guard try file.read(into: target, at: offset) == count else {
                throw FileError(operation: "read", path: displayed(file.path), code: .ioError)
            }
        } catch {
            throw .file(error)
        }
        var scratch = ReadScratch()
        let record = UnsafeRawBufferPointer(target)
        return try body(header, record, try header.content(ofRecord: record, &scratch))
    }
}
