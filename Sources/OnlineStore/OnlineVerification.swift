import Features
import Tables
import TrainingSets

/// Replays questions about entities and moments, and compares what an online store answers with what the join over the
/// sources yields.
///
///     let verification = OnlineVerification(storage, definitions, sources, threads: 2)
///     let result = try verification.verify("weather", pairs: 1000, now: microsecondsNow(), seed: 1)
///     result.differences.isEmpty
///
/// Entities are drawn of those in the files, in the journal of pushes and in the store, so that one that is missing on either
/// side is found. The join has all rows of these entities, where the store keeps only those that it takes to be needed: the
/// rows of the files, and behind them those that were pushed and are in none. Where the store should answer from a push that
/// it has no record of, the two differ.
public struct OnlineVerification {
    /// What came of a view.
    public struct Result: Sendable {
        /// The view.
        public let view: String
        /// How many entities were asked for, each at one moment at least.
        public var entities = 0
        /// How many pairs of an entity and a moment were compared.
        public var pairs = 0
        /// How many values that were.
        public var values = 0
        /// How many pairs were not compared because others wrote to the entity meanwhile.
        public var skipped = 0
        /// How many rows of these entities were pushed and are in no file: both sides count them.
        public var pushedRows = 0
        /// Whether the files are others than those that the store was filled from.
        public var hasOtherFiles = false
        /// Those that differ.
        public var differences: [Difference] = []
    }

    /// A value that is not what it should be.
    public struct Difference: Sendable, Equatable {
        /// The entity's keys and their values, as `features get` takes them: `origin=JFK,carrier=AA`.
        public let entity: String
        /// The moment, in microseconds since 1970.
        public let moment: Int64
        /// The feature.
        public let feature: String
        /// What the store answers.
        public let online: Side
        /// What the join yields.
        public let offline: Side
    }

    /// One of two values that differ.
    public struct Side: Sendable, Equatable {
        /// The value as text; `nil` for none.
        public let value: String?
        /// When the fact happened that a plain feature is of, in microseconds since 1970.
        public let eventTime: Int64?
        /// The rows that it is of; for an aggregation all of the entity in its window that were known, the newest first.
        public let sources: [RowSource]
    }

    let storage: any OnlineStorage
    let definitions: Definitions
    private let sources: any SourceCatalog
    let threads: Int

    /// How often a view is compared anew because it was filled meanwhile.
    private static let attempts = 5

    /// Prepares to compare.
    public init(_ storage: any OnlineStorage, _ definitions: Definitions, _ sources: any SourceCatalog, threads: Int) {
        (self.storage, self.definitions, self.sources, self.threads) = (storage, definitions, sources, threads)
    }

    /// Compares the answers of one view.
    ///
    /// - Parameters:
    ///   - pairs: how many pairs of an entity and a moment are drawn. A moment is one that the store answers for, up to `now`:
    ///     those at which a row of the entity begins or ceases to count, and others by chance.
    ///   - now: the moment, in microseconds.
    ///   - seed: the same seed draws the same from the same rows at the same moment.
    /// - Throws: ``OnlineReadError`` if the view was not filled, or by another definition; ``OnlineStoreError``, also where
    ///   rows of an entity cannot be read or the view is filled again and again; and what keeps the sources from being read.
    /// - Complexity: two passes over the keys of the source and one over those of the store; memory for the rows of the
    ///   entities that are drawn.
    public func verify(_ view: String, pairs: Int, now: Int64, seed: UInt64) throws -> Result {
        let plan = try definitions.plan(forView: view)
        let files = try sources.files(of: plan.source)
        for _ in 0..<Self.attempts {
            guard let bytes = try storage.mark(ViewMark.name(of: view)) else {
                throw OnlineReadError.notMaterialized(view: view)
            }
            let mark = try ViewMark(bytes, in: storage)
            guard try mark.isOf(view, in: definitions) else { throw OnlineReadError.definitionChanged(view: view) }
            let journal = try PushJournal(storage, source: plan.source.name)
            let arrived = try journal.arrivals(plan, files, until: mark.until, threads: threads)
            let pushed = journal.removing(arrived)
            let ofFiles = try ViewSource(plan, files: files, threads: threads)
            let source = ofFiles.adding(try pushed.rows(ofFiles.fields, source: plan.source.name))
            let attempt = VerificationAttempt(
                self, plan, mark, bytes, source, files: files.map(Materializer.file), journal: journal, pushed: pushed)
            if let result = try attempt.run(pairs: pairs, now: now, seed: seed) { return result }
        }
        throw OnlineStoreError.busy(store: storage.name)
    }
}
