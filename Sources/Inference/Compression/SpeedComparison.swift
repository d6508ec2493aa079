import Learning

/// How fast two models answer the same rows, whose preprocessing is done.
///
/// They take turns, every other round in the reverse order, so that what the machine does meanwhile meets both alike. A full
/// measurement, with tails, threads and load, is what ``Benchmark`` makes.
struct SpeedComparison: Sendable {
    /// How fast one model is.
    struct Speed: Sendable, Equatable {
        /// The median time for one row, in nanoseconds.
        var rowLatency: Double
        /// The rows a second in batches of ``batchSize``, on one thread.
        var rowsPerSecond: Double
    }

    /// How many rows a batch has.
    static let batchSize = 256
    private static let rounds = 9
    /// How long a model is measured in a round, in nanoseconds.
    private static let slice: UInt64 = 10_000_000

    let old: Speed
    let new: Speed

    /// Measures.
    ///
    /// - Parameter rows: at least one row.
    init(_ old: Predictor, _ new: Predictor, _ rows: FeatureMatrix) {
        let count = min(rows.count, 4096)
        let singles = (0..<count).map { rows.slice($0..<($0 + 1)) }
        let batches = (0..<max(1, count / Self.batchSize)).map { number in
            rows.slice((number * Self.batchSize)..<min(count, (number + 1) * Self.batchSize))
        }
        let clock = MonotonicClock()
        var latencies: [[Double]] = [[], []]
        var rates: [[Double]] = [[], []]
        for round in 0..<Self.rounds + 1 {
            for number in round % 2 == 0 ? [0, 1] : [1, 0] {
                let predictor = number == 0 ? old : new
                var histogram = LatencyHistogram()
                var call = round * 7919
                let end = clock.now() + Self.slice
                var before: UInt64
                repeat {
                    before = clock.now()
                    _ = predictor.predict(singles[call % singles.count])
                    histogram.record(clock.now() - before)
                    call += 1
                } while before < end
                let start = clock.now()
                var answered = 0
                repeat {
                    let batch = batches[call % batches.count]
                    _ = predictor.predict(batch)
                    answered += batch.count
                    call += 1
                } while clock.now() < start + Self.slice
                let rate = Double(answered) * 1e9 / Double(clock.now() - start)
                // The first round warms up.
                if round == 0 { continue }
                latencies[number].append(histogram.quantile(0.5))
                rates[number].append(rate)
            }
        }
        func speed(_ number: Int) -> Speed {
            Speed(
                rowLatency: latencies[number].sorted()[Self.rounds / 2],
                rowsPerSecond: rates[number].sorted()[Self.rounds / 2])
        }
        (self.old, self.new) = (speed(0), speed(1))
    }
}

extension FeatureMatrix {
    /// Some of the rows.
    fileprivate func slice(_ rows: Range<Int>) -> FeatureMatrix {
        FeatureMatrix(
            count: rows.count, width: width,
            numbers: Array(numbers[(rows.lowerBound * width)..<(rows.upperBound * width)]), tables: tables,
            codes: Array(codes[(rows.lowerBound * tables)..<(rows.upperBound * tables)]))
    }
}
