import Features
import Splits
import Tables
import TrainingSets

/// Replays questions about entities and moments, and compares what an online store answers with what the join over the sources
/// yields.
///
///     let verification = OnlineVerification(storage, definitions, sources, threads: 2)
///     let result = try verification.verify("weather", entities: 100, moments: 4, now: microsecondsNow(), seed: 1)
///     result.differences.isEmpty
///
/// The join reads the files, and the rows that were pushed and are in none, of the entities that were drawn: all their rows,
/// where the store keeps those that it takes to be needed.
public struct OnlineVerification {
    /// What came of a view.
    public struct Result: Sendable {
        /// The view.
        public let view: String
        /// How many values were compared.
        public let compared: Int
        /// Those that differ.
        public let differences: [Difference]
    }

    /// A value that is not what it should be.
    public struct Difference: Sendable, Equatable {
        /// The values of the entity's keys, as texts.
        public let entity: [String]
        /// The moment, in microseconds.
        public let moment: Int64
        /// The feature.
        public let feature: String
        /// What the store answers, as text; empty for nothing.
        public let online: String
        /// What the join yields.
        public let offline: String
        /// The file and the row in it, from 1, that the join's value is of; `nil` for aggregations and for pushed rows.
        public let source: String?
    }

    private let storage: any OnlineStorage
    private let definitions: Definitions
    private let sources: any SourceCatalog
    private let threads: Int

    /// Prepares to compare.
    public init(_ storage: any OnlineStorage, _ definitions: Definitions, _ sources: any SourceCatalog, threads: Int) {
        (self.storage, self.definitions, self.sources, self.threads) = (storage, definitions, sources, threads)
    }

    /// Compares the answers of one view.
    ///
    /// - Parameters:
    ///   - entities: how many entities of the source are drawn, at most.
    ///   - moments: how many moments each is asked at, from the first that the store answers for until `now`.
    ///   - now: the moment, in microseconds.
    ///   - seed: the same seed draws the same from the same rows.
    /// - Throws: ``OnlineReadError``, ``OnlineStoreError``, and what keeps the sources from being read.
    /// - Complexity: two passes over the source's keys; memory for the rows of the entities that are drawn.
    public func verify(_ view: String, entities: Int, moments: Int, now: Int64, seed: UInt64) throws -> Result {
        let plan = try definitions.plan(forView: view)
        guard let bytes = try storage.mark(ViewMark.name(of: view)) else {
            throw OnlineReadError.notMaterialized(view: view)
        }
        guard let mark = ViewMark(bytes) else { throw OnlineStoreError.damaged(store: storage.name, what: "a mark") }
        let ofFiles = try ViewSource(plan, files: sources.files(of: plan.source), threads: threads)
        let journal = try PushJournal(storage, source: plan.source.name)
        let source = ofFiles.adding(try journal.rows(ofFiles.fields, source: plan.source.name))
        var random = RandomSource(seed: seed)
        let drawn = try draw(entities, of: source, using: &random)
        let numbers = try rows(of: drawn, source, until: mark.until)
        if numbers.isEmpty { return Result(view: view, compared: 0, differences: []) }
        let rows = try source.rows(numbers.map(\.row))
        let spine = try spine(plan, rows, numbers, moments, from: mark.horizon, to: now, using: &random)
        let prepared = try PreparedView(plan, fields: source.fields, name: plan.source.name)
        let (offline, latest) = try prepared.features(of: rows, at: spine)
        let service = try definitions.plan(forFeatures: [view])
        let online = try OnlineFeatures(storage, definitions).answer(service, at: spine)
        var (compared, differences) = (0, [Difference]())
        for (index, feature) in online.features.enumerated() {
            let type = offline[index].type
            for row in 0..<spine.count {
                compared += 1
                let (found, wanted) = (feature.values.cell(at: row), offline[index].cell(at: row))
                if found == wanted { continue }
                let place = latest.flatMap { $0[row] >= 0 ? Int(numbers[Int($0[row])].row) : nil }
                let isOfFile = place.map { $0 < source.fileRowCount ?? 0 } ?? false
                differences.append(
                    Difference(
                        entity: plan.keys.map { key in
                            spine.columns[key.spineColumn].map { $0.type.text(of: $0.cell(at: row)) } ?? ""
                        },
                        moment: spine.labelTimes[row], feature: feature.name,
                        online: feature.values.type.text(of: found), offline: type.text(of: wanted),
                        source: plan.columns[index].window == nil && isOfFile
                            ? place.map { source.place(ofRow: $0) }.map { "\($0.table):\($0.row)" } : nil))
            }
        }
        return Result(view: view, compared: compared, differences: differences)
    }

    /// Entities by chance, by their numbers in the order in which the source names them.
    private func draw(_ count: Int, of source: ViewSource, using random: inout RandomSource) throws -> Set<Int32> {
        var coder = EntityCoder(source.plan)
        try source.forEachBatch { _ = try coder.codes(of: $0) }
        if coder.count <= count { return Set(0..<Int32(coder.count)) }
        var drawn: Set<Int32> = []
        while drawn.count < count { drawn.insert(Int32(random.below(coder.count))) }
        return drawn
    }

    /// All rows of some entities, ascending.
    private func rows(
        of drawn: Set<Int32>, _ source: ViewSource, until: Int64?
    ) throws -> [(row: Int32, entity: Int32)] {
        var (coder, found) = (EntityCoder(source.plan), [(row: Int32, entity: Int32)]())
        try source.forEachBatch { facts in
            let isPushed = source.fileRowCount.map { facts.firstRow >= $0 } ?? false
            for (row, entity) in try coder.codes(of: facts).enumerated() where drawn.contains(entity) {
                if let until, !isPushed, facts.availabilityTimes[row] > until { continue }
                found.append((Int32(truncatingIfNeeded: facts.firstRow + row), entity))
            }
        }
        return found
    }

    /// Each entity at some moments, with the group keys of one of its rows.
    private func spine(
        _ plan: ViewPlan, _ rows: RecordBatch, _ numbers: [(row: Int32, entity: Int32)], _ moments: Int,
        from first: Int64, to last: Int64, using random: inout RandomSource
    ) throws -> SpineTable {
        let ofEntity = Dictionary(grouping: numbers.indices, by: { numbers[$0].entity }).sorted { $0.key < $1.key }
        var (places, times) = ([Int32](), [Int64]())
        for (_, own) in ofEntity {
            for _ in 0..<moments {
                places.append(Int32(own[random.below(own.count)]))
                times.append(first + Int64(random.below(Int(max(1, last - first + 1)))))
            }
        }
        var columns: [(name: String, column: Column)] = []
        let groups = plan.columns.flatMap(\.groupKeys).map { ($0, $0) }
        let names = plan.keys.map { ($0.spineColumn, $0.sourceColumn) } + groups
        for (name, column) in names where !columns.contains(where: { $0.name == name }) {
            guard let values = rows[column] else { continue }
            columns.append((name, values.gather(places, workers: 1)))
        }
        var time = "time"
        while columns.contains(where: { $0.name == time }) { time += "_of_label" }
        columns.append((time, Column(times.map { Optional($0) }, .timestamp(.microsecond, zone: "UTC"))))
        return try SpineTable(RecordBatch(columns), name: "the entities that were drawn", time: time)
    }
}
