import Features
import FileSystem
import ObjectStore
import Tables
import TextFormats

import class Workspace.Workspace

/// A split that is stored: the record that `vintage features split` wrote, and the parts that are held against each other.
struct StoredSplit {
    /// Rows that learn, and rows that judge.
    struct Pair {
        /// What messages call it: the folder of its parts, or the table.
        let name: String
        let set: JudgedSet
    }

    /// A record and the tables beside it.
    struct Record {
        /// The file, from the workspace's root.
        let path: RelativePath
        let json: JSON
        /// The tables that the split may have written.
        let tables: [(path: RelativePath, content: FileReference)]

        /// The snapshot of the training set that was divided, if it was one.
        var trainingSet: ObjectID? { json["training_set"]["snapshot"].string.flatMap { ObjectID(hex: $0) } }
    }

    private static let name = "split.json"
    private static let ending = ".split.json"

    /// The records in an artifact.
    static func records(in snapshot: Snapshot, _ store: Store) throws -> [Record] {
        var files: [(path: RelativePath, content: FileReference)] = []
        try StoredFiles(store: store).append(snapshot.artifact, snapshot.root, to: &files) { path in
            path.tableFormat != nil || isRecord(path)
        }
        return files.filter { isRecord($0.path) }.compactMap { record in
            // What is no record of a split is a file of the same name.
            guard record.content.size < 1 << 24,
                let json = try? JSON(parsing: try store.contents(of: record.content)), json["method"].string != nil
            else { return nil }
            let tables = files.filter { isOf(record.path, $0.path) }
            return Record(path: record.path, json: json, tables: tables.sorted { $0.path < $1.path })
        }
    }

    private static func isRecord(_ path: RelativePath) -> Bool {
        path.name.elementsEqual(name.utf8) || path.name.reversed().starts(with: ending.utf8.reversed())
    }

    private static func isOf(_ record: RelativePath, _ table: RelativePath) -> Bool {
        if table.tableFormat == nil { return false }
        if !record.name.elementsEqual(name.utf8) { return record.bytes.elementsEqual(table.bytes + Array(ending.utf8)) }
        return record.parent?.contains(table) ?? false
    }

    /// The pairs of a record.
    ///
    /// - Parameter plan: the service whose labels the rows have.
    static func pairs(
        of record: Record, _ plan: ServicePlan, _ provenance: TrainingSetProvenance?, in store: Store
    ) throws -> [Pair] {
        let options = plan.tableOptions(zone: provenance?.zone)
        let time = record.json["time"].string ?? provenance?.time
        func table(_ file: (path: RelativePath, content: FileReference)) throws -> TableReader {
            try TableReader(.stored(file.content, store, name: "\(file.path)"), options)
        }
        func pair(_ name: String, _ table: GuardTable, _ split: JudgedSet.Split) -> Pair {
            Pair(name: name, set: JudgedSet(plan: plan, table: table, split: split, time: time))
        }
        if !record.path.name.elementsEqual(name.utf8) {
            return try record.tables.flatMap { file in
                let reader = try table(file)
                let added = record.json["column"].string ?? "split"
                // A column of folds says which row judges when; who learns then stands in a column for each.
                let columns = reader.schema.fields.filter { field in
                    field.type == .string && (field.name == added || isFold(field.name, of: added))
                }
                return columns.map { pair("\(file.path) (\($0.name))", GuardTable([reader]), .column($0.name)) }
            }
        }
        let folders = Dictionary(grouping: record.tables) { $0.path.parent ?? .root }
        return try folders.sorted { $0.key < $1.key }.compactMap { folder, files in
            func part(_ file: (path: RelativePath, content: FileReference)) -> String {
                String(decoding: file.path.name.prefix { $0 != UInt8(ascii: ".") }, as: UTF8.self)
            }
            let judging = files.filter { ["test", "validation"].contains(part($0)) }
            guard let learning = files.first(where: { part($0) == "train" }), !judging.isEmpty else { return nil }
            return pair(
                "\(folder)", GuardTable([try table(learning)]), .test(GuardTable(try judging.map { try table($0) })))
        }
    }

    private static func isFold(_ name: String, of column: String) -> Bool {
        name.hasPrefix(column + "_") && Int(name.dropFirst(column.count + 1)) != nil
    }

    /// The service whose keys, label and time a split's tables have, where the record names no training set.
    static func plan(of record: Record, _ definitions: Definitions, in store: Store) -> ServicePlan? {
        guard let file = record.tables.first else { return nil }
        return definitions.services.lazy.compactMap { service -> ServicePlan? in
            guard let plan = try? definitions.plan(forService: service.name), let label = plan.label,
                let reader = try? TableReader(
                    .stored(file.content, store, name: "\(file.path)"), plan.tableOptions(zone: nil))
            else { return nil }
            let needed = plan.views.flatMap { $0.keys.map(\.spineColumn) } + [label.column, label.time]
            return needed.allSatisfy { reader.schema[$0] != nil } ? plan : nil
        }.first
    }
}
