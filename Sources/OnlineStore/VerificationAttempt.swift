import Features
import Tables
import TrainingSets

/// A comparison of one view, as its mark was at the beginning.
struct VerificationAttempt {
    private let verification: OnlineVerification
    private let plan: ViewPlan
    private let mark: ViewMark
    private let markBytes: [UInt8]
    /// The rows of the files, and those that were pushed.
    private let source: ViewSource
    private let files: [ViewMark.File]
    private let journal: PushJournal
    private let pushes: [PushID]

    private var storage: any OnlineStorage { verification.storage }

    init(
        _ verification: OnlineVerification, _ plan: ViewPlan, _ mark: ViewMark, _ markBytes: [UInt8],
        _ source: ViewSource, files: [ViewMark.File], journal: PushJournal, pushed: PushJournal
    ) {
        (self.verification, self.plan, self.mark, self.markBytes) = (verification, plan, mark, markBytes)
        (self.source, self.files, self.journal, pushes) = (source, files, journal, pushed.origins)
    }

    /// An entity and a moment.
    private struct Pair {
        let entity: Int
        let moment: Int64
    }

    /// Compares; `nil` if the view was filled meanwhile.
    func run(pairs count: Int, now: Int64, seed: UInt64) throws -> OnlineVerification.Result? {
        var result = OnlineVerification.Result(view: plan.view.name)
        result.hasOtherFiles = files != mark.files
        let entities = try draw(count, seed: seed)
        if entities.isEmpty { return result }
        let keys = entities.map { OnlineKey(space: mark.space, entity: $0) }
        let before = try storage.values(of: keys)
        let held = try zip(entities, before).map { try HeldRows($1, plan, mark, $0, in: storage) }
        let offline = try OfflineRows(of: entities, source, plan, mark, pushes)
        result.pushedRows = offline.origins.count { $0.push != nil }
        let pairs = (0..<count).map { number in
            let entity = number % entities.count
            let first = held[entity].horizon
            let moments = offline.moments(of: entity, plan, from: first, to: max(now, first))
            return Pair(entity: entity, moment: moments.moment(seed, entities[entity], number / entities.count))
        }
        let spine = try offline.spine(pairs.map(\.entity), pairs.map(\.moment), entities, seed: seed)
        let (wanted, latest) = try offline.view.features(of: offline.rows, at: spine)
        let service = try verification.definitions.plan(forFeatures: [plan.view.name])
        let answer: OnlineAnswer
        do {
            answer = try OnlineFeatures(storage, verification.definitions).answer(service, at: spine)
        } catch OnlineReadError.tooEarly {
            // A push moved the horizon.
            return nil
        }
        let (after, marks) = try storage.read(keys, marks: [ViewMark.name(of: plan.view.name)])
        guard marks[0] == markBytes else { return nil }
        let isWritten = try writtenMeanwhile(before, after)
        result.entities = entities.count
        for (row, pair) in pairs.enumerated() {
            if isWritten[pair.entity] {
                result.skipped += 1
                continue
            }
            result.pairs += 1
            for (feature, place) in zip(answer.features, service.columns) {
                result.values += 1
                let column = wanted[place.column]
                let isPlain = plan.columns[place.column].window == nil
                let fact = isPlain ? latest.flatMap { $0[row] < 0 ? nil : Int($0[row]) } : nil
                let eventTime = fact.map { offline.eventTimes[$0] }
                let isSame = Self.isSame(feature.values.cell(at: row), column.cell(at: row))
                if isSame, feature.eventTimes[row] == eventTime { continue }
                let ofStore = try held[pair.entity].sources(
                    of: place.column, plan, at: spine, row: row, NumberedFiles(files: mark.files, place: fileOfRow))
                let ofJoin =
                    isPlain
                    ? fact.map { [offline.origins[$0]] } ?? []
                    : offline.origins(inWindow: plan.columns[place.column], plan, of: pair.entity, at: pair.moment)
                let numbered = NumberedFiles(files: files, place: source.place)
                result.differences.append(
                    OnlineVerification.Difference(
                        entity: EntityKey.text(entities[pair.entity], plan),
                        moment: pair.moment, feature: feature.name,
                        online: side(feature.values, row, feature.eventTimes[row], ofStore),
                        offline: side(column, row, eventTime, ofJoin.map(numbered.source))))
            }
        }
        return result
    }

    /// In which file a row of the store is; known only if the files are those that the store was filled from.
    private var fileOfRow: ((Int) -> (file: Int, row: Int))? { files == mark.files ? source.place : nil }

    private func side(
        _ column: Column, _ row: Int, _ eventTime: Int64?, _ sources: [RowSource]
    ) -> OnlineVerification.Side {
        let value = column.isNull(at: row) ? nil : column.type.text(of: column.cell(at: row))
        return OnlineVerification.Side(value: value, eventTime: eventTime, sources: sources)
    }

    /// Equal; one number that is none is like another.
    private static func isSame(_ left: Cell, _ right: Cell) -> Bool {
        switch (left, right) {
        case (.number(let a), .number(let b)): a == b || a.isNaN && b.isNaN
        case (.numbers(let a), .numbers(let b)): a.elementsEqual(b) { $0 == $1 || $0.isNaN && $1.isNaN }
        default: left == right
        }
    }

    /// Entities of the source and of the store.
    private func draw(_ count: Int, seed: UInt64) throws -> [[UInt8]] {
        var sample = EntitySample(limit: count, seed: seed)
        var (coder, isTold) = (EntityCoder(plan), [Bool]())
        try source.forEachBatch { facts in
            let codes = try coder.codes(of: facts)
            isTold += repeatElement(false, count: coder.count - isTold.count)
            for (row, code) in codes.enumerated() where code >= 0 && !isTold[Int(code)] {
                isTold[Int(code)] = true
                if let entity = facts.entityKey(ofRow: row) { sample.add(entity) }
            }
        }
        try storage.forEachEntity(in: mark.space) { entities in
            for entity in entities { sample.add(entity) }
        }
        return sample.entities
    }

    /// Which entities were written to since the journal was read.
    private func writtenMeanwhile(_ before: [[UInt8]?], _ after: [[UInt8]?]) throws -> [Bool] {
        let known = Set(journal.entries.map(\.id))
        let unknown = before.map { $0.map { EntityRows.pushes(in: $0).filter { !known.contains($0) } } ?? [] }
        let ids = Array(Set(unknown.flatMap { $0 }))
        // What is in no journal at all was not pushed meanwhile: it should not be in the store.
        let entries = try storage.values(of: ids.map { PushJournal.key($0, source: plan.source.name) })
        let new = Set(zip(ids, entries).filter { $1 != nil }.map(\.0))
        return before.indices.map { before[$0] != after[$0] || unknown[$0].contains { new.contains($0) } }
    }
}

extension EntityKey {
    /// A name of an entity, for people.
    static func text(_ entity: [UInt8], _ plan: ViewPlan) -> String {
        guard let columns = columns(of: [entity], by: plan.keys) else { return "an entity" }
        return zip(plan.keys, columns).map { "\($0.key)=\($1.column.type.text(of: $1.column.cell(at: 0)))" }
            .joined(separator: ",")
    }
}

extension OnlineStoreError {
    /// What lies under the key of an entity is no rows of it.
    static func damagedRows(of key: OnlineKey, _ plan: ViewPlan, in storage: any OnlineStorage) -> OnlineStoreError {
        let entity = EntityKey.text(key.entity, plan)
        return .damaged(
            store: storage.name,
            what: "under \(entity) in the view '\(plan.view.name)' bytes that were changed or are another entity's")
    }
}
