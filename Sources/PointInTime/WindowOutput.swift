/// An aggregation's results while they are worked out: a place for each label.
final class WindowOutput {
    private var bits: FixedArray<UInt64>
    private var isValid: FixedArray<Bool>
    private var rows: FixedArray<Int32>
    let aggregation: Aggregation
    private let kind: WindowColumn.Kind?

    init(_ aggregation: Aggregation, kind: WindowColumn.Kind?, labelCount: Int) {
        self.aggregation = aggregation
        self.kind = kind
        let rowsPerLabel = Self.rowsPerLabel(aggregation.function)
        let isCount = aggregation.function == .count || aggregation.function == .distinctCount
        bits = FixedArray(repeating: 0, count: rowsPerLabel > 0 ? 0 : labelCount)
        isValid = FixedArray(repeating: false, count: rowsPerLabel > 0 || isCount ? 0 : labelCount)
        rows = FixedArray(repeating: -1, count: rowsPerLabel * labelCount)
    }

    static func rowsPerLabel(_ function: Aggregation.Function) -> Int {
        switch function {
        case .first, .last: 1
        case .lastRows(let count): count
        default: 0
        }
    }

    /// Where to write; it must not outlive this.
    var target: WindowTarget { WindowTarget(bits: bits.values, isValid: isValid.values, rows: rows.values) }

    /// The results as a column; their own memory is given up.
    func takeColumn() -> AggregatedColumn {
        defer {
            bits = FixedArray(uninitializedCount: 0)
            isValid = FixedArray(uninitializedCount: 0)
            rows = FixedArray(uninitializedCount: 0)
        }
        return column
    }

    private var column: AggregatedColumn {
        switch aggregation.function {
        case .count, .distinctCount: .counts(bits.values.map { Int64(bitPattern: $0) })
        case .first, .last, .lastRows: .rows(Array(rows.values), perLabel: Self.rowsPerLabel(aggregation.function))
        case .sum where kind == .integers, .minimum where kind == .integers, .maximum where kind == .integers:
            .integers(values: bits.values.map { Int64(bitPattern: $0) }, isValid: Array(isValid.values))
        default: .numbers(values: bits.values.map { Double(bitPattern: $0) }, isValid: Array(isValid.values))
        }
    }
}

/// The results of aggregations for all labels, to which joins add those of some of the labels.
public final class WindowResults {
    let outputs: [WindowOutput]
    let labelCount: Int

    /// Results of nothing: counts of 0, and no other values.
    public init(_ aggregations: [Aggregation], columns: [WindowColumn.Kind], labelCount: Int) {
        self.labelCount = labelCount
        outputs = aggregations.map { aggregation in
            WindowOutput(aggregation, kind: aggregation.column.map { columns[$0] }, labelCount: labelCount)
        }
    }

    /// The result of each aggregation, in the order in which they were given; their own memory is given up.
    public func takeColumns() -> [AggregatedColumn] { outputs.map { $0.takeColumn() } }
}

/// Where an aggregation's results are written, by whichever thread has the label's entity.
struct WindowTarget {
    fileprivate let bits: UnsafeMutableBufferPointer<UInt64>
    fileprivate let isValid: UnsafeMutableBufferPointer<Bool>
    /// Rows of the source, so many a label.
    let rows: UnsafeMutableBufferPointer<Int32>

    @inline(__always)
    func setCount(_ count: Int, at label: Int) { bits[label] = UInt64(truncatingIfNeeded: count) }

    @inline(__always)
    func setNumber(_ number: Double, at label: Int) {
        // Processors differ in which NaN they make.
        bits[label] = number.isNaN ? Double.nan.bitPattern : number.bitPattern
        isValid[label] = true
    }

    @inline(__always)
    func setInteger(_ integer: Int64, at label: Int) {
        bits[label] = UInt64(bitPattern: integer)
        isValid[label] = true
    }
}

/// Where the results of one column over one window are written, by what they have in common.
struct WindowTargets {
    /// The window's length.
    let window: UInt64
    private(set) var counts: [WindowTarget] = []
    private(set) var sums: [WindowTarget] = []
    private(set) var means: [WindowTarget] = []
    private(set) var deviations: [WindowTarget] = []
    private(set) var distinctCounts: [WindowTarget] = []
    private(set) var quantiles: [(target: WindowTarget, fraction: Double)] = []
    private(set) var minima: [WindowTarget] = []
    private(set) var maxima: [WindowTarget] = []
    private(set) var firsts: [WindowTarget] = []
    /// The last rows, and how many of them.
    private(set) var lasts: [(target: WindowTarget, count: Int)] = []

    init(_ window: UInt64, _ outputs: [WindowOutput]) {
        self.window = window
        for output in outputs {
            let target = output.target
            switch output.aggregation.function {
            case .count: counts.append(target)
            case .sum: sums.append(target)
            case .mean: means.append(target)
            case .standardDeviation: deviations.append(target)
            case .distinctCount: distinctCounts.append(target)
            case .quantile(let fraction): quantiles.append((target, fraction))
            case .minimum: minima.append(target)
            case .maximum: maxima.append(target)
            case .first: firsts.append(target)
            case .last: lasts.append((target, 1))
            case .lastRows(let count): lasts.append((target, count))
            }
        }
    }

    var hasSums: Bool { !sums.isEmpty || !means.isEmpty }
    var hasOrdered: Bool { !minima.isEmpty || !maxima.isEmpty || !firsts.isEmpty || !lasts.isEmpty }
}
