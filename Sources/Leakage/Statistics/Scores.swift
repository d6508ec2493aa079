/// How well numbers rank or follow an outcome.
enum Scores {
    /// How many rows of outcome 1, and of the other outcome, have one score.
    struct Tally {
        var positives = 0
        var negatives = 0

        @inline(__always)
        mutating func add(_ outcome: Double) {
            if outcome > 0.5 { positives += 1 } else { negatives += 1 }
        }
    }

    /// The area under the ROC curve: the chance that a row of outcome 1 has the greater score, ties counted half. `nil`
    /// without rows of both outcomes.
    ///
    /// - Parameter tallies: those of equal scores together, in the order of the scores.
    static func areaUnderCurve(_ tallies: some Sequence<Tally>) -> Double? {
        var (positives, negatives, won) = (0, 0, 0.0)
        for tally in tallies {
            won += Double(tally.positives) * (Double(negatives) + Double(tally.negatives) / 2)
            positives += tally.positives
            negatives += tally.negatives
        }
        if positives == 0 || negatives == 0 { return nil }
        return won / (Double(positives) * Double(negatives))
    }

    /// The share of the outcomes' variance that predictions explain; below 0 where the mean would do better.
    static func determination(_ predictions: [Double], _ outcomes: [Double]) -> Double? {
        let mean = outcomes.reduce(0, +) / Double(max(outcomes.count, 1))
        let total = outcomes.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        if outcomes.count < 2 || total <= 0 { return nil }
        let rest = zip(predictions, outcomes).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
        return 1 - rest / total
    }
}

/// Rows of a column that have a value, with their outcomes.
struct OutcomeRows {
    /// The rank of each row's value.
    private(set) var ranks: [Int32] = []
    /// The outcome of each row.
    private(set) var outcomes: [Double] = []

    /// Takes the rows with a value.
    init(_ column: RankedColumn, _ rows: ArraySlice<Int>, _ outcome: Outcome) {
        ranks.reserveCapacity(rows.count)
        outcomes.reserveCapacity(rows.count)
        for row in rows where column.ranks[row] >= 0 {
            ranks.append(column.ranks[row])
            outcomes.append(outcome.values[row])
        }
    }

    /// How many rows there are.
    var count: Int { ranks.count }

    /// The rows of each outcome for each of some groups of ranks.
    func tallies(count: Int, group: (Int32) -> Int) -> [Scores.Tally] {
        var tallies = [Scores.Tally](repeating: Scores.Tally(), count: count)
        for place in ranks.indices { tallies[group(ranks[place])].add(outcomes[place]) }
        return tallies
    }
}

/// The mean outcome of each value or range of a feature, learned from some rows.
struct BinnedMeans {
    /// The mean outcome of each bin; the last is for values that were not among the rows.
    let means: [Double]
    /// The bin of each rank.
    private let bins: [Int32]

    /// Learns the means.
    ///
    /// - Parameter limit: into how many ranges of equal share numbers fall at most.
    init(_ column: RankedColumn, _ rows: OutcomeRows, bins limit: Int) {
        var counts = [Int](repeating: 0, count: column.count)
        for rank in rows.ranks { counts[Int(rank)] += 1 }
        let distinct = counts.count { $0 > 0 }
        var bins = [Int32](repeating: -1, count: column.count)
        var binCount: Int32 = 0
        if column.numbers == nil || distinct <= limit {
            for rank in counts.indices where counts[rank] > 0 {
                bins[rank] = binCount
                binCount += 1
            }
        } else {
            // A range begins at each rank that has a share's first row.
            var (seen, next) = (0, 1)
            for rank in counts.indices {
                seen += counts[rank]
                var isFirst = false
                while next < limit, rows.count * next / limit < seen {
                    next += 1
                    isFirst = true
                }
                if isFirst { binCount += 1 }
                bins[rank] = binCount
            }
            binCount += 1
        }
        let overall = rows.outcomes.reduce(0, +) / Double(max(rows.count, 1))
        var (sums, sizes) = ([Double](repeating: 0, count: Int(binCount)), [Int](repeating: 0, count: Int(binCount)))
        for (rank, outcome) in zip(rows.ranks, rows.outcomes) {
            let bin = Int(bins[Int(rank)])
            sums[bin] += outcome
            sizes[bin] += 1
        }
        // A few rows count as if they were partly average, so that a rare value does not look certain.
        means =
            zip(sums, sizes).map { sum, size in
                size == 0 ? overall : (sum + 0.1 * overall) / (Double(size) + 0.1)
            } + [overall]
        self.bins = bins.map { $0 < 0 ? binCount : $0 }
    }

    /// The bin of a rank.
    @inline(__always)
    func bin(_ rank: Int32) -> Int { Int(bins[Int(rank)]) }

    /// How well the means rank rows by their outcome.
    func areaUnderCurve(_ rows: OutcomeRows) -> Double? {
        let tallies = rows.tallies(count: means.count, group: bin)
        let order = means.indices.sorted { means[$0] < means[$1] }
        var merged: [Scores.Tally] = []
        var last: Double?
        for bin in order {
            if means[bin] == last {
                merged[merged.count - 1].positives += tallies[bin].positives
                merged[merged.count - 1].negatives += tallies[bin].negatives
            } else {
                merged.append(tallies[bin])
            }
            last = means[bin]
        }
        return Scores.areaUnderCurve(merged)
    }
}
