import Features
import FileSystem
import ObjectStore
import Tables

/// By which versions of its model the vectors of some rows were made.
///
///     let made = try VectorVersions(of: embedding, in: facts)
///     made.versions.map { "\($0.name ?? "no version"): \($0.count) rows" }
package struct VectorVersions {
    /// The vectors of one version.
    package struct Version: Equatable, Sendable {
        /// The beginning of the snapshot's id, or whatever the row says; `nil` if nothing says it.
        package let name: String?
        /// How many rows have such a vector.
        package fileprivate(set) var count: Int
        /// The first of them.
        package let first: Int
    }

    /// The versions, those with the most rows first; rows without a vector have none.
    package private(set) var versions: [Version]
    /// For each row the number of its version before they were sorted; -1 for a row without a vector.
    private let codes: [Int32]
    private let order: [Int]

    /// The version of a row; `nil` for a row without a vector.
    package func version(ofRow row: Int) -> Version? { codes[row] < 0 ? nil : versions[order[Int(codes[row])]] }

    /// Tells versions apart by what rows say.
    ///
    /// - Parameters:
    ///   - hasVector: whether a row has a vector; others do not count.
    ///   - name: what says by which version a row's vector was made. The beginning of a snapshot's id means the snapshot.
    package init(count: Int, hasVector: (Int) -> Bool, name: (Int) -> String?) {
        var numbers: [String?: Int32] = [:]
        var found: [Version] = []
        var codes = [Int32](repeating: -1, count: count)
        for row in 0..<count where hasVector(row) {
            let name = name(row).flatMap { $0.isEmpty ? nil : $0 }
            let number = numbers[name] ?? Int32(found.count)
            if number == found.count {
                numbers[name] = number
                found.append(Version(name: name, count: 0, first: row))
            }
            found[Int(number)].count += 1
            codes[row] = number
        }
        (versions, order) = Self.merged(found)
        self.codes = codes
    }

    /// Takes the beginning of an id and the id for one.
    private static func merged(_ found: [Version]) -> (versions: [Version], order: [Int]) {
        var groups: [(name: String?, members: [Int])] = []
        // The longest first, so that a beginning finds what it is of.
        for member in found.indices.sorted(by: {
            (found[$1].name?.utf8.count ?? 0, $0) < (found[$0].name?.utf8.count ?? 0, $1)
        }) {
            let name = found[member].name
            let known = groups.indices.filter { group in
                guard let name, let other = groups[group].name, name.isSnapshotName else { return false }
                return other.isSnapshotName && other.hasPrefix(name)
            }
            if known.count == 1 { groups[known[0]].members.append(member) } else { groups.append((name, [member])) }
        }
        let whole = groups.map { group in
            let first = group.members.map { found[$0].first }.min() ?? 0
            let count = group.members.reduce(0) { $0 + found[$1].count }
            return (version: Version(name: group.name, count: count, first: first), members: group.members)
        }.sorted { ($1.version.count, $0.version.first) < ($0.version.count, $1.version.first) }
        var order = [Int](repeating: 0, count: found.count)
        for (place, group) in whole.enumerated() { for member in group.members { order[member] = place } }
        return (whole.map(\.version), order)
    }
}

extension String {
    /// Whether it can be a snapshot's id, or as much of its beginning as is taken for it.
    package var isSnapshotName: Bool {
        (8...64).contains(utf8.count)
            && utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }

    /// Whether it names a snapshot.
    package func names(_ snapshot: ObjectID) -> Bool { isSnapshotName && snapshot.description.hasPrefix(self) }
}

extension VectorVersions {
    /// The versions of the vectors in the latest rows.
    ///
    /// - Parameter vectors: the vectors of these rows, where they were read already; else they are read, and not kept.
    /// - Throws: ``TrainingSetError/notVectors(view:column:type:dimension:table:)``, what keeps columns from being read.
    package init(of embedding: Embedding, in facts: LatestFacts, vectors: Column? = nil) throws {
        var hasVector: [Bool] = []
        func add(_ part: Column) throws {
            try embedding.check(part.type, view: facts.plan.view.name, table: facts.plan.source.name)
            for row in 0..<part.count { hasVector.append(!part.isNull(at: row)) }
        }
        if let vectors { try add(vectors) } else { try facts.forEachPart(of: embedding.column, add) }
        let names = try embedding.madeBy.map { try facts.column($0) }
        if let names { try embedding.checkNames(names, table: facts.plan.source.name) }
        var lineage = VectorLineage(embedding)
        let made = try (0..<facts.count).map { row in
            names == nil && hasVector[row] ? try lineage.version(of: facts.file(of: row)) : nil
        }
        self.init(count: facts.count, hasVector: { hasVector[$0] }) { row in
            guard let names else { return made[row] }
            return names.isNull(at: row) ? nil : names.withStrings { $0.string(at: row) }
        }
    }

