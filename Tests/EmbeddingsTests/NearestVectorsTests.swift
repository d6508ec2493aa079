import CKernels
import Embeddings
import Tables
import Testing

/// The nearest vectors, row by row and number by number, in the order that the kernels promise.
enum NearestOracle {
    /// Four vectors of sixteen lanes take the numbers in turn; lanes are added pair by pair.
    static func sum(_ count: Int, _ term: (Int, Float) -> Float) -> Float {
        var lanes = [Float](repeating: 0, count: 64)
        for place in 0..<count { lanes[place % 64] = term(place, lanes[place % 64]) }
        var sums: [Float] = []
        for lane in 0..<16 {
            let (left, right) = (lanes[lane] + lanes[16 + lane], lanes[32 + lane] + lanes[48 + lane])
            sums.append(left + right)
        }
        for half in [8, 4, 2, 1] { for lane in 0..<half { sums[lane] += sums[lane + half] } }
        return sums[0]
    }

    static func dot(_ left: [Float], _ right: [Float]) -> Float {
        sum(left.count) { $1.addingProduct(left[$0], right[$0]) }
    }

    static func squareDistance(_ left: [Float], _ right: [Float]) -> Float {
        sum(left.count) { $1.addingProduct(left[$0] - right[$0], left[$0] - right[$0]) }
    }

    static func nearest(
        _ rows: [[Float]?], to query: [Float], _ metric: VectorMetric, _ count: Int
    ) -> NearestVectors.Found {
        let unit = metric == .cosine ? query.map { $0 / dot(query, query).squareRoot() } : query
        var found: [(row: Int, value: Float)] = []
        var skipped = 0
        for (row, vector) in rows.enumerated() {
            guard let vector else { continue }
            let square = dot(vector, vector)
            let value: Float =
                switch metric {
                case .cosine: square > 0 && square < .infinity ? dot(unit, vector) / square.squareRoot() : .nan
                case .dot: dot(unit, vector)
                case .l2: squareDistance(unit, vector)
                }
            if value.isFinite { found.append((row, value)) } else { skipped += 1 }
        }
        found.sort { left, right in
            if left.value == right.value { return left.row < right.row }
            return metric == .l2 ? left.value < right.value : left.value > right.value
        }
        return NearestVectors.Found(
            matches: found.prefix(count).map {
                NearestVectors.Match(row: $0.row, value: metric == .l2 ? $0.value.squareRoot() : $0.value)
            }, skipped: skipped)
    }
}

@Suite("The nearest vectors", .serialized)
struct NearestVectorsTests {
    /// Vectors among which there are nulls, equal ones, and such as cannot be compared.
    static func rows(_ count: Int, _ dimension: Int, _ generator: inout SplitMix) -> [[Float]?] {
        var rows: [[Float]?] = []
        for row in 0..<count {
            switch Int.random(in: 0..<24, using: &generator) {
            case 0: rows.append(nil)
            case 1: rows.append([Float](repeating: 0, count: dimension))
            case 2 where row > 0: rows.append(rows[Int.random(in: 0..<row, using: &generator)])
            case 3:
                var vector = [Float](repeating: 1, count: dimension)
                vector[Int.random(in: 0..<dimension, using: &generator)] =
                    [.nan, .infinity, -.infinity, 3e38].randomElement(using: &generator) ?? 0
                rows.append(vector)
            // Few different numbers, so that many scores are equal.
            case 4...10: rows.append((0..<dimension).map { _ in Float(Int.random(in: -1...1, using: &generator)) })
            default: rows.append((0..<dimension).map { _ in Float.random(in: -1...1, using: &generator) })
            }
        }
        return rows
    }

    @Test("are those of a search row by row, bit by bit, with every processor's instructions", arguments: 0..<40)
    func oracle(seed: Int) throws {
        defer { vintage_set_kernel_level(2) }
        var generator = SplitMix(seed: UInt64(seed))
        let dimension = [1, 2, 3, 15, 16, 17, 63, 64, 65, 100, 128, 200].randomElement(using: &generator) ?? 1
        let rows = Self.rows([0, 1, 5, 300, 2000].randomElement(using: &generator) ?? 1, dimension, &generator)
        let column = Column.vectors(rows, dimension: dimension)
        let query = (0..<dimension).map { _ in Float.random(in: 0.1...1, using: &generator) }
        let count = [0, 1, 7, 50, 5000].randomElement(using: &generator) ?? 1
        for metric in VectorMetric.allCases {
            let expected = NearestOracle.nearest(rows, to: query, metric, count)
            for level in 0...2 {
                vintage_set_kernel_level(Int32(level))
                let found = try NearestVectors(column, metric: metric).nearest(to: query, count: count, workers: 2)
                #expect(found == expected, "\(metric) of \(rows.count) x \(dimension), level \(level)")
            }
        }
    }

    @Test("are the same where many pieces are searched by several threads")
    func threads() throws {
        var generator = SplitMix(seed: 7)
        let rows = Self.rows(40_000, 8, &generator)
        let column = Column.vectors(rows, dimension: 8)
        let query: [Float] = [1, 0, -1, 0, 1, 0, 0, 1]
        for metric in VectorMetric.allCases {
            let expected = NearestOracle.nearest(rows, to: query, metric, 100)
            let vectors = NearestVectors(column, metric: metric)
            #expect(try vectors.nearest(to: query, count: 100, workers: 1) == expected)
            #expect(try vectors.nearest(to: query, count: 100, workers: 4) == expected)
        }
    }

    @Test("of equally near rows are the first in the order that is given, however many are equal")
    func ties() throws {
        let column = Column.vectors([[Float]?](repeating: [1, 1], count: 3000), dimension: 2)
        let found = try NearestVectors(column, metric: .l2).nearest(to: [1, 2], count: 3, workers: 2) { $0 > $1 }
        #expect(found.matches.map(\.row) == [2999, 2998, 2997])
        #expect(found.matches.map(\.value) == [1, 1, 1])
    }

    @Test("are only candidates")
    func candidates() throws {
        let column = Column.vectors([[1, 0], [0, 1], nil, [1, 1]], dimension: 2)
        let found = try NearestVectors(column, metric: .cosine).nearest(
            to: [1, 0], count: 10, workers: 1, isCandidate: [false, true, true, true])
        #expect(found.matches.map(\.row) == [3, 1])
    }

    @Test("of a vector that cannot be compared are refused, with the reason")
    func refusals() throws {
        let column = Column.vectors([[1, 0]], dimension: 2)
        func refusal(_ query: [Float], _ metric: VectorMetric) -> String? {
            do throws(EmbeddingError) {
                _ = try NearestVectors(column, metric: metric).nearest(to: query, count: 1, workers: 1)
                return nil
            } catch {
                return error.description
            }
        }
        #expect(refusal([1], .dot) == "the vector has 1 number and the view's have 2; give as many")
        for metric in VectorMetric.allCases {
            #expect(refusal([.nan, 1], metric)?.contains("infinite, or none") == true)
        }
        #expect(refusal([0, 0], .cosine)?.contains("a cosine needs a length") == true)
        #expect(refusal([0, 0], .l2) == nil)
    }
}

/// A small seeded generator, so that a test chooses the same each time.
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
