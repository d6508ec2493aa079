import Features
import FileSystem
import ObjectStore
import Synchronization
import Tables

import struct Workspace.TimeSpan

/// Joins a service's features to the rows to be labelled, as they were known at each label's time.
///
///     let builder = try TrainingSetBuilder(plan, spine: spine, sources: StoredSources(store, lock, state: "the lock"))
///     let set = try builder.build()
///     set.table["temp"]
///
/// For a label at time *t* and its cut *t* − embargo, a plain feature is that of the row with the greatest (event time,
/// availability time, row) with both times at or before the cut and an age of at most the view's time to live; an
/// aggregation takes the rows known before the cut. Every row of the spine is one row of the result, in its order. The
/// same inputs give the same result, however many threads work.
public struct TrainingSetBuilder {
    /// What is computed.
    public let plan: ServicePlan
    /// The rows to be labelled.
    public let spine: SpineTable
    private let sources: any SourceCatalog
    private let embargo: TimeSpan?
    private let threads: Int
    private let batchSize: Int
    private let limit: MemoryLimit?

    /// Prepares a training set.
    ///
    /// - Parameters:
    ///   - embargo: the least gap between the last fact and a label's time; a view's own counts where it is longer.
    ///   - batchSize: how many rows of a source are read at once, about.
    ///   - threads: how many threads may work.
    ///   - limit: how much memory it may take; by default as much as is fastest.
    /// - Throws: ``TrainingSetError/columnTaken(_:table:)`` if a feature has the name of a column of the spine.
    public init(
        _ plan: ServicePlan, spine: SpineTable, sources: any SourceCatalog, embargo: TimeSpan? = nil,
        threads: Int = availableCores, batchSize: Int = 1 << 20,
        limit: MemoryLimit? = nil
    ) throws {
        let taken = Set(spine.columns.schema.names)
        if let name = plan.columnNames.first(where: taken.contains) {
            throw TrainingSetError.columnTaken(name, table: spine.name)
        }
        (self.plan, self.spine, self.sources) = (plan, spine, sources)
        (self.embargo, self.threads, self.limit) = (embargo, threads, limit)
        self.batchSize = max(1, min(batchSize, limit?.batchSize ?? batchSize))
    }

    /// Works everything out.
    ///
    /// - Parameter keepsFacts: whether ``TrainingSet/View/latestFacts`` and ``TrainingSet/View/aggregatedFacts`` are worked
    ///   out too, in another pass over the times.
    /// - Throws: ``TrainingSetError``, ``Features/InvalidDefinitions`` where expressions do not fit the data, ``Tables/TableError``.
    public func build(keepsFacts: Bool = false) throws -> TrainingSet {
        let index = SpineIndex(spine, threads: threads, limit: limit.map { $0.bytes / 3 })
        let storage = limit?.storage(of: spine.count, columns: plan.columns.count) ?? .memory
        var tables: [String: SourceTable] = [:]
        for source in plan.views.map(\.source) where tables[source.name] == nil {
            tables[source.name] = try SourceTable(source, try sources.files(of: source), batchSize: batchSize)
        }
        func join(_ view: ViewPlan) throws -> ViewJoin {
            guard let table = tables[view.source.name] else { preconditionFailure("each source has been opened") }
            return try ViewJoin(
                view, table, index, embargo: gap(of: view).seconds * 1_000_000, threads: threads, storage: storage,
                tracesFacts: keepsFacts)
        }
        let results = Mutex<[Int: ViewResult]>([:])
        func run(_ join: ViewJoin, _ number: Int) throws {
            let result = try join.run()
            let view = plan.views[number]
            if let latest = result.latest, let table = tables[view.source.name] {
                try view.refuseMixedVectors(latest, table, threads: threads)
            }
            let facts = keepsFacts ? try facts(of: result, join) : ViewFacts(latest: nil, aggregated: [:])
            results.withLock { $0[number] = ViewResult(columns: result.columns, facts: facts) }
        }
        if areIndependent {
            // While one view waits for its threads or for rows, another works.
            let joins = try plan.views.map { try join($0) }
            try overlapped(joins.count) { try run(joins[$0], $0) }
        } else {
            for (number, view) in plan.views.enumerated() { try run(try join(view), number) }
        }
        let found = results.withLock { found in plan.views.indices.compactMap { found[$0] } }
        let columns = found.map(\.columns)
        let views = zip(plan.views, found).compactMap { (plan, result) -> TrainingSet.View? in
            guard let files = tables[plan.source.name]?.files else { return nil }
            return TrainingSet.View(
                plan: plan, embargo: gap(of: plan), files: files.map(\.file), readers: files.map(\.reader),
                latestFacts: result.facts.latest, aggregatedFacts: result.facts.aggregated)
        }
        let features = plan.columns.map { place in
            (name: plan.views[place.view].columns[place.column].name, column: columns[place.view][place.column])
        }
        let made = try madeOf(features, storage)
        let all = features + made
        let fields = all.map { Field($0.name, $0.column.type) }
        let table = RecordBatch(
            Schema(spine.columns.schema.fields + fields), spine.columns.columns + all.map(\.column),
            count: spine.count)
        return TrainingSet(
            plan: plan, spine: spine, table: table, views: views, isWrittenWhileJudged: threads > 1 && limit == nil)
    }

