import FileSystem
import SystemPackage

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Where the memory of a column that is being made comes from.
public enum ColumnStorage: Sendable {
    /// The process's own memory.
    case memory
    /// Files without a name in a folder, which are gone with the column; the system keeps as much of them in memory as it
    /// likes.
    case files(in: FilePath)

    /// Takes zeroed memory.
    func memory(values: Int, validity: Int) throws(TableError) -> ColumnMemory {
        switch self {
        case .memory: return ColumnMemory(values: values, validity: validity)
        case .files(let folder):
            return ColumnMemory(
                values: try MappedMemory(count: values, in: folder),
                validity: try MappedMemory(count: validity, in: folder))
        }
    }
}

extension Column {
    /// The column in memory of another kind; texts without a ``Column/dictionary`` stay where they are.
    public func moved(to storage: ColumnStorage) throws(TableError) -> Column {
        guard case .files = storage else { return self }
        let width = dictionary == nil ? type.byteWidth : 4
        if width == nil, type != .boolean { return self }
        let bits = (count + 7) / 8
        let memory = try storage.memory(values: width.map { $0 * count } ?? bits, validity: bits)
        if let width {
            memory.values.copyMemory(from: values + offset * width, byteCount: width * count)
        } else {
            let target = memory.values.assumingMemoryBound(to: UInt8.self)
            copyBits(values.assumingMemoryBound(to: UInt8.self), offset, count, to: target, 0)
        }
        copyBits(validity, offset, count, to: memory.validity, 0)
        memory.letGo()
        return Column(
            type, count: count, validity: memory.validity, values: memory.values, dictionary: dictionary,
            owner: memory)
    }
}

/// Memory that is a file's. It is zero at first.
///
/// `@unchecked Sendable`: the address never changes, and who may write where is the column's business.
final class MappedMemory: @unchecked Sendable {
    let address: UnsafeMutableRawPointer
    private let length: Int

    init(count: Int, in folder: FilePath) throws(TableError) {
        let file = folder.appending(temporaryName())
        // Words at the end may be read whole, as in other memory.
        length = (count + 7) / 8 * 8 + 8
        func failure() -> TableError { .unwritable(table: displayed(file), reason: String(cString: strerror(errno))) }
        let descriptor = file.withPlatformString { open($0, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600) }
        if descriptor < 0 { throw failure() }
        defer { close(descriptor) }
        _ = file.withPlatformString { unlink($0) }
        // What is not reserved here could only be missed when it is written, by a signal.
        #if os(Linux)
            errno = posix_fallocate(descriptor, 0, off_t(length))
            if errno != 0 { throw failure() }
        #else
            if ftruncate(descriptor, off_t(length)) != 0 { throw failure() }
        #endif
        let mapped = mmap(nil, length, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0)
        guard let mapped, mapped != MAP_FAILED else { throw failure() }
        address = mapped
    }

    /// Lets the system take the memory back; the file keeps what is in it.
    func letGo() { madvise(address, length, MADV_DONTNEED) }

    deinit { munmap(address, length) }
}
