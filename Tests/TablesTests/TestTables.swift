import FileSystem
import Foundation
import ObjectStore
import PythonEnvironment
import SystemPackage
import Tables

/// A temporary folder of tables, and pyarrow on the other side.
final class TestTables {
    /// A column as pyarrow reads it.
    struct ForeignColumn: Decodable, Equatable {
        let name: String
        let type: String
        let cells: [String]
    }

    let folder: FilePath

    init() throws {
        folder = FilePath(NSTemporaryDirectory()).appending("vintage-tables-\(UUID().uuidString)")
        try folder.makeDirectories()
    }

    deinit { try? folder.removeAll() }

    func path(_ name: String) -> FilePath { folder.appending(name) }

    /// Has pyarrow write the table of a name of `tables.py`.
    func write(_ table: String, as name: String? = nil) throws -> FilePath {
        let path = path(name ?? (table.hasSuffix(".csv") ? table : table + ".parquet"))
        try PythonEnvironment.python("TablesTests/tables.py", ["write", table, path.string])
        return path
    }

    func write(text: String, to name: String) throws -> FilePath {
        try path(name).replaceContents(with: Array(text.utf8))
        return path(name)
    }

    /// The columns of a file as pyarrow reads them.
    static func foreignColumns(_ path: FilePath) throws -> [ForeignColumn] {
        let cells = try PythonEnvironment.python("TablesTests/tables.py", ["cells", path.string])
        return try JSONDecoder().decode([ForeignColumn].self, from: Data(cells.utf8))
    }

    /// Stores a file in a new store of the folder.
    func store(_ path: FilePath) throws -> (FileReference, Store) {
        let store = try Store.create(at: folder.appending("store-\(UUID().uuidString)"))
        let (file, _) = try put([path], in: store)
        return (file[0], store)
    }

    /// Stores files, each after the one before it.
    ///
    /// - Returns: the files, and by how many bytes the store grew for each.
    func put(_ paths: [FilePath], in store: Store) throws -> ([FileReference], [UInt64]) {
        var (files, growth): ([FileReference], [UInt64]) = ([], [])
        for path in paths {
            let writer = try store.makeWriter()
            let size = UInt64(try path.status()?.size ?? 0)
            let archived = try Archiver(writer: writer).archive(sizes: [size]) { (_) throws(StoreError) in
                do throws(FileError) {
                    return try File(reading: path)
                } catch {
                    throw .file(error)
                }
            }
            try writer.finish()
            growth.append(writer.statistics.rawBytes)
            files.append(archived[0].file)
        }
        return (files, growth)
    }
}

extension Column {
    /// The cells as `tables.py` writes them.
    var foreignCells: [String] {
        (0..<count).map { row in
            switch cell(at: row) {
            case .null: "null"
            case .boolean(let value): value ? "true" : "false"
            case .integer(let value): "\(value)"
            case .unsigned(let value): "\(value)"
            case .number(let value): value.isNaN ? "nan" : Self.hexadecimal(value.bitPattern)
            case .text(let value): value
            case .numbers(let values): "\(values)"
            case .bytes(let value): value.map { String(format: "%02x", $0) }.joined()
            }
        }
    }

    private static func hexadecimal(_ bits: UInt64) -> String {
        let digits = String(bits, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}

/// A small seeded generator, so that a property test fails the same way each time.
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
