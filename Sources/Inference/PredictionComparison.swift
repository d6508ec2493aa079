import Learning
import Tables

/// What two models predict differently of the same rows.
///
///     let comparison = try PredictionComparison(old, new, reader, workers: 2)
///     comparison.flips    // [(from: "false", to: "true", count: 12)]
public struct PredictionComparison: Sendable {
    /// How often one class was predicted before and another is now.
    public struct Flip: Sendable, Equatable {
        /// The class before.
        public let from: String
        /// The class now.
        public let to: String
        /// In how many rows.
        public fileprivate(set) var count: Int
        /// The first of them, from 1.
        public let firstRow: Int
    }

    /// How many rows there were.
    public private(set) var rows = 0
    /// The classes that changed, the most frequent first; none for numbers.
    public private(set) var flips: [Flip] = []
    /// Rows that were predicted wrongly and are now right, and the other way round; `nil` without labels, and for numbers.
    public private(set) var newlyRight: Int?
    /// See ``newlyRight``.
    public private(set) var newlyWrong: Int?
    /// The mean and the greatest difference, without sign: of the probability of the second of two classes, or of the numbers;
    /// `nil` for more classes and without rows.
    public private(set) var difference: (mean: Double, most: Double, row: Int)?

    /// Predicts the rows of a table with both.
    ///
    /// - Throws: ``InferenceError/misuse(_:)`` if the models do not predict the same label with the same classes, and what
    ///   predicting throws.
    public init(
        _ old: Predictor, _ new: Predictor, _ reader: TableReader, batchSize: Int = 1 << 16, workers: Int
    ) throws {
        let label = old.model.label
        guard label == new.model.label else {
            throw InferenceError.misuse(
                "the models predict '\(label)' and '\(new.model.label)'; compare two that predict the same")
        }
        let names = (Self.classes(old), Self.classes(new))
        guard names.0.map(Set.init) == names.1.map(Set.init) else {
            throw InferenceError.misuse("the models do not know the same classes of '\(label)'; compare two that do")
        }
        var columns = old.model.preprocessing.columns
        for name in new.model.preprocessing.columns where !columns.contains(name) { columns.append(name) }
        let hasLabel = reader.schema[label]?.type.isCarried ?? false
        if hasLabel, !columns.contains(label) { columns.append(label) }
        let batches = try reader.batches(columns, rows: batchSize, workers: workers)
        var sum = 0.0
        while let batch = try batches.next() {
            let before = try old.predict(batch, table: reader.name, workers: workers)
            let after = try new.predict(batch, table: reader.name, workers: workers)
            if let (first, second) = names.0.flatMap({ first in names.1.map { (first, $0) } }) {
                count(Self.chosen(before, first), Self.chosen(after, second), hasLabel ? batch[label] : nil)
                if first.count == 2 {
                    let isTurned = first != second
                    compare(before, isTurned ? after.map { 1 - $0 } : after, &sum)
                }
            } else {
                compare(before, after, &sum)
            }
            rows += batch.count
        }
        if let found = difference, rows > 0 { difference = (sum / Double(rows), found.most, found.row) }
        flips.sort { ($1.count, $0.firstRow) < ($0.count, $1.firstRow) }
    }

    private static func classes(_ predictor: Predictor) -> [String]? {
        if case .classes(let names) = predictor.model.coding { names } else { nil }
    }

    /// The class that each row is said to have.
    private static func chosen(_ predictions: [Double], _ names: [String]) -> [String] {
        if names.count == 2 { return predictions.map { names[$0 >= 0.5 ? 1 : 0] } }
        let width = names.count
        return stride(from: 0, to: predictions.count, by: width).map { first in
            names[names.indices.max { predictions[first + $0] < predictions[first + $1] } ?? 0]
        }
    }

    private mutating func count(_ before: [String], _ after: [String], _ label: Column?) {
        if label != nil { (newlyRight, newlyWrong) = (newlyRight ?? 0, newlyWrong ?? 0) }
        for row in before.indices where before[row] != after[row] {
            if let place = flips.firstIndex(where: { $0.from == before[row] && $0.to == after[row] }) {
                flips[place].count += 1
            } else {
                flips.append(Flip(from: before[row], to: after[row], count: 1, firstRow: rows + row + 1))
            }
            guard let label, !label.isNull(at: row) else { continue }
            let truth = label.type.text(of: label.cell(at: row))
            if truth == after[row] { newlyRight = (newlyRight ?? 0) + 1 }
            if truth == before[row] { newlyWrong = (newlyWrong ?? 0) + 1 }
        }
    }

    private mutating func compare(_ before: [Double], _ after: [Double], _ sum: inout Double) {
        for row in before.indices {
            let apart = abs(before[row] - after[row])
            sum += apart
            if apart > difference?.most ?? -1 { difference = (0, apart, rows + row + 1) }
        }
    }
}
