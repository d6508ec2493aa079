import Tables

/// What is done to a table's columns before a network takes them, as it was learned from the rows of the training.
///
///     let matrix = try preprocessing.matrix(of: batch, table: "flights.parquet")
///
/// A number that is missing, or is infinite, becomes `fill`; then `shift` is taken away and it is divided by `scale`.
public struct Preprocessing: Sendable, Equatable {
    /// A column that is taken as a number.
    public struct Number: Sendable, Equatable {
        /// The column.
        public let name: String
        /// What stands for a missing number; `nil` where the model takes what is no number.
        public let fill: Double?
        /// What is taken away.
        public let shift: Double
        /// What is divided by.
        public let scale: Double
        /// Whether another number, 1 or 0, says that the first was missing.
        public let hasIndicator: Bool
    }

    /// A column that is taken as a category.
    public struct Category: Sendable, Equatable {
        /// The column.
        public let name: String
        /// The values that are known.
        public let vocabulary: Vocabulary
    }

    /// The columns that are taken as numbers.
    public let numbers: [Number]
    /// The columns that are taken as categories.
    public let categories: [Category]

    /// How many numbers a row becomes.
    public var width: Int { numbers.reduce(0) { $0 + ($1.hasIndicator ? 2 : 1) } }

    /// All columns, those of numbers first.
    public var columns: [String] { numbers.map(\.name) + categories.map(\.name) }

    /// The rows of a batch as a network takes them.
    ///
    /// - Parameter table: what messages call the table.
    /// - Throws: ``LearningError/unsuitableFeature(column:type:table:)``.
    package func matrix(of batch: RecordBatch, table: String) throws(LearningError) -> FeatureMatrix {
        let width = width
        var values = [Float](repeating: 0, count: batch.count * width)
        var place = 0
        for number in numbers {
            guard let column = batch[number.name], let found = column.numbers() else {
                throw .unsuitableFeature(
                    column: number.name, type: "\(batch[number.name]?.type.description ?? "missing")", table: table)
            }
            for row in found.indices {
                let isMissing = !found[row].isFinite
                let value = ((isMissing ? number.fill ?? .nan : found[row]) - number.shift) / number.scale
                if value.isNaN {
                    values[row * width + place] = .nan
                    continue
                }
                // What does not fit single precision becomes the largest number that does.
                values[row * width + place] = Float(
                    min(max(value, -Double(Float.greatestFiniteMagnitude)), Double(Float.greatestFiniteMagnitude)))
                if number.hasIndicator { values[row * width + place + 1] = isMissing ? 1 : 0 }
            }
            place += number.hasIndicator ? 2 : 1
        }
        var codes = [Int32](repeating: 0, count: batch.count * categories.count)
        for (number, category) in categories.enumerated() {
            guard let column = batch[category.name], column.type.isCategory || column.type.isNumber else {
                throw .unsuitableFeature(
                    column: category.name, type: "\(batch[category.name]?.type.description ?? "missing")",
                    table: table)
            }
            for (row, code) in category.vocabulary.codes(of: column).enumerated() {
                codes[row * categories.count + number] = code
            }
        }
        return FeatureMatrix(
            count: batch.count, width: width, numbers: values, tables: categories.count, codes: codes)
    }
}

/// How a preprocessing is learned.
public struct PreprocessingSettings: Sendable, Equatable {
    /// What stands for a missing number.
    public enum Imputation: String, Sendable, CaseIterable {
        /// The middle of the known ones.
        case median
        /// Their mean.
        case mean
        /// Nothing.
        case zero
    }

    /// What is taken away from a number, and what it is divided by.
    public enum Scaling: String, Sendable, CaseIterable {
        /// The mean and the standard deviation.
        case standard
        /// The least value and the range.
        case minmax
        /// The median and the range of the middle half.
        case robust
        /// 0 and 1.
        case none
    }

