import Features
import FileSystem
import ObjectStore
import Tables

import class Workspace.Workspace

/// The tables of sources in given snapshots of artifacts, read in the store.
struct SourceSnapshots {
    let workspace: Workspace
    /// The snapshot of each artifact.
    let snapshots: [RelativePath: ObjectID]

    /// The rows of the plan's sources, as far as they are there.
    func tables(of plan: ServicePlan) throws -> [String: GuardTable] {
        var tables: [String: GuardTable] = [:]
        for view in plan.views where tables[view.source.name] == nil {
            if let table = try table(of: view.source) { tables[view.source.name] = table }
        }
        return tables
    }

    /// The rows of a source, its files in the order of their paths; `nil` if there is none.
    private func table(of source: FeatureSource) throws -> GuardTable? {
        var files: [(path: RelativePath, content: FileReference)] = []
        for (artifact, snapshot) in snapshots {
            guard artifact.contains(source.path.folder) || source.path.folder.contains(artifact) else { continue }
            let root = try workspace.store.snapshot(snapshot).root
            try StoredFiles(store: workspace.store).append(artifact, root, to: &files) { path in
                source.path.matches(path)
                    && (source.format != nil || path == source.path.folder || path.tableFormat != nil)
            }
        }
        if files.isEmpty { return nil }
        let readers = try files.sorted { $0.path < $1.path }.map { file in
            try Self.reader(file.content, workspace.store, file.path, source)
        }
        return GuardTable(readers, name: source.name)
    }

    private static func reader(
        _ content: FileReference, _ store: Store, _ path: RelativePath, _ source: FeatureSource
    ) throws -> TableReader {
        let table = TableSource.stored(content, store, name: "\(path)")
        var options = TableOptions(naiveTimestamps: source.zone.map { .inZone($0) } ?? .refused)
        options.format = source.format.flatMap { Tables.TableFormat(rawValue: $0.rawValue) }
        let format = options.format ?? path.tableFormat
        if format == .parquet { return try TableReader(table, options) }
        var asWritten: Schema?
        for column in source.columns ?? [] {
            guard column.type == .timestamp else {
                options.types[column.name] = ColumnType(named: column.type.rawValue)
                continue
            }
            // Whether moments are written with a zone only the file knows.
            let schema: Schema
            if let asWritten {
                schema = asWritten
            } else {
                var probe = options
                probe.naiveTimestamps = .kept
                schema = try TableReader(table, probe).schema
                asWritten = schema
            }
            if case .timestamp(_, let zone)? = schema[column.name]?.type {
                options.types[column.name] = .timestamp(.microsecond, zone: zone)
            } else {
                options.types[column.name] = .timestamp(.microsecond, zone: nil)
            }
        }
        return try TableReader(table, options)
    }
}

/// Goes through the files of a snapshot.
struct StoredFiles {
    let store: Store

    /// Adds the files below a node whose paths are wanted.
    func append(
        _ path: RelativePath, _ node: Node, to files: inout [(path: RelativePath, content: FileReference)],
        where isWanted: (RelativePath) -> Bool
    ) throws {
        switch node {
        case .file(let content, _): if isWanted(path) { files.append((path, content)) }
        case .directory(let tree):
            for entry in try store.entries(of: tree) {
                try append(path.appending(component: entry.name), entry.node, to: &files, where: isWanted)
            }
        case .link: break
        }
    }
}

extension RelativePath {
    /// What the end of the name says of a table's format.
    var tableFormat: Tables.TableFormat? { Tables.TableFormat(fileName: String(decoding: bytes, as: UTF8.self)) }
}
