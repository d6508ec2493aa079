import Features
import FileSystem
import ObjectStore
import Tables

import enum Tables.TableFormat

import struct Workspace.Lock
import class Workspace.Workspace

/// A table that rows come from, and which snapshot of which artifact it belongs to.
public struct SourceFile: Sendable {
    /// Where it is, from the workspace's root.
    public let path: RelativePath
    /// The snapshot that it is read from; `nil` for a file that is in none.
    public let input: Snapshot.Input?
    /// Its bytes.
    public let table: TableSource

    /// Names a table.
    public init(path: RelativePath, input: Snapshot.Input?, table: TableSource) {
        (self.path, self.input, self.table) = (path, input, table)
    }
}

/// Where the tables of sources are found.
public protocol SourceCatalog: Sendable {
    /// The tables that a source reads, in the order in which their rows count.
    ///
    /// - Throws: ``TrainingSetError/noFiles(source:path:state:)``, and what keeps listings from being read.
    func files(of source: FeatureSource) throws -> [SourceFile]
}

/// The tables of a lock's snapshots, read in the store.
public struct StoredSources: SourceCatalog {
    private let store: Store
    private let lock: Lock
    private let state: String

    /// Finds tables in the snapshots of a lock.
    ///
    /// - Parameter state: what messages call the lock.
    public init(_ store: Store, _ lock: Lock, state: String) {
        (self.store, self.lock, self.state) = (store, lock, state)
    }

    /// The tables that a source reads, in the order of their paths.
    public func files(of source: FeatureSource) throws -> [SourceFile] {
        let folder = source.path.folder
        var artifacts = lock.artifacts(inside: folder).map { ($0.path, $0.snapshot) }
        if let outer = lock.artifact(containing: folder), outer != folder, let id = lock[outer] {
            artifacts.append((outer, id))
        }
        var files: [SourceFile] = []
        for (artifact, id) in artifacts {
            let root = try store.snapshot(id).root
            let input = Snapshot.Input(artifact: artifact, snapshot: id)
            // What lies outside the folder need not be listed.
            let start = folder.relative(to: artifact) ?? .root
            guard let node = try store.node(at: start, below: root) else { continue }
            try append(artifact.appending(start), node, source, input, to: &files)
        }
        if files.isEmpty { throw TrainingSetError.noFiles(source: source.name, path: source.path.text, state: state) }
        return files.sorted { $0.path < $1.path }
    }

    private func append(
        _ path: RelativePath, _ node: Node, _ source: FeatureSource, _ input: Snapshot.Input,
        to files: inout [SourceFile]
    ) throws {
        switch node {
        case .directory(let tree):
            for entry in try store.entries(of: tree) {
                try append(path.appending(component: entry.name), entry.node, source, input, to: &files)
            }
        case .file(let reference, _):
            let name = String(decoding: path.bytes, as: UTF8.self)
            // A folder may hold other things than tables.
            let isTable = source.path.folder == path || source.format != nil || TableFormat(fileName: name) != nil
            guard isTable, source.path.matches(path) else { return }
            files.append(SourceFile(path: path, input: input, table: .stored(reference, store, name: name)))
        case .link: return
        }
    }
}