    /// What the service makes of its features and of columns of the spine.
    private func madeOf(
        _ features: [(name: String, column: Column)], _ storage: ColumnStorage
    ) throws -> [(name: String, column: Column)] {
        let fields = features.map { Field($0.name, $0.column.type) }
        guard let derived = try DerivedFeatures(plan, fields) else { return [] }
        let columns = Dictionary(features.map { ($0.name, $0.column) }) { first, _ in first }
        return Array(zip(plan.service.derivedNames, try derived.columns(of: columns, spine, storage: storage))).map {
            (name: $0, column: $1)
        }
    }

    /// The gap that is kept between the last fact of a view and a label's time.
    private func gap(of view: ViewPlan) -> TimeSpan { max(view.view.embargo, embargo ?? view.view.embargo) }

    /// Whether views may be worked on together: they share no source, and take little memory beside their results.
    private var areIndependent: Bool {
        threads > 1 && limit == nil && Set(plan.views.map(\.source.name)).count == plan.views.count
            && plan.views.allSatisfy { $0.columns.allSatisfy { $0.window == nil } }
    }

    /// Looks up the times of the facts that values are of, in one pass.
    private func facts(of result: ViewJoin.Result, _ join: ViewJoin) throws -> ViewFacts {
        let traces = result.traces.sorted { $0.key < $1.key }
        let found = try join.facts(in: (result.latest ?? []) + traces.flatMap(\.value.newest))
        var aggregated: [Int: [TrainingSet.AggregatedFacts]] = [:]
        var place = result.latest?.count ?? 0
        for (column, trace) in traces {
            aggregated[column] = trace.newest.indices.map { label in
                var count: Int64 = 0
                if case .integer(let number) = trace.counts.cell(at: label) { count = number }
                return TrainingSet.AggregatedFacts(count: Int(count), newest: found[place + label])
            }
            place += trace.newest.count
        }
        return ViewFacts(latest: result.latest.map { Array(found[..<$0.count]) }, aggregated: aggregated)
    }

    /// The facts that a view's values are of.
    private struct ViewFacts: Sendable {
        let latest: [TrainingSet.Fact?]?
        let aggregated: [Int: [TrainingSet.AggregatedFacts]]
    }

    /// What came of one view.
    private struct ViewResult: Sendable {
        let columns: [Column]
        let facts: ViewFacts
    }
}

/// A service's features joined to the rows to be labelled.
public struct TrainingSet: Sendable {
    /// What came of one view.
    public struct View: Sendable {
        /// What was computed.
        public let plan: ViewPlan
        /// The gap that was kept between the last fact and a label's time.
        public let embargo: TimeSpan
        /// The tables that its source was read from, in the order in which their rows count.
        public let files: [SourceFile]
        /// The readers of these tables, which are open.
        public let readers: [TableReader]
        /// For each label the fact that plain features are of, if that was asked for.
        public let latestFacts: [Fact?]?
        /// For each label the facts that went into an aggregation, by its place among the plan's columns, if that was
        /// asked for.
        public let aggregatedFacts: [Int: [AggregatedFacts]]
    }

    /// The facts of an aggregation's value: those of its window that its filter passes and whose value is not null.
    public struct AggregatedFacts: Sendable, Equatable {
        /// How many there are.
        public let count: Int
        /// The newest, by event time, availability time and source order; `nil` if there is none.
        public let newest: Fact?
    }

    /// When a fact happened and became known.
    public struct Fact: Sendable, Equatable {
        /// When it happened, in microseconds since 1970.
        public let eventTime: Int64
        /// When it became known, in microseconds since 1970.
        public let availabilityTime: Int64
        /// Which of the view's ``View/files`` it is in.
        public let file: Int
    }

    /// What was computed.
    public let plan: ServicePlan
    /// The rows that were to be labelled.
    public let spine: SpineTable
    /// The spine's columns, then the features.
    public let table: RecordBatch
    /// What came of each view of the plan.
    public let views: [View]
    /// Whether guards may work while the set is written, which takes the memory of both.
    let isWrittenWhileJudged: Bool

    /// The snapshots that the sources were read from, each once, by artifact.
    public var inputs: [Snapshot.Input] {
        Set(views.flatMap { $0.files.compactMap(\.input) }).sorted { $0.artifact < $1.artifact }
    }
}
