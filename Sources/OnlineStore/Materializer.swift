import Features
import ObjectStore
import Tables
import TrainingSets

/// Fills an online store with the rows of views that answers need.
///
///     let materializer = Materializer(storage, definitions, sources)
///     try materializer.materialize("weather", until: nil, now: now, history: day)
///
/// It can be ended at any moment and begun again: each entity has either its old rows or its new ones, and those that
/// are as they should be are not written.
public struct Materializer {
    /// What came of a view.
    public struct Outcome: Sendable, Equatable {
        /// The view.
        public let view: String
        /// How many rows are kept, of how many entities.
        public let rows: Int
        /// How many entities have rows.
        public let entities: Int
        /// How many entities' rows were written or removed.
        public let written: Int
        /// Whether nothing had changed since the last time, so that nothing was read.
        public let wasCurrent: Bool
    }

    private let storage: any OnlineStorage
    private let definitions: Definitions
    private let sources: any SourceCatalog
    private let threads: Int

    /// How many rows are held at a time.
    private static let rowsAtOnce = 1 << 21
    private static let entitiesAtOnce = 4096

    /// Prepares to fill a store.
    public init(_ storage: any OnlineStorage, _ definitions: Definitions, _ sources: any SourceCatalog, threads: Int) {
        (self.storage, self.definitions, self.sources, self.threads) = (storage, definitions, sources, threads)
    }

    /// Fills the rows of a view.
    ///
    /// - Parameters:
    ///   - until: facts that became known later are left out; by default all are taken, those known in the future too,
    ///     which count when they are known.
    ///   - now: the moment, in microseconds.
    ///   - history: how long before `until`, or before now, moments may be asked for, in microseconds.
    /// - Throws: ``OnlineStoreError``, and what keeps the view's rows from being read.
    public func materialize(_ view: String, until: Int64?, now: Int64, history: Int64) throws -> Outcome {
        let plan = try definitions.plan(forView: view)
        let files = try sources.files(of: plan.source)
        let source = try ViewSource(plan, files: files, threads: threads)
        let digest = try definitions.digest(ofView: view)
        let shape = source.fields.map { "\($0.name) \($0.type)\n" }.joined()
        let space = "\(view)#\(ObjectID(of: Array((digest.description + shape).utf8)).short)"
        let old = try storage.mark(ViewMark.name(of: view)).flatMap { ViewMark($0) }
        let watermark = until ?? now
        var mark = ViewMark(
            space: space, fields: source.fields, files: files.map(Self.file), definition: digest.description,
            until: until, watermark: watermark, horizon: watermark - history, rows: 0, entities: 0)
        if let old, old.space == space, old.files == mark.files, old.until == until,
            !mark.files.contains(where: { $0.id.isEmpty })
        {
            (mark.rows, mark.entities, mark.horizon) = (old.rows, old.entities, old.horizon)
            mark.watermark = max(old.watermark, watermark)
            try storage.write([OnlineMark(ViewMark.name(of: view), mark.bytes)])
            return Outcome(view: view, rows: old.rows, entities: old.entities, written: 0, wasCurrent: true)
        }
        try LatestFacts.refuseMixedVectors(
            of: plan.view, definitions, sources, at: until ?? now, threads: threads)
        let chosen = try choose(source, horizon: mark.horizon, until: until)
        var run = Run(keepsKeys: old?.space == space)
        let parts = max(1, (chosen.count + Self.rowsAtOnce - 1) / Self.rowsAtOnce)
        for part in 0..<parts {
            let own = parts == 1 ? chosen : chosen.filter { Int($0.entity) % parts == part }
            try write(own, source, mark, &run)
        }
        if let old, old.space == space { try removeOthers(space, &run) }
        (mark.rows, mark.entities) = (chosen.count, run.entities)
        try storage.write([OnlineMark(ViewMark.name(of: view), mark.bytes)])
        if let old, old.space != space { try storage.removeAll(in: old.space) }
        return Outcome(
            view: view, rows: chosen.count, entities: run.entities, written: run.written, wasCurrent: false)
    }

