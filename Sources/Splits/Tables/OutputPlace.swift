import FileSystem
import SystemPackage
import Tables
import TextFormats

/// Where a split or a sample goes, decided before anything is computed.
///
/// A name that ends like a table's is a table; any other is a folder.
public struct OutputPlace: Sendable {
    /// The table or the folder.
    public let path: FilePath
    /// The table's format; `nil` for a folder.
    public let format: TableFormat?
    private let replaces: Bool

    /// Looks at a place.
    ///
    /// - Parameter replaces: whether what is there may be replaced.
    /// - Throws: ``SplitError`` if something is there that may not be; `FileError`.
    public init(_ path: FilePath, replaces: Bool) throws {
        (self.path, self.replaces) = (path, replaces)
        format = TableFormat(fileName: String(decoding: Self.name(of: path), as: UTF8.self))
        if format == nil {
            try checkFolder()
        } else if try path.status() != nil, !replaces {
            throw SplitError.outputExists(displayed(path))
        }
    }

    /// Looks at a place for a table.
    ///
    /// - Throws: ``SplitError`` if its name is not a table's, or something is there that may not be; `FileError`.
    public init(tableAt path: FilePath, replaces: Bool) throws {
        guard TableFormat(fileName: String(decoding: Self.name(of: path), as: UTF8.self)) != nil else {
            throw SplitError.notATable(displayed(path))
        }
        try self.init(path, replaces: replaces)
    }

    private static func name(of path: FilePath) -> [UInt8] {
        path.lastComponent.map { Array(FilePath(root: nil, CollectionOfOne($0)).bytes) } ?? []
    }

    private func checkFolder() throws {
        guard let status = try path.status() else { return }
        guard status.kind == .directory else { throw SplitError.outputExists(displayed(path)) }
        let names = try Directory(path).listing().map { String(decoding: $0, as: UTF8.self) }
        if names.isEmpty { return }
        if !replaces { throw SplitError.outputExists(displayed(path)) }
        // What is replaced is removed, so that it has to be known.
        if let foreign = names.first(where: { !Self.isOfSplit($0) }) {
            throw SplitError.foreignFile(foreign, folder: displayed(path))
        }
    }

    static let recordName = "split.json"

    private static func isOfSplit(_ name: String) -> Bool {
        if name == recordName || (name.hasPrefix("fold-") && Int(name.dropFirst(5)) != nil) { return true }
        let parts = name.split(separator: ".")
        let roles = RowRole.allCases.filter { !$0.isLeftOut }.map { Substring($0.name) }
        return parts.count == 2 && roles.contains(parts[0]) && TableFormat(rawValue: String(parts[1])) != nil
    }

    // MARK: Writing

    /// Writes a folder in one step: it is filled under another name and takes its place when it is whole.
    func writeFolder(_ record: JSONObject, _ fill: (FilePath) throws -> Void) throws {
        let parent = path.removingLastComponent()
        try parent.makeDirectories()
        let temporary = parent.appending(temporaryName())
        do {
            try temporary.makeDirectories()
            try fill(temporary)
            try temporary.appending(Self.recordName).replaceContents(with: Self.bytes(record))
            // Nothing is there that a split did not write, or it was refused above.
            if try path.status() != nil { try path.removeAll() }
            try temporary.rename(to: path)
        } catch {
            try? temporary.removeAll()
            throw error
        }
    }

    /// Writes the record of a table beside it: `FILE.parquet.split.json`.
    func writeRecord(_ record: JSONObject, ending: String) throws {
        let name = Self.name(of: path) + Array(ending.utf8)
        try path.removingLastComponent().appending(bytes: name).replaceContents(with: Self.bytes(record))
    }

    private static func bytes(_ record: JSONObject) -> [UInt8] { Array((JSON.object(record).text + "\n").utf8) }
}
