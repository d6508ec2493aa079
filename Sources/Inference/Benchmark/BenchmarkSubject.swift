import Learning
import ObjectStore
import Splits
import Tables

/// A version of a model under measurement, with the requests that it answers.
struct BenchmarkSubject: Sendable {
    /// What a call is given.
    enum Request: Sendable {
        /// Rows as a table has them.
        case rows(RecordBatch)
        /// Rows whose preprocessing is done.
        case prepared(FeatureMatrix)
    }

    let name: String
    let place: DataPlace
    let predictor: Predictor
    /// The requests of each size.
    private let requests: [Int: [Request]]

    /// How many rows the requests of a size have together at most, so that they are many, and more than a cache holds.
    private static let rowsOfSize = 4096

    /// Loads a model and cuts requests out of rows.
    ///
    /// - Parameters:
    ///   - rows: rows in any order, at least as many as the largest size.
    ///   - table: what messages call the rows.
    init(_ place: DataPlace, rows: RecordBatch, table: String, sizes: Set<Int>, isPrepared: Bool) throws {
        (name, self.place) = (place.name, place)
        let predictor = try Predictor(Model(place))
        var requests: [Int: [Request]] = [:]
        for size in sizes {
            let count = max(1, min(rows.count, Self.rowsOfSize) / size)
            requests[size] = try (0..<count).map { number in
                let batch = rows.slice((number * size)..<((number + 1) * size))
                let matrix = try predictor.model.preprocessing.matrix(of: batch, table: table)
                return isPrepared ? .prepared(matrix) : .rows(batch)
            }
        }
        (self.predictor, self.requests) = (predictor, requests)
    }

    /// Answers a request of a size; those there are take turns.
    func answer(_ number: Int, size: Int) {
        guard let requests = requests[size] else { return }
        switch requests[number % requests.count] {
        case .prepared(let matrix): _ = predictor.predict(matrix)
        // The same rows were taken before, so that nothing is thrown now.
        case .rows(let batch): _ = try? predictor.predict(batch, table: "")
        }
    }
}

extension RecordBatch {
    /// So many rows of these, drawn with a seed: each once as long as there are enough, so that it does not matter how a table is sorted.
    func drawn(_ count: Int, seed: UInt64) -> RecordBatch {
        precondition(self.count > 0, "there are rows to draw from")
        var random = RandomSource(seed: seed)
        var places: [Int32] = []
        places.reserveCapacity(count + self.count)
        while places.count < count {
            var all = Array(0..<Int32(self.count))
            for place in all.indices.dropLast() { all.swapAt(place, place + random.below(all.count - place)) }
            places += all
        }
        places.removeLast(places.count - count)
        return RecordBatch(schema, columns.map { $0.gather(places) }, count: count)
    }
}
