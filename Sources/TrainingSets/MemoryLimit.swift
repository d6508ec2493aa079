import SystemPackage
import Tables

/// How much memory a join may take, and where it puts what does not fit.
///
/// It is a guide: readers, writers and the program itself take some tens of megabytes besides.
public struct MemoryLimit: Sendable {
    /// How many bytes.
    public let bytes: Int
    /// The folder of files without names that hold what does not fit.
    public let scratch: FilePath

    /// Sets a limit.
    public init(bytes: Int, scratch: FilePath) {
        (self.bytes, self.scratch) = (bytes, scratch)
    }

    /// How many rows of a source are read at once: those of many columns, as they are read and as they are compared.
    var batchSize: Int { min(max(bytes / 1024, 1 << 12), 1 << 20) }

    /// Where the memory of columns is, all of which are there at once.
    public func storage(of rows: Int, columns: Int) -> ColumnStorage {
        // A value and its bit, of the widest that are usual.
        rows * columns * 9 > bytes / 4 ? .files(in: scratch) : .memory
    }
}