    /// What was done so far.
    private struct Run {
        let keepsKeys: Bool
        var entities = 0
        var written = 0
        var keys: Set<[UInt8]> = []
    }

    private static func file(_ file: SourceFile) -> ViewMark.File {
        let id: String
        switch file.table {
        // What a file of the file system holds may change under its name.
        case .file: id = ""
        case .stored(let reference, _, _): id = "\(reference.id)"
        }
        return ViewMark.File(
            path: file.path.description, artifact: file.input?.artifact.description ?? "",
            snapshot: file.input?.snapshot.description ?? "", id: id)
    }

    private func choose(_ source: ViewSource, horizon: Int64, until: Int64?) throws -> [RowSelection.Row] {
        var coder = EntityCoder(source.plan)
        var selection = RowSelection(source.plan, horizon: horizon, until: until)
        try source.forEachBatch { rows in
            selection.add(rows, entities: try coder.codes(of: rows), facts: try coder.factCodes(of: rows))
        }
        return selection.finish()
    }

    /// Writes the rows of some entities, which are all that these have.
    private func write(
        _ chosen: [RowSelection.Row], _ source: ViewSource, _ mark: ViewMark, _ run: inout Run
    ) throws {
        let numbers = chosen.map(\.number)
        let rows = try source.rows(numbers)
        var keys: [[UInt8]?] = []
        try PreparedView(source.plan, fields: mark.fields, name: source.plan.source.name).source(rows).forEachBatch {
            facts in
            for row in 0..<facts.count { keys.append(facts.entityKey(ofRow: row)) }
        }
        // By entity, and within one in the source's order.
        let order = chosen.indices.sorted { (chosen[$0].entity, $0) < (chosen[$1].entity, $1) }
        var groups: [Range<Int>] = []
        for place in order.indices {
            if let last = groups.last, chosen[order[last.lowerBound]].entity == chosen[order[place]].entity {
                groups[groups.count - 1] = last.lowerBound..<place + 1
            } else {
                groups.append(place..<place + 1)
            }
        }
        try ColumnView.with(rows.columns[...]) { columns in
            for first in stride(from: 0, to: groups.count, by: Self.entitiesAtOnce) {
                let some = groups[first..<min(first + Self.entitiesAtOnce, groups.count)]
                var (places, values) = ([OnlineKey](), [[UInt8]?]())
                for group in some {
                    guard let key = keys[order[group.lowerBound]] else { continue }
                    places.append(OnlineKey(space: mark.space, entity: key))
                    values.append(
                        EntityRows.bytes(of: order[group], numbers: numbers, columns, horizon: mark.horizon))
                    if run.keepsKeys { run.keys.insert(key) }
                }
                run.entities += places.count
                run.written += try storage.put(places, values)
            }
        }
    }

    /// Removes the rows of entities that have none any more.
    private func removeOthers(_ space: String, _ run: inout Run) throws {
        var gone: [OnlineKey] = []
        try storage.forEachEntity(in: space) { entities in
            gone += entities.filter { !run.keys.contains($0) }.map { OnlineKey(space: space, entity: $0) }
        }
        for first in stride(from: 0, to: gone.count, by: Self.entitiesAtOnce) {
            let some = Array(gone[first..<min(first + Self.entitiesAtOnce, gone.count)])
            run.written += try storage.put(some, Array(repeating: nil, count: some.count))
        }
    }
}

extension OnlineStorage {
    /// Writes rows, and tells how many were not so already.
    fileprivate func put(_ keys: [OnlineKey], _ values: [[UInt8]?]) throws(OnlineStoreError) -> Int {
        let old = try self.values(of: keys)
        let changed = keys.indices.filter { old[$0] != values[$0] }
        if changed.isEmpty { return 0 }
        try update(changed.map { keys[$0] }, marks: []) { _ in changed.map { values[$0] } }
        return changed.count
    }
}
