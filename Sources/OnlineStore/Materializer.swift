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
        /// How many rows were found that are of pushes which the journal does not have, so that only the store tells of them.
        public let lostRows: Int
        /// Whether they still answer.
        public let keepsLostRows: Bool
    }

    let storage: any OnlineStorage
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

    /// Fills the rows of views.
    ///
    /// Rows that were pushed count behind those of the files until the files have them; then they are forgotten, once all views
    /// of their source were filled.
    ///
    /// - Parameters:
    ///   - until: facts of files that became known later are left out; by default all are taken, those known in the future
    ///     too, which count when they are known.
    ///   - now: the moment, in microseconds.
    ///   - history: how long before `until`, or before now, moments may be asked for, in microseconds.
    ///   - forgetsLost: whether rows are taken away that are of pushes which the journal does not have.
    /// - Throws: ``OnlineStoreError``, ``PushError``, and what keeps the views' rows from being read.
    public func materialize(
        _ views: [String], until: Int64?, now: Int64, history: Int64, forgetsLost: Bool = false
    ) throws -> [Outcome] {
        var outcomes: [String: Outcome] = [:]
        let plans = try views.map { try definitions.plan(forView: $0) }
        for (source, plans) in Dictionary(grouping: plans, by: \.source.name).sorted(by: { $0.key < $1.key }) {
            let journal = try PushJournal(storage, source: source)
            let files = try sources.files(of: plans[0].source)
            let arrived = try arrivals(journal, plans[0], files, until)
            let pushed = journal.removing(arrived)
            var needed: Set<Int>? = []
            for plan in plans {
                let run = Filling(
                    plan: plan, files: files, journal: journal, pushed: pushed, hasArrivals: !arrived.isEmpty,
                    until: until, now: now, history: history, forgetsLost: forgetsLost)
                let (outcome, chosen) = try materialize(run)
                outcomes[plan.view.name] = outcome
                needed = chosen.flatMap { needed?.union($0) }
            }
            let others = definitions.views.filter { $0.source == source && outcomes[$0.name] == nil }
            if others.isEmpty, journal.rowCount > 0 {
                // What no view took into account, none will: moments that are asked for only become later.
                let kept = needed.map { needed in pushed.removing(Set(0..<pushed.rowCount).subtracting(needed)) }
                try journal.forget(allBut: kept ?? pushed, storage, source: source)
            }
        }
        return views.compactMap { outcomes[$0] }
    }

    /// Fills the rows of one view.
    public func materialize(_ view: String, until: Int64?, now: Int64, history: Int64) throws -> Outcome {
        try materialize([view], until: until, now: now, history: history)[0]
    }

    /// The rows of the journal that the files have too. That there were none is marked, so that the same files and pushes are
    /// not compared again.
    private func arrivals(
        _ journal: PushJournal, _ plan: ViewPlan, _ files: [SourceFile], _ until: Int64?
    ) throws -> Set<Int> {
        if journal.rowCount == 0 { return [] }
        let named = files.map(Self.file)
        var text = "\(try definitions.digest(ofView: plan.view.name)) \(until.map(String.init) ?? "")\n"
        for file in named { text += "\(file.path) \(file.id)\n" }
        for entry in journal.entries { text += "\(entry.id.moment) \(entry.id.chance) \(entry.rows.count)\n" }
        let mark = OnlineMark("compared:\(plan.source.name)", ObjectID(of: Array(text.utf8)).bytes)
        let isNamed = !named.contains { $0.id.isEmpty }
        if isNamed, try storage.mark(mark.name) == mark.value { return [] }
        let arrived = try journal.arrivals(plan, files, until: until, threads: threads)
        if isNamed, arrived.isEmpty { try storage.write([mark]) }
        return arrived
    }

    /// What a view is to be filled with.
    private struct Filling {
        let plan: ViewPlan
        let files: [SourceFile]
        /// All pushes.
        let journal: PushJournal
        /// Those that are not in the files.
        let pushed: PushJournal
        /// Whether there are others.
        let hasArrivals: Bool
        let until: Int64?
        let now: Int64
        let history: Int64
        let forgetsLost: Bool
    }

    /// Fills a view, and tells which pushed rows it took; `nil` if it did not look.
    private func materialize(_ filling: Filling) throws -> (Outcome, chosen: Set<Int>?) {
        let (plan, until) = (filling.plan, filling.until)
        let view = plan.view.name
        let ofFiles = try ViewSource(plan, files: filling.files, threads: threads)
        let fields = ofFiles.fields
        let digest = try definitions.digest(ofView: view)
        let shape = "\(EntityRows.version)\n" + fields.map { "\($0.name) \($0.type)\n" }.joined()
        let space = "\(view)#\(ObjectID(of: Array((digest.description + shape).utf8)).short)"
        let old = try storage.mark(ViewMark.name(of: view)).flatMap { ViewMark($0) }
        let watermark = until ?? filling.now
        var mark = ViewMark(
            space: space, fields: fields, sourceFields: ofFiles.sourceFields, files: filling.files.map(Self.file),
            definition: digest.description, until: until, watermark: watermark, horizon: watermark - filling.history,
            rows: 0, entities: 0)
        mark.texts = try texts(of: plan.view)
        if let old, old.space == space, old.files == mark.files, old.until == until, old.horizon <= mark.horizon,
            !filling.hasArrivals, !filling.forgetsLost,
            old.sourceFields == mark.sourceFields, old.texts == mark.texts, mark.texts != "",
            !mark.files.contains(where: { $0.id.isEmpty })
        {
            (mark.rows, mark.entities, mark.horizon) = (old.rows, old.entities, old.horizon)
            mark.vectors = old.vectors
            mark.watermark = max(old.watermark, watermark)
            try storage.write([OnlineMark(ViewMark.name(of: view), mark.bytes)])
            // What was pushed by one who knew an older definition is in the journal alone; the rest is there already.
            let missing = filling.journal.lacking(space)
            try Pusher(storage, definitions).apply(missing, to: plan, mark, known: [], now: filling.now)
            try missing.note(space, storage, source: plan.source.name)
            let outcome = Outcome(
                view: view, rows: old.rows, entities: old.entities, written: 0, wasCurrent: true, lostRows: 0,
                keepsLostRows: true)
            return (outcome, nil)
        }
        let vectors = try LatestVectors(of: plan.view, definitions, sources, at: watermark, threads: threads)
        mark.vectors = vectors?.version
        let source = ofFiles.adding(try filling.pushed.rows(fields, source: plan.source.name))
        let chosen = try choose(source, horizon: mark.horizon, until: until)
        let first = source.fileRowCount ?? 0
        let chosenPushed = chosen.map { Int($0.number) - first }.filter { $0 >= 0 }
        if plan.view.embedding != nil, !chosenPushed.isEmpty {
            let rows = try filling.pushed.rows(mark.sourceFields, source: plan.source.name)
            try PushedVectors(plan, rows)?.check(chosenPushed, version: mark.vectors) { _ in nil }
        }
        let pushes = Set(filling.journal.entries.map(\.id))
        var run = Run(
            keepsKeys: old?.space == space, known: pushes, origins: filling.pushed.origins,
            staleTexts: vectors?.texts ?? [:], source: plan.source.name, forgetsLost: filling.forgetsLost)
        let parts = max(1, (chosen.count + Self.rowsAtOnce - 1) / Self.rowsAtOnce)
        for part in 0..<parts {
            let own = parts == 1 ? chosen : chosen.filter { Int($0.entity) % parts == part }
            try write(own, source, mark, &run)
        }
        if let old, old.space == space { try removeOthers(mark, &run) }
        (mark.rows, mark.entities) = (chosen.count, run.entities)
        try storage.write([OnlineMark(ViewMark.name(of: view), mark.bytes)])
        var journal = filling.journal
        if old?.space != space {
            // What was pushed meanwhile went to the rows that answered until now, if there were any.
            journal = try PushJournal(storage, source: plan.source.name)
            try Pusher(storage, definitions).apply(journal, to: plan, mark, known: pushes, now: filling.now)
            if let old {
                run.lostRows = try lostRows(
                    in: old.space, known: Set(journal.entries.map(\.id)), source: plan.source.name)
                try storage.removeAll(in: old.space)
            }
        }
        try journal.note(space, storage, source: plan.source.name)
        return (
            Outcome(
                view: view, rows: chosen.count, entities: run.entities, written: run.written, wasCurrent: false,
                lostRows: run.lostRows, keepsLostRows: old?.space == space && !filling.forgetsLost),
            Set(chosenPushed)
        )
    }

    /// What was done so far.
    private struct Run {
        let keepsKeys: Bool
        /// The pushes that were looked at; the store may have more by now.
        let known: Set<PushID>
        /// The push of each pushed row.
        let origins: [PushID]
        /// Why rows of the files have vectors of another text, by their numbers.
        let staleTexts: [Int32: StaleReason]
        let source: String
        let forgetsLost: Bool
        /// Rows that were found of pushes which the journal has lost.
        var lostRows = 0
        var entities = 0
        var written = 0
        var keys: Set<[UInt8]> = []

        /// The one of an entity's rows, by their numbers, whose vector is of another text.
        func staleRow(_ numbers: some Sequence<Int32>) -> EntityRows.StaleRow? {
            if staleTexts.isEmpty { return nil }
            for number in numbers {
                if let reason = staleTexts[number] { return EntityRows.StaleRow(number: number, reason: reason) }
            }
            return nil
        }
    }

    /// Names the texts that the vectors of a view are of: the files and the definition of their source.
    ///
    /// - Returns: an empty text if a file has no name for its bytes; `nil` if the view does not say what its vectors are of.
    private func texts(of view: FeatureView) throws -> String? {
        guard let text = view.embedding?.text else { return nil }
        let files = try sources.files(of: try definitions.source(text.source)).map(Self.file)
        if files.contains(where: { $0.id.isEmpty }) { return "" }
        let named = files.map { "\($0.path) \($0.id)\n" }.joined()
        let all = "\(try definitions.digest(ofSource: text.source))\n\(named)"
        return ObjectID(of: Array(all.utf8)).description
    }

    static func file(_ file: SourceFile) -> ViewMark.File {
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
            // Who pushes rows wants them to count.
            if let count = source.fileRowCount, rows.firstRow >= count { selection.until = nil }
            selection.add(rows, entities: try coder.codes(of: rows), facts: try coder.factCodes(of: rows))
        }
        return selection.finish()
    }

    /// Writes the rows of some entities, which are all that these have.
    private func write(
        _ chosen: [RowSelection.Row], _ source: ViewSource, _ mark: ViewMark, _ run: inout Run
    ) throws {
        let numbers = chosen.map(\.number)
        let first = source.fileRowCount ?? 0
        let origins = numbers.map { number -> RowOrigin in
            Int(number) < first ? .file(number) : .push(run.origins[Int(number) - first])
        }
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
        Self.sort(&groups) { keys[order[$0.lowerBound]] ?? [] }
        try ColumnView.with(rows.columns[...]) { columns in
            for first in stride(from: 0, to: groups.count, by: Self.entitiesAtOnce) {
                let some = groups[first..<min(first + Self.entitiesAtOnce, groups.count)]
                var (places, values) = ([OnlineKey](), [[UInt8]?]())
                for group in some {
                    guard let key = keys[order[group.lowerBound]] else { continue }
                    let place = OnlineKey(space: mark.space, entity: key)
                    places.append(place)
                    values.append(
                        EntityRows.bytes(
                            of: order[group], origins, columns, horizon: mark.horizon, at: place,
                            stale: run.staleRow(order[group].lazy.map { numbers[$0] })))
                    if run.keepsKeys { run.keys.insert(key) }
                }
                run.entities += places.count
                run.written += try put(places, values, mark, &run, isNew: !run.keepsKeys)
            }
        }
    }

    /// Sorts by keys: a tree that is filled in its order is written once, where chance would have it read and write a page an
    /// entity.
    private static func sort(_ groups: inout [Range<Int>], by key: (Range<Int>) -> [UInt8]) {
        // Most keys differ in the first eight bytes behind the one that says what they are, which are compared as one number.
        var places = groups.indices.map { place in
            let prefix = key(groups[place]).dropFirst().prefix(8).reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
            return (prefix: prefix, place: place)
        }
        places.sort { one, other in
            if one.prefix != other.prefix { return one.prefix < other.prefix }
            return key(groups[one.place]).lexicographicallyPrecedes(key(groups[other.place]))
        }
        groups = places.map { groups[$0.place] }
    }

    /// Removes the rows of entities that have none any more.
    private func removeOthers(_ mark: ViewMark, _ run: inout Run) throws {
        var others: Set<[UInt8]> = []
        try storage.forEachEntity(in: mark.space) { entities in
            others.formUnion(entities.filter { !run.keys.contains($0) })
        }
        let gone = others.map { OnlineKey(space: mark.space, entity: $0) }
        for first in stride(from: 0, to: gone.count, by: Self.entitiesAtOnce) {
            let some = Array(gone[first..<min(first + Self.entitiesAtOnce, gone.count)])
            run.written += try put(some, Array(repeating: nil, count: some.count), mark, &run, isNew: false)
        }
    }

    /// Writes rows, and tells how many were not so already. Rows that were pushed meanwhile stay.
    ///
    /// - Parameter isNew: whether nobody asks for these rows yet.
    private func put(
        _ keys: [OnlineKey], _ values: [[UInt8]?], _ mark: ViewMark, _ run: inout Run, isNew: Bool
    ) throws(OnlineStoreError) -> Int {
        // In rows that answer already most stay, and then nobody who pushes to them need wait.
        var changed = Array(keys.indices)
        var known = run.known
        if !isNew {
            let old = try storage.values(of: keys)
            let strange = old.flatMap { $0.map(EntityRows.pushes) ?? [] }.filter { !known.contains($0) }
            let lost = try lost(Set(strange), source: run.source)
            run.lostRows += strange.count { lost.contains($0) }
            if run.forgetsLost { known.formUnion(lost) }
            changed = changed.filter { place in
                guard let old = old[place], let new = values[place] else { return old[place] != values[place] }
                return !EntityRows.areAsGood(old, as: new, at: keys[place])
            }
        }
        let areKnown = known
        if changed.isEmpty { return 0 }
        var written = 0
        try storage.update(changed.map { keys[$0] }, marks: []) { old throws(OnlineStoreError) in
            var new: [[UInt8]?] = []
            for (place, old) in zip(changed, old) {
                guard let old, EntityRows.pushes(in: old).contains(where: { !areKnown.contains($0) }) else {
                    new.append(values[place])
                    continue
                }
                guard let rows = EntityRows.adding(pushesOf: old, to: values[place], at: keys[place], mark, areKnown)
                else {
                    throw .damaged(store: storage.name, what: "rows that were pushed")
                }
                new.append(rows)
            }
            written = zip(old, new).count { $0 != $1 }
            return new
        }
        return written
    }
}
