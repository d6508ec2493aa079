import Splits
import Tables

/// A metric of some rows, and where it would lie for others like them.
public struct MeasuredMetric: Sendable, Equatable {
    /// The metric.
    public let metric: Metric
    /// Its value.
    public let value: Double
    /// The interval that has 95% of the resamples' values; `nil` if none were made.
    public let interval: ClosedRange<Double>?
}

/// How certain a metric is, by drawing the rows again with replacement (Efron, 1979), or whole groups of them where rows
/// are ranked among each other: the rows of a group depend on each other.
public struct Bootstrap: Sendable, Equatable {
    /// How many resamples are drawn; none for values without intervals.
    public var resamples: Int
    /// What chance begins with. Each resample has numbers of its own, so that threads change nothing.
    public var seed: UInt64

    /// Draws so many resamples.
    public init(resamples: Int = 200, seed: UInt64 = 0) { (self.resamples, self.seed) = (resamples, seed) }

    /// Measures rows.
    ///
    /// - Returns: the metrics that there are; rows of one class have no ``Metric/auc``.
    public func measure(_ rows: JudgedRows, workers: Int = 1) -> [MeasuredMetric] {
        if rows.count == 0 { return [] }
        let sums = MetricSums(rows)
        let values = sums.values()
        let drawn = drawn(rows, sums, workers)
        return sums.metrics.indices.compactMap { place in
            guard let value = values[place] else { return nil }
            let others = drawn.compactMap { $0[place] }.sorted()
            let interval = others.isEmpty ? nil : Self.quantile(others, 0.025)...Self.quantile(others, 0.975)
            return MeasuredMetric(metric: sums.metrics[place], value: value, interval: interval)
        }
    }

    /// How much worse other predictions of the same rows are, by a metric: the difference, or for errors the share by which they are
    /// larger; below 0 if they are better. The same resamples are drawn of both, so that what is hard for both is none.
    ///
    /// - Returns: the loss, and the interval that has 95% of the resamples' losses; `nil` if the rows do not tell.
    public func loss(
        of candidate: JudgedRows, to baseline: JudgedRows, _ metric: Metric, workers: Int = 1
    ) -> (value: Double, interval: ClosedRange<Double>)? {
        precondition(
            candidate.count == baseline.count && candidate.groups == baseline.groups, "both predict the same rows")
        let (new, old) = (MetricSums(candidate), MetricSums(baseline))
        guard candidate.count > 0, let newPlace = new.metrics.firstIndex(of: metric),
            let oldPlace = old.metrics.firstIndex(of: metric)
        else { return nil }
        func loss(_ new: Double?, _ old: Double?) -> Double? {
            guard let new, let old else { return nil }
            if metric.isBetterHigher { return old - new }
            return old > 0 ? new / old - 1 : new > 0 ? .infinity : 0
        }
        let losses = zip(drawn(candidate, new, workers), drawn(baseline, old, workers))
            .compactMap { loss($0[newPlace], $1[oldPlace]) }.sorted()
        guard let value = loss(new.values()[newPlace], old.values()[oldPlace]), !losses.isEmpty else { return nil }
        return (value, Self.quantile(losses, 0.025)...Self.quantile(losses, 0.975))
    }

    /// The metrics of each resample.
    private func drawn(_ rows: JudgedRows, _ sums: MetricSums, _ workers: Int) -> [[Double?]] {
        var drawn = [[Double?]](repeating: [], count: resamples)
        drawn.withUnsafeMutableBufferPointer { drawn in
            // Each part writes its own element.
            let base = drawn.baseAddress
            inParallel(resamples, workers: workers) { number in
                var random = RandomSource(seed: seed &+ UInt64(number + 1) &* 0x9E6C_63D0_876A_3F6B)
                let units = rows.groups?.count ?? rows.count
                var counts = [Int32](repeating: 0, count: units)
                for _ in 0..<units { counts[random.below(units)] += 1 }
                guard let groups = rows.groups else {
                    base?[number] = sums.values(counts: counts)
                    return
                }
                base?[number] = sums.values(counts: groups.numbers.map { counts[Int($0)] }, groupCounts: counts)
            }
        }
        return drawn
    }

    /// A quantile of sorted values, between two of them by their distance.
    static func quantile(_ sorted: [Double], _ share: Double) -> Double {
        let place = share * Double(sorted.count - 1)
        let low = Int(place)
        let high = min(low + 1, sorted.count - 1)
        return sorted[low] + (sorted[high] - sorted[low]) * (place - Double(low))
    }
}
