import CKernels
import Synchronization
import Tables

/// How alike two vectors are.
public enum VectorMetric: String, CaseIterable, Sendable {
    /// The cosine of the angle between them: 1 for the same direction.
    case cosine
    /// The sum of the products of their numbers.
    case dot
    /// The distance between them, which is less the nearer they are.
    case l2
}

/// The vectors of some rows, to be searched for those nearest to another: all of them are looked at.
///
///     let vectors = NearestVectors(column, metric: .cosine)
///     let found = try vectors.nearest(to: query, count: 10, workers: 2)
///     found.matches[0].row
///
/// Numbers are worked out in single precision, always in the same order, so that a result is the same on every processor and
/// for any number of threads.
public struct NearestVectors: Sendable {
    /// A row and how near it is.
    public struct Match: Equatable, Sendable {
        /// The row.
        public let row: Int
        /// The cosine, the product, or the distance.
        public let value: Float

        package init(row: Int, value: Float) { (self.row, self.value) = (row, value) }
    }

    /// The nearest rows.
    public struct Found: Equatable, Sendable {
        /// The rows, the nearest first.
        public let matches: [Match]
        /// How many rows have a vector that cannot be compared: one of its numbers is none or infinite, the result has no
        /// finite value in single precision, or, for the cosine, it has no direction.
        public let skipped: Int

        package init(matches: [Match], skipped: Int) { (self.matches, self.skipped) = (matches, skipped) }
    }

    private let column: Column
    private let metric: VectorMetric
    private let dimension: Int

    /// How many rows are scored at once; they stay in the cache meanwhile.
    private static let blockSize = 256
    private static let pieceSize = 1 << 14

    /// Takes a column of vectors; nulls are never found.
    public init(_ column: Column, metric: VectorMetric) {
        guard case .vector(let dimension) = column.type else { preconditionFailure("the column has no vectors") }
        (self.column, self.metric, self.dimension) = (column, metric, dimension)
    }

    /// The rows nearest to a vector.
    ///
    /// - Parameters:
    ///   - isCandidate: whether a row may be found; by default all may.
    ///   - precedes: which of two equally near rows comes first; by default the earlier one.
    /// - Throws: ``EmbeddingError/wrongLength(found:expected:)``, ``EmbeddingError/unusable(reason:)``.
    /// - Complexity: a pass over the vectors, divided among the workers.
    public func nearest(
        to query: [Float], count wanted: Int, workers: Int, isCandidate: [Bool]? = nil,
        precedes: (Int, Int) -> Bool = { $0 < $1 }
    ) throws(EmbeddingError) -> Found {
        let query = try prepared(query)
        let pieces = (0..<column.count).pieces(of: Self.pieceSize)
        let results = Mutex<(candidates: Candidates, skipped: Int)>((Candidates(wanted), 0))
        column.withVectors { vectors in
            // Sound: the column outlives the call, and its memory is not written.
            nonisolated(unsafe) let vectors = vectors
            inParallel(pieces.count, workers: workers) { piece in
                var own = Candidates(wanted)
                own.threshold = results.withLock { $0.candidates.threshold }
                let skipped = search(vectors, pieces[piece], query, isCandidate, &own)
                results.withLock { result in
                    result.candidates.add(own)
                    result.skipped += skipped
                }
            }
        }
        let (candidates, skipped) = results.withLock { ($0.candidates, $0.skipped) }
        let matches = candidates.best(precedes).map { candidate in
            Match(row: candidate.row, value: metric == .l2 ? (-candidate.score).squareRoot() : candidate.score)
        }
        return Found(matches: matches, skipped: skipped)
    }

    private func prepared(_ query: [Float]) throws(EmbeddingError) -> [Float] {
        if query.count != dimension { throw .wrongLength(found: query.count, expected: dimension) }
        if !query.allSatisfy(\.isFinite) { throw .unusable(reason: "a number of it is infinite, or none") }
        guard metric == .cosine else { return query }
        var sum: Float = 0
        vintage_square_sums(query, 1, Int64(dimension), &sum)
        guard sum > 0, sum.isFinite else {
            throw .unusable(reason: "a cosine needs a length that is not 0 and has a square in single precision")
        }
        return query.map { $0 / sum.squareRoot() }
    }

    /// Scores rows, the greatest the nearest, and tells how many cannot be compared.
    private func search(
        _ vectors: VectorView, _ rows: Range<Int>, _ query: [Float], _ isCandidate: [Bool]?,
        _ candidates: inout Candidates
    ) -> Int {
        var scores = [Float](repeating: 0, count: Self.blockSize)
        var squares = scores
        var (places, queries, found) = ([Int32](repeating: 0, count: Self.blockSize), [Int32](), scores)
        queries = places
        var skipped = 0
        for first in stride(from: rows.lowerBound, to: rows.upperBound, by: Self.blockSize) {
            let count = min(Self.blockSize, rows.upperBound - first)
            let start = vectors.base + first * dimension
            switch metric {
            case .cosine:
                vintage_dot_products(query, start, Int64(count), Int64(dimension), &scores)
                vintage_square_sums(start, Int64(count), Int64(dimension), &squares)
                for row in 0..<count { scores[row] = squares[row] > 0 ? scores[row] / squares[row].squareRoot() : .nan }
                // A square that is too large says nothing of the direction.
                for row in 0..<count where squares[row] == .infinity { scores[row] = .nan }
            case .dot: vintage_dot_products(query, start, Int64(count), Int64(dimension), &scores)
            case .l2:
                vintage_square_distances(query, start, Int64(count), Int64(dimension), &scores)
                for row in 0..<count { scores[row] = -scores[row] }
            }
            for row in 0..<count {
                if column.isNull(at: first + row) || !(isCandidate?[first + row] ?? true) {
                    scores[row] = .nan
                } else if !scores[row].isFinite {
                    scores[row] = .nan
                    skipped += 1
                }
            }
            // Those that are as good as the last are kept until all are there, since others decide between them.
            let threshold = candidates.threshold.nextDown
            let hits = withUnsafePointer(to: threshold) { threshold in
                vintage_scores_above(
                    scores, Int64(count), 1, 1, nil, nil, threshold, &places, &queries, &found)
            }
            for hit in 0..<Int(hits) { candidates.add(row: first + Int(places[hit]), score: found[hit]) }
        }
        return skipped
    }
}

/// The rows that may be among the nearest.
private struct Candidates {
    let wanted: Int
    /// What a row must score at least.
    var threshold: Float = -.infinity
    private var all: [(row: Int, score: Float)] = []
    private var limit: Int

    init(_ wanted: Int) {
        self.wanted = wanted
        limit = 2 * wanted + 256
    }

    mutating func add(row: Int, score: Float) {
        all.append((row, score))
        if all.count >= limit { shrink() }
    }

    mutating func add(_ other: Candidates) {
        all += other.all
        if all.count >= wanted { shrink() }
    }

    /// Drops what is worse than the last that is wanted; what is as good stays.
    private mutating func shrink() {
        guard wanted > 0, all.count >= wanted else {
            if wanted == 0 { all = [] }
            return
        }
        let last = all.map(\.score).sorted(by: >)[wanted - 1]
        threshold = max(threshold, last)
        all.removeAll { $0.score < last }
        limit = 2 * all.count + 256
    }

    func best(_ precedes: (Int, Int) -> Bool) -> ArraySlice<(row: Int, score: Float)> {
        all.sorted { left, right in
            left.score == right.score ? precedes(left.row, right.row) : left.score > right.score
        }.prefix(wanted)
    }
}