    /// Refuses vectors of more than one version.
    ///
    /// - Parameter place: the table and the row in it, from 1, of a row.
    /// - Throws: ``TrainingSetError/mixedVectors(view:model:versions:)``.
    package func refuseMixture(
        of embedding: Embedding, view: String, place: (Int) -> (table: String, row: Int)
    ) throws(TrainingSetError) {
        guard versions.count > 1 else { return }
        let named = versions.map { version in
            let place = place(version.first)
            return TrainingSetError.MadeVectors(
                version: version.name, count: version.count, table: place.table, row: place.row)
        }
        throw TrainingSetError.mixedVectors(view: view, model: embedding.modelArtifact.description, versions: named)
    }
}

/// The latest vectors of a view: who made them, and which are not of the text that there is now.
package struct LatestVectors {
    /// The version that made them, empty if nothing says which; `nil` if there are none.
    package let version: String?
    /// Why rows of the source, by their numbers, have vectors of another text.
    package let texts: [Int32: StaleReason]

    /// Looks at them, and refuses those that were made by more than one version of their model, as the writing of each of them
    /// into a store would mix them.
    ///
    /// - Parameter moment: what was known then, in microseconds since 1970.
    /// - Returns: `nil` if the view has no embedding.
    /// - Throws: ``TrainingSetError/mixedVectors(view:model:versions:)``, and what keeps rows from being read.
    package init?(
        of view: FeatureView, _ definitions: Definitions, _ sources: any SourceCatalog, at moment: Int64, threads: Int
    ) throws {
        guard let embedding = view.embedding else { return nil }
        let facts = try LatestFacts(
            try definitions.latestRowPlan(of: view), sources, at: moment, threads: threads)
        let found = try VectorVersions(of: embedding, in: facts)
        try found.refuseMixture(of: embedding, view: view.name) { facts.place(of: $0) }
        version = found.versions.first.map { $0.name ?? "" }
        var texts: [Int32: StaleReason] = [:]
        if let text = embedding.text {
            let compared = try TextComparison(
                of: text, view, facts, found, definitions, sources, at: moment, threads: threads)
            for fact in 0..<facts.count {
                if let reason = compared.reason(ofRow: fact) { texts[facts.row(of: fact)] = reason }
            }
        }
        self.texts = texts
    }
}

extension ViewPlan {
    /// The embedding of the view, if its vectors are among the columns.
    private var wantedEmbedding: Embedding? {
        guard let embedding = view.embedding else { return nil }
        let isWanted = columns.contains { column in
            if case .latest(let expression) = column.value { return expression.columns.contains(embedding.column) }
            return false
        }
        return isWanted ? embedding : nil
    }

    /// Refuses to put vectors of more than one version of their model beside labels.
    ///
    /// - Parameter latest: for each label the row that its plain features are of, negative for none.
    func refuseMixedVectors(_ latest: [Int32], _ table: SourceTable, threads: Int) throws {
        guard let embedding = wantedEmbedding else { return }
        var rows = Set(latest).filter { $0 >= 0 }.sorted()
        let vectors = try table.values(of: [embedding.column], at: rows, threads: threads)[0]
        try embedding.check(vectors.type, view: view.name, table: table.name)
        rows = rows.indices.filter { !vectors.isNull(at: $0) }.map { rows[$0] }
        var made: [String?]
        if let column = embedding.madeBy {
            try table.check([column])
            let names = try table.values(of: [column], at: rows, threads: threads)[0]
            try embedding.checkNames(names, table: table.name)
            made = names.withStrings { texts in
                rows.indices.map { names.isNull(at: $0) ? nil : texts.string(at: $0) }
            }
        } else {
            var lineage = VectorLineage(embedding)
            made = try rows.map { try lineage.version(of: table.files[table.file(ofRow: Int($0))].file) }
        }
        try VectorVersions(count: rows.count, hasVector: { _ in true }) { made[$0] }
            .refuseMixture(of: embedding, view: view.name) { table.place(ofRow: Int(rows[$0])) }
    }
}

/// Which version of the model the snapshots say that vectors were made from.
private struct VectorLineage {
    private let model: RelativePath
    private var known: [ObjectID: String?] = [:]

    init(_ embedding: Embedding) { model = embedding.modelArtifact }

    mutating func version(of file: SourceFile) throws -> String? {
        guard let input = file.input, case .stored(_, let store, _) = file.table else { return nil }
        if let version = known[input.snapshot] { return version }
        let version = try store.snapshot(input.snapshot).inputs.first { $0.artifact == model }?.snapshot.description
        known[input.snapshot] = .some(version)
        return version
    }
}

extension Embedding {
    /// Refuses a column that has no such vectors.
    package func check(_ type: ColumnType, view: String, table: String) throws(TrainingSetError) {
        if type == .vector(dimension) { return }
        throw .notVectors(view: view, column: column, type: "\(type)", dimension: dimension, table: table)
    }

    fileprivate func checkNames(_ names: Column, table: String) throws(TrainingSetError) {
        guard names.type == .string else {
            throw .typesDiffer(
                column: madeBy ?? "", type: "\(names.type)", table: table, other: "'made_by'", otherType: "string")
        }
    }
}
