import CTables
import FileSystem
import ObjectStore
import Synchronization
import SystemPackage

/// Where the bytes of a table are.
public enum TableSource: Sendable {
    /// A file of the file system.
    case file(FilePath)
    /// A file of the object store, read there without a checkout; the name is for messages and tells the format.
    case stored(FileReference, Store, name: String)

    /// What messages call it.
    public var name: String {
        switch self {
        case .file(let path): displayed(path)
        case .stored(_, _, let name): name
        }
    }
}

/// How a table is written as bytes.
public enum TableFormat: String, Hashable, Sendable, CaseIterable {
    /// Apache Parquet.
    case parquet
    /// Values between commas, a row a line, the first line with the columns' names.
    case csv
    /// Values between tabs.
    case tsv

    /// What the end of a file's name says; `nil` if it says nothing.
    public init?(fileName: String) {
        let ending = fileName.split(separator: ".").last?.lowercased()
        switch ending {
        case "parquet", "pq": self = .parquet
        case "csv": self = .csv
        case "tsv": self = .tsv
        default: return nil
        }
    }

    /// What stands between values, where it is text.
    var delimiter: CChar { CChar(bitPattern: self == .tsv ? UInt8(ascii: "\t") : UInt8(ascii: ",")) }
}

/// A source that is open, as the Arrow library reads it.
final class ByteSource: Sendable {
    private enum Bytes: ~Copyable, Sendable {
        case file(File)
        case stored(StoredFile)
    }

    /// What messages call it.
    let name: String
    /// How many bytes there are.
    let size: Int64
    private let bytes: Bytes
    private let failure = Mutex<TableError?>(nil)
    private let asked = Atomic<UInt64>(0)

    init(_ source: TableSource) throws(TableError) {
        name = source.name
        switch source {
        case .file(let path):
            do throws(FileError) {
                let file = try File(reading: path)
                size = Int64(try file.status().size)
                bytes = .file(file)
            } catch {
                throw .file(error)
            }
        case .stored(let reference, let store, _):
            size = Int64(clamping: reference.size)
            bytes = .stored(StoredFile(reference, in: store))
        }
    }

    /// How many bytes were read: whole chunks, where the source is in the store.
    var bytesRead: UInt64 {
        switch bytes {
        case .file: asked.load(ordering: .relaxed)
        case .stored(let file): file.chunkBytesRead
        }
    }

    /// The error that a read failed with, else one that says why the library refused the bytes.
    func error(_ message: String) -> TableError {
        failure.withLock { $0 } ?? .unreadable(table: name, reason: message)
    }

    /// Throws what a call of the library says, if it says something.
    func check(_ message: UnsafeMutablePointer<CChar>?) throws(TableError) {
        if let message = ArrowLibrary.take(message) { throw error(message) }
    }

    /// Fills a buffer. A failure is kept for ``error(_:)``.
    func read(into target: UnsafeMutableRawBufferPointer, at offset: Int64) -> Bool {
        asked.add(UInt64(target.count), ordering: .relaxed)
        do throws(TableError) {
            try fill(target, offset)
            return true
        } catch {
            failure.withLock { if $0 == nil { $0 = error } }
            return false
        }
    }

    private func fill(_ target: UnsafeMutableRawBufferPointer, _ offset: Int64) throws(TableError) {
        switch bytes {
        case .file(let file):
            let count: Int
            do throws(FileError) {
                count = try file.read(into: target, at: offset)
            } catch {
                throw .file(error)
            }
            if count < target.count { throw .unreadable(table: name, reason: "it became shorter while it was read") }
        case .stored(let file):
            do throws(StoreError) {
                try file.read(into: target, at: UInt64(offset))
            } catch {
                throw .store(error)
            }
        }
    }

    /// The source as the library takes it; it keeps this object until it releases it.
    ///
    /// The functions are called on the library's own threads.
    func retained() -> VintageSource {
        VintageSource(
            context: Unmanaged.passRetained(self).toOpaque(), size: size,
            read: { context, offset, count, target in
                guard let context, let target else { return false }
                let source = Unmanaged<ByteSource>.fromOpaque(context).takeUnretainedValue()
                return source.read(into: .init(start: target, count: Int(count)), at: offset)
            },
            release: { context in
                if let context { Unmanaged<ByteSource>.fromOpaque(context).release() }
            })
    }
}