    /// What stands for a missing number.
    public var imputation = Imputation.median
    /// How numbers are brought to one size.
    public var scaling = Scaling.standard
    /// Whether numbers stay as they are, also what is missing, for a model that can take them so.
    public var keepsNumbers = false
    /// Whether columns that have missing numbers get one that says so.
    public var hasIndicators = true
    /// How many rows a value of a category has at least to be known.
    public var minimumCount = 1
    /// How many values of a category are known at most.
    public var maximumSize = 10_000

    /// The settings where nothing is said.
    public init() {}
}

extension Preprocessing {
    /// Learns from some rows of a table, and from no others.
    ///
    /// - Parameters:
    ///   - numbers: the columns that are taken as numbers.
    ///   - categories: the columns that are taken as categories.
    ///   - rows: the rows of the training.
    /// - Throws: ``LearningError/unsuitableFeature(column:type:table:)``.
    init(
        learning batch: RecordBatch, numbers: [String], categories: [String], rows: [Int32],
        _ settings: PreprocessingSettings, table: String
    ) throws(LearningError) {
        var fitted: [Number] = []
        for name in numbers {
            guard let column = batch[name], let values = column.numbers() else {
                throw .unsuitableFeature(
                    column: name, type: "\(batch[name]?.type.description ?? "missing")", table: table)
            }
            fitted.append(Self.fit(name, values, rows, settings))
        }
        var known: [Category] = []
        for name in categories {
            guard let column = batch[name], column.type.isCategory else {
                throw .unsuitableFeature(
                    column: name, type: "\(batch[name]?.type.description ?? "missing")", table: table)
            }
            known.append(
                Category(
                    name: name,
                    vocabulary: Vocabulary(
                        learning: column, rows: rows, minimumCount: settings.minimumCount,
                        maximumSize: settings.maximumSize)))
        }
        (self.numbers, self.categories) = (fitted, known)
    }

    private static func fit(
        _ name: String, _ values: [Double], _ rows: [Int32], _ settings: PreprocessingSettings
    ) -> Number {
        if settings.keepsNumbers { return Number(name: name, fill: nil, shift: 0, scale: 1, hasIndicator: false) }
        var known: [Double] = []
        known.reserveCapacity(rows.count)
        for row in rows where values[Int(row)].isFinite { known.append(values[Int(row)]) }
        let hasIndicator = settings.hasIndicators && known.count < rows.count
        if known.isEmpty { return Number(name: name, fill: 0, shift: 0, scale: 1, hasIndicator: hasIndicator) }
        let mean = known.reduce(0, +) / Double(known.count)
        let fill: Double =
            switch settings.imputation {
            case .median: known.quantile(0.5)
            case .mean: mean
            case .zero: 0
            }
        let (shift, scale): (Double, Double)
        switch settings.scaling {
        case .standard:
            let variance = known.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(known.count)
            (shift, scale) = (mean, variance.squareRoot())
        case .minmax:
            let (low, high) = (known.min() ?? 0, known.max() ?? 0)
            (shift, scale) = (low, high - low)
        case .robust: (shift, scale) = (known.quantile(0.5), known.quantile(0.75) - known.quantile(0.25))
        case .none: (shift, scale) = (0, 1)
        }
        // A column of one value says nothing, and must not become infinite. Nor may sums that are.
        let isUsable = scale > 0 && scale.isFinite && shift.isFinite
        return Number(
            name: name, fill: fill, shift: shift.isFinite ? shift : 0, scale: isUsable ? scale : 1,
            hasIndicator: hasIndicator)
    }
}

extension [Double] {
    /// The value that a share of the values is at or below; reorders the array.
    ///
    /// - Complexity: O(n) on average.
    mutating func quantile(_ share: Double) -> Double {
        let place = Int((share * Double(count - 1)).rounded())
        var (low, high) = (0, count - 1)
        while low < high {
            let pivot = self[(low + high) / 2]
            var (left, right) = (low, high)
            while left <= right {
                while self[left] < pivot { left += 1 }
                while self[right] > pivot { right -= 1 }
                if left <= right {
                    swapAt(left, right)
                    left += 1
                    right -= 1
                }
            }
            if place <= right { high = right } else if place >= left { low = left } else { break }
        }
        return self[place]
    }
}
