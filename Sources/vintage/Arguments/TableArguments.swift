import ArgumentParser
import FileSystem
import ObjectStore
import Tables
import Workspace

/// What a command is told of the tables it reads.
struct TableArguments: ParsableArguments {
    @Option(
        name: .customLong("format"),
        help: ArgumentHelp("parquet, csv or tsv, where the file's name does not say.", valueName: "format"))
    var format: TableFormat?

    @Option(
        name: .customLong("zone"),
        help: ArgumentHelp("The zone of timestamps without one: UTC, Europe/Berlin, +02:00.", valueName: "zone"))
    var zone: String?

    @Option(
        name: .customLong("type"),
        help: ArgumentHelp("The type of a CSV column; may be repeated.", valueName: "column=type"))
    var types: [TypeDeclaration] = []

    /// As the reader takes them. Timestamps without a zone are shown as they are.
    var options: TableOptions {
        TableOptions(
            format: format, naiveTimestamps: zone.map { .inZone($0) } ?? .kept,
            types: Dictionary(types.map { ($0.column, $0.type) }) { $1 })
    }
}

/// An argument such as `id=string`.
struct TypeDeclaration: ExpressibleByArgument {
    /// The column.
    let column: String
    /// What its values are.
    let type: ColumnType

    init?(argument: String) {
        guard let separator = argument.lastIndex(of: "="),
            let type = ColumnType(named: String(argument[argument.index(after: separator)...]))
        else { return nil }
        (column, self.type) = (String(argument[..<separator]), type)
    }
}

extension TableFormat: ExpressibleByArgument {}

/// Names of columns, with commas between them.
struct ColumnNames: ExpressibleByArgument {
    /// The names.
    let names: [String]

    init(argument: String) { names = argument.split(separator: ",").map(String.init) }
}

extension Session {
    /// Opens the table that an argument names: a revision's in the store; without a revision the working file, or what
    /// the lock names where there is none. A file outside of the workspace is read as it is.
    func table(_ argument: RawArgument, _ options: TableOptions) throws -> TableReader {
        if (try? path(argument)) == nil {
            let file = console.filePath(argument)
            if try file.status() != nil { return try TableReader(.file(file), options) }
        }
        let versioned = try VersionedPath(argument, in: self)
        guard let revision = versioned.revision else { return try workingTable(versioned.path, options) }
        return try storedTable(revision, versioned.path, options)
    }

    /// Opens the working file of a path, or what the lock names where there is none.
    func workingTable(_ path: RelativePath, _ options: TableOptions) throws -> TableReader {
        let file = workspace.root.appending(path)
        if try file.status() != nil { return try TableReader(.file(file), options) }
        return try storedTable(nil, path, options)
    }

    /// Opens a table of a revision, in the store.
    func storedTable(_ revision: String?, _ path: RelativePath, _ options: TableOptions) throws -> TableReader {
        let name = (revision.map { "\($0):" } ?? "") + String(decoding: path.bytes, as: UTF8.self)
        let content = try workspace.content(revision, path: path)
        return try TableReader(.stored(content, workspace.store, name: name), options)
    }
}
