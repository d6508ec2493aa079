import FileSystem
import ObjectStore
import SystemPackage
import Workspace

/// What `git diff` and `git log -p` show of a tracked file in place of its bytes: a few lines that tell versions apart.
///
///     kind     CSV
///     size     12345678
///     id       2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824
///     columns  id, time, value
///     rows     98765
public struct ContentSummary: Sendable {
    /// The lines.
    public private(set) var lines: [String] = []

    /// Rows of larger files are not counted, since a diff should come at once.
    static let countedSize: UInt64 = 256 << 20
    private static let headSize: UInt64 = 64 << 10
    private static let longestHeader = 2000

    /// Summarizes a file that git hands over: a content, or the pointer to one.
    ///
    /// - Parameter store: where contents are; without one only a pointer's own words are told.
    public init(of path: FilePath, store: Store?) throws {
        let bytes = try Self.beginning(of: path)
        if let pointer = Pointer(parsing: bytes) {
            guard let store, store.contains(pointer.content.id, kind: pointer.content.kind) else {
                add("size", "\(pointer.content.size)")
                add("id", "\(pointer.content.id)")
                lines.append("the content is not here")
                return
            }
            try describe(pointer.content, path) { (range, body) throws in
                try store.read(pointer.content, range: range) { (bytes) throws(StoreError) in body(bytes) }
            }
            return
        }
        let content = try Self.content(of: path, store)
        try describe(content, path) { (range, body) throws in try Self.read(path, range, body) }
    }

    private typealias Read = (Range<UInt64>, (UnsafeRawBufferPointer) -> Void) throws -> Void

    private static func beginning(of path: FilePath) throws -> [UInt8] {
        let file = try File(reading: path)
        return try [UInt8].reading(Pointer.maximumCount + 1) { (space) throws(FileError) in try file.read(into: space) }
    }

    private static func read(_ path: FilePath, _ range: Range<UInt64>, _ body: (UnsafeRawBufferPointer) -> Void) throws
    {
        let file = try File(reading: path)
        let buffer = ByteBuffer(capacity: 1 << 18)
        var position = range.lowerBound
        while position < range.upperBound {
            let wanted = Int(min(range.upperBound - position, UInt64(buffer.bytes.count)))
            let space = UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[..<wanted])
            let count = try file.read(into: space, at: Int64(position))
            if count == 0 { return }
            body(UnsafeRawBufferPointer(rebasing: space[..<count]))
            position += UInt64(count)
        }
    }

    /// What the store would call the content; nothing is stored.
    private static func content(of path: FilePath, _ store: Store?) throws -> FileReference {
        let file = try File(reading: path)
        guard let store else { return FileReference(id: .empty, size: UInt64(try file.status().size), level: 0) }
        let archiver = Archiver(sink: TreeOverlay(over: store), parameters: store.parameters)
        return try archiver.archive { (space) throws(StoreError) in
            do throws(FileError) {
                return try file.read(into: space)
            } catch {
                throw .file(error)
            }
        }
    }

    private mutating func add(_ name: String, _ value: String) {
        lines.append(name + String(repeating: " ", count: 9 - name.count) + value)
    }

    private mutating func describe(_ content: FileReference, _ path: FilePath, _ read: Read) throws {
        var head: [UInt8] = []
        try read(0..<min(content.size, Self.headSize)) { head += $0 }
        let kind = ContentKind(of: head, named: path.lastComponent.map { Array($0.string.utf8) } ?? [])
        add("kind", kind.description)
        add("size", "\(content.size)")
        if content.id != .empty || content.size == 0 { add("id", "\(content.id)") }
        guard case .table(let separator) = kind else { return }
        if let header = Self.header(head, separator) { add("columns", header) }
        if content.size > Self.countedSize { return add("rows", "not counted, the file is large") }
        var count = RowCount()
        try read(0..<content.size) { count.take($0) }
        add("rows", "\(max(0, count.rows - 1))")
    }

    /// The names of a table's columns.
    private static func header(_ head: [UInt8], _ separator: UInt8) -> String? {
        guard let end = head.firstIndex(of: 0x0a) else { return nil }
        let line = head[..<end].last == 0x0d ? head[..<(end - 1)] : head[..<end]
        let names = line.split(separator: separator, omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self).filter { !$0.isNewline } }
        let text = names.joined(separator: ", ")
        return text.count <= longestHeader ? text : text.prefix(longestHeader) + " …"
    }
}

/// Counts the rows of a table: its lines, but for line ends in quotes.
private struct RowCount {
    private(set) var lines = 0
    private var isQuoted = false
    private var isInRow = false

    /// The rows, one without a line end at the end of the file included.
    var rows: Int { lines + (isInRow ? 1 : 0) }

    mutating func take(_ bytes: UnsafeRawBufferPointer) {
        for byte in bytes {
            if byte == 0x0a && !isQuoted {
                lines += 1
                isInRow = false
            } else {
                if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
                isInRow = true
            }
        }
    }
}
