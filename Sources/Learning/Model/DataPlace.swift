import FileSystem
import ObjectStore
import SystemPackage
import Tables

import enum Tables.TableFormat
import class Workspace.Workspace

/// A file or a folder that a model is made from or kept in: of the working files, or of a snapshot in the store.
///
/// What lies in an artifact is read as the lock names it, unless a revision is told, and never from working files:
/// what a model came from can then be named.
public struct DataPlace: Sendable {
    private enum Content: Sendable {
        case working(FilePath)
        case stored(Node, Store)
    }

    /// What messages call it.
    public let name: String
    /// The snapshot that it is read from; `nil` for working files that are in none.
    public let input: Snapshot.Input?
    private let content: Content

    /// Finds what stands at a path.
    ///
    /// - Parameters:
    ///   - revision: the version; `nil` for what the lock names, or the working file where it names nothing.
    ///   - path: from the workspace's root; from an artifact's root where the revision is an artifact's own.
    /// - Throws: ``Workspace/WorkspaceError`` if there is nothing.
    public init(_ revision: String?, _ path: RelativePath, in workspace: Workspace) throws {
        let text = String(decoding: path.bytes, as: UTF8.self)
        if revision == nil, try workspace.lock().artifact(containing: path) == nil {
            try self.init(file: workspace.root.appending(path), name: text)
            return
        }
        let found = try workspace.node(revision, path)
        self.init(
            name: revision == nil || revision?.hasPrefix(text) == true
                ? revision ?? text : "\(revision ?? ""):\(text)",
            input: found.input, content: .stored(found.node, workspace.store))
    }

    /// Takes a file or a folder that is in no artifact.
    ///
    /// - Throws: ``LearningError/noData(_:)`` if there is nothing.
    public init(file: FilePath, name: String) throws {
        guard try file.status() != nil else { throw LearningError.noData("there is nothing at \(name)") }
        self.init(name: name, input: nil, content: .working(file))
    }

    /// Takes what a snapshot holds.
    init(_ snapshot: Snapshot, _ input: Snapshot.Input, _ store: Store) {
        self.init(
            name: "\(input.artifact)@\(input.snapshot.short)", input: input, content: .stored(snapshot.root, store))
    }

    private init(name: String, input: Snapshot.Input?, content: Content) {
        (self.name, self.input, self.content) = (name, input, content)
    }

    /// The names of the files in the folder, sorted; `nil` for a file.
    func names() throws -> [String]? {
        switch content {
        case .working(let path):
            guard try path.status()?.kind == .directory else { return nil }
            return try Directory(path).listing().map { String(decoding: $0, as: UTF8.self) }
        case .stored(.directory(let tree), let store):
            return try store.entries(of: tree).filter { !$0.node.isDirectory }
                .map { String(decoding: $0.name, as: UTF8.self) }.sorted()
        case .stored: return nil
        }
    }

    /// The bytes of a file in the folder; `nil` if there is none.
    ///
    /// - Parameter limit: how many bytes a file may have, so that a false one does not fill the memory.
    func contents(of file: String, limit: UInt64 = 1 << 34) throws -> [UInt8]? {
        switch content {
        case .working(let folder):
            let path = folder.appending(file)
            guard let status = try path.status() else { return nil }
            if status.size > limit { throw LearningError.malformedModel(file: file, reason: "it is too large") }
            return try path.contents()
        case .stored(.directory(let tree), let store):
            let name = Array(file.utf8)
            guard case .file(let found, _)? = try store.entries(of: tree).first(where: { $0.name == name })?.node else {
                return nil
            }
            if found.size > limit { throw LearningError.malformedModel(file: file, reason: "it is too large") }
            return try store.contents(of: found)
        case .stored: return nil
        }
    }

    /// A table: the file itself, or a file in the folder.
    func table(_ file: String?) throws -> TableSource {
        switch content {
        case .working(let path): return .file(file.map { path.appending($0) } ?? path)
        case .stored(let node, let store):
            let place = try file.map { try RelativePath($0) } ?? .root
            guard case .file(let found, _)? = try store.node(at: place, below: node) else {
                throw LearningError.noData("there is no table '\(file ?? "")' in \(name)")
            }
            // What messages call it has to end as a table's name does, which a tag's need not.
            let shown = file.map { "\(name)/\($0)" } ?? name
            let plain = input.map { String(decoding: $0.artifact.bytes, as: UTF8.self) } ?? name
            return .stored(found, store, name: TableFormat(fileName: shown) == nil ? plain : shown)
        }
    }

    /// The tables that there are to read: the file; the only table of the folder; or those that `vintage features
    /// split` made of one, `train`, `validation` and `test`.
    ///
    /// - Throws: ``LearningError/noData(_:)`` if there is none, or it cannot be told which.
    func tables() throws -> [(source: TableSource, part: RowPart?)] {
        guard let names = try names() else { return [(try table(nil), nil)] }
        let tables = names.filter { TableFormat(fileName: $0) != nil }
        if tables.count == 1 { return [(try table(tables[0]), nil)] }
        let parts = tables.compactMap { name in
            RowPart(rawValue: String(name.prefix { $0 != "." })).map { (name, $0) }
        }
        if tables.isEmpty || parts.count != tables.count || Set(parts.map(\.1)).count != parts.count {
            let listed = tables.prefix(5).joined(separator: ", ")
            throw LearningError.noData(
                "\(self.name) has " + (tables.isEmpty ? "no table" : "the tables \(listed); name one"))
        }
        return try parts.sorted { $0.1.order < $1.1.order }.map { (try table($0.0), $0.1) }
    }
}

extension DataPlace {
    /// Opens the only table that there is.
    ///
    /// - Throws: ``LearningError/noData(_:)`` if there is none or more than one, `TableError`.
    public func table(_ options: TableOptions) throws -> TableReader {
        let found = try tables()
        guard found.count == 1 else { throw LearningError.noData("\(name) has more than one table; name one") }
        return try TableReader(found[0].source, options)
    }

    /// What tells working files from others, since no snapshot does; `nil` for what is in one.
    public func digest() throws -> ObjectID? {
        guard case .working(let path) = content else { return nil }
        guard let names = try names() else { return try ObjectID(ofFile: path) }
        let listed = try names.filter { TableFormat(fileName: $0) != nil }.map { name in
            "\(try ObjectID(ofFile: path.appending(name))) \(name)\n"
        }
        return ObjectID(of: Array(listed.joined().utf8))
    }
}

/// What rows are for.
public enum RowPart: String, Sendable, CaseIterable {
    /// The model learns from them.
    case train
    /// It is told by them when to end.
    case validation
    /// It is judged by them.
    case test

    /// As they follow each other in time.
    var order: Int { Self.allCases.firstIndex(of: self) ?? 0 }

    /// As people call it.
    var title: String { self == .train ? "training" : rawValue }
}
