/// What a file's content is, by its first bytes.
enum ContentKind: Equatable, CustomStringConvertible {
    /// Rows of text with a separator between columns.
    case table(separator: UInt8)
    /// A format that is known by the bytes it begins with.
    case format(String)
    /// Text of any other kind.
    case text
    /// Anything else.
    case binary
    /// No bytes at all.
    case empty

    private static let formats: [(beginning: [UInt8], name: String)] = [
        (Array("PAR1".utf8), "Parquet"), (Array("ARROW1".utf8), "Arrow"), (Array("ORC".utf8), "ORC"),
        (Array("Obj".utf8) + [1], "Avro"), ([0x93] + Array("NUMPY".utf8), "NumPy"),
        ([0x89] + Array("HDF\r\n".utf8), "HDF5"), (Array("SQLite format 3".utf8), "SQLite"),
        (Array("PK".utf8) + [3, 4], "Zip"), ([0x1f, 0x8b], "gzip"), ([0x28, 0xb5, 0x2f, 0xfd], "zstd"),
        (Array("BZh".utf8), "bzip2"), ([0xfd] + Array("7zXZ".utf8), "xz"), ([0x89] + Array("PNG".utf8), "PNG"),
        ([0xff, 0xd8, 0xff], "JPEG"), (Array("%PDF".utf8), "PDF"), (Array("GGUF".utf8), "GGUF"),
        ([0x80, 2], "pickle"), ([0x80, 3], "pickle"), ([0x80, 4], "pickle"), ([0x80, 5], "pickle"),
    ]

    /// Judges by a content's beginning, and of text by its name's ending too.
    init(of head: [UInt8], named name: [UInt8]) {
        if head.isEmpty {
            self = .empty
        } else if let format = Self.formats.first(where: { head.starts(with: $0.beginning) }) {
            self = .format(format.name)
        } else if !Self.isText(head) {
            self = .binary
        } else if let separator = Self.separator(head, name) {
            self = .table(separator: separator)
        } else {
            self = .text
        }
    }

    private static func isText(_ head: [UInt8]) -> Bool {
        if head.contains(0) { return false }
        // A character may be cut off at the end.
        return (0...3).contains { String(validating: head.dropLast($0), as: UTF8.self) != nil }
    }

    /// What separates columns: what the first two lines have the same number of.
    private static func separator(_ head: [UInt8], _ name: [UInt8]) -> UInt8? {
        let isNamed = { (ending: String) in name.suffix(4).elementsEqual(ending.utf8) }
        let lines = head.split(separator: 0x0a, maxSplits: 2).prefix(2)
        for separator in [UInt8(ascii: ","), UInt8(ascii: "\t"), UInt8(ascii: ";"), UInt8(ascii: "|")] {
            let counts = lines.map { line in line.count { $0 == separator } }
            if counts.count == 2, counts[0] > 0, counts[0] == counts[1] { return separator }
        }
        return isNamed(".csv") ? UInt8(ascii: ",") : isNamed(".tsv") ? UInt8(ascii: "\t") : nil
    }

    var description: String {
        switch self {
        case .table(UInt8(ascii: ",")): "CSV"
        case .table(UInt8(ascii: "\t")): "TSV"
        case .table: "table"
        case .format(let name): name
        case .text: "text"
        case .binary: "binary"
        case .empty: "empty"
        }
    }
}
