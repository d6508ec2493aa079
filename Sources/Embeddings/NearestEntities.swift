import Features
import Tables
import TrainingSets

import class Workspace.Workspace

/// The entities of a view whose vectors are nearest to another: those of the latest rows that are not past the time to live.
///
///     let search = try NearestEntities(of: view, workspace, state, at: now)
///     let found = try search.nearest(to: .vector(query), count: 10, metric: .cosine)
public struct NearestEntities {
    /// What others are near to.
    public enum Query {
        /// A vector.
        case vector([Float])
        /// The vector of an entity of the view, which is not found itself; a row of the keys, by their names.
        case entity(RecordBatch, shown: String)
    }

    /// An entity that is near.
    public struct Match: Sendable {
        /// The entity.
        public let entity: [EntityPart]
        /// When the row of its vector happened, in microseconds since 1970.
        public let eventTime: Int64
        /// The cosine, the product, or the distance.
        public let value: Float
    }

    /// What was found.
    public struct Found: Sendable {
        /// The entities, the nearest first; of equally near ones in the order of their keys.
        public let matches: [Match]
        /// How many entities have a vector that counts.
        public let count: Int
        /// How many of them have one that cannot be compared.
        public let skipped: Int
    }

    private let view: FeatureView
    private let facts: LatestFacts
    private let vectors: Column
    private let keys: [[UInt8]?]
    private let isYoung: [Bool]
    private let threads: Int

    /// Reads the vectors of a view as they were known at a moment.
    ///
    /// - Parameter moment: in microseconds since 1970.
    /// - Throws: ``EmbeddingError/noEmbedding(view:)``, ``TrainingSets/TrainingSetError/mixedVectors(view:model:versions:)``
    ///   where there are vectors of more than one model, and what keeps rows from being read.
    public init(of view: FeatureView, _ workspace: Workspace, _ state: WorkspaceState, at moment: Int64) throws {
        guard let embedding = view.embedding else { throw EmbeddingError.noEmbedding(view: view.name) }
        threads = workspace.configuration.workers
        let facts = try LatestFacts(
            try state.definitions.latestRowPlan(of: view), state.sources(in: workspace), at: moment, threads: threads)
        let vectors = try facts.column(embedding.column)
        try VectorVersions(of: embedding, in: facts, vectors: vectors).refuseMixture(of: embedding, view: view.name) {
            facts.place(of: $0)
        }
        keys = try facts.entityKeys()
        let oldest = view.timeToLive.map { moment - $0.seconds * 1_000_000 } ?? .min
        isYoung = facts.eventTimes.map { $0 >= oldest }
        (self.view, self.facts, self.vectors) = (view, facts, vectors)
    }

    /// Finds those nearest to a vector, or to an entity.
    ///
    /// - Throws: ``EmbeddingError``.
    /// - Complexity: a pass over all vectors.
    public func nearest(to query: Query, count: Int, metric: VectorMetric) throws -> Found {
        var isCandidate = isYoung
        let numbers: [Float]
        switch query {
        case .vector(let vector): numbers = vector
        case .entity(let row, let shown):
            let key = try EntityKey.bytes(of: row, by: facts.plan.keys)[0]
            guard let key, let own = keys.firstIndex(of: key), isYoung[own], !vectors.isNull(at: own) else {
                throw EmbeddingError.noVector(entity: shown, view: view.name)
            }
            numbers = vectors.withVectors { Array($0[own]) }
            isCandidate[own] = false
        }
        let found = try NearestVectors(vectors, metric: metric).nearest(
            to: numbers, count: count, workers: threads, isCandidate: isCandidate, precedes: precedes)
        return Found(
            matches: found.matches.map { match in
                Match(
                    entity: facts.entity(match.row), eventTime: facts.eventTimes[match.row], value: match.value)
            }, count: isCandidate.indices.count { isCandidate[$0] && !vectors.isNull(at: $0) },
            skipped: found.skipped)
    }

    /// By the keys, one after the other: numbers by size, texts by their bytes.
    private func precedes(_ left: Int, _ right: Int) -> Bool {
        for key in facts.keys {
            switch (key.cell(at: left), key.cell(at: right)) {
            case (.integer(let a), .integer(let b)) where a != b: return a < b
            case (.text(let a), .text(let b)) where a != b: return a.utf8.lexicographicallyPrecedes(b.utf8)
            case (.boolean(let a), .boolean(let b)) where a != b: return b
            default: continue
            }
        }
        return left < right
    }
}
