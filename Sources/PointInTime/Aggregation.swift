/// One windowed aggregation: what to make of which column over how long a window.
///
/// For a label with a given cut it takes the rows with availability time < cut and event time in
/// [cut − window, cut), and skips nulls.
public struct Aggregation: Sendable, Equatable {
    /// What is made of the rows of a window. Of no rows, a count is 0 and everything else null.
    public enum Function: Sendable, Equatable {
        /// How many rows there are; with a column, in how many it is not null.
        case count
        /// The exact sum, rounded once to the nearest `Double`, ties to even; whole numbers stay whole numbers. It does
        /// not depend on any order. A zero is positive; a NaN, or infinities of both signs, make it NaN.
        case sum
        /// The sum, rounded as above, divided by the count.
        case mean
        /// The least value; NaN is greater than every number, and −0 less than 0.
        case minimum
        /// The greatest value, by the same order.
        case maximum
        /// The row with the first value, in the order of (event time, availability time, row number).
        case first
        /// The row with the last value, in the same order.
        case last
        /// The rows with the last so many values, the last one first.
        case lastRows(Int)
        /// The sample standard deviation (by *n* − 1), from exact sums of values and squares; null for fewer than two
        /// values.
        case standardDeviation
        /// How many distinct values there are, exactly; −0 and 0 are one, and so are all NaN.
        case distinctCount
        /// The exact quantile from 0 (the least) to 1, interpolated linearly between the two nearest values.
        case quantile(Double)
    }

    /// What is made of the rows.
    public var function: Function
    /// Which of the join's columns; `nil` only to count rows.
    public var column: Int?
    /// The window's length.
    public var window: Int64

    /// An aggregation of one column.
    public init(_ function: Function, of column: Int? = nil, over window: Int64) {
        self.function = function
        self.column = column
        self.window = window
    }
}

/// An aggregation's result for each label, in the order in which the labels were given.
public enum AggregatedColumn: Sendable, Equatable {
    /// Counts: never null.
    case counts([Int64])
    /// Whole numbers; where not valid, null.
    case integers(values: [Int64], isValid: [Bool])
    /// Numbers; where not valid, null.
    case numbers(values: [Double], isValid: [Bool])
    /// The source's rows to take the values from, so many for each label; -1 for null.
    case rows([Int32], perLabel: Int)
}

/// One column of a batch, in memory that another owns: it must stay in place for the length of the call.
public struct WindowColumn {
    /// What a column holds.
    public enum Kind: Sendable, Equatable {
        /// Floating-point numbers.
        case numbers
        /// Whole numbers, times, truth values, or codes of text: anything that a number stands for.
        case integers
        /// Anything, of which only the nulls matter: it can be counted, and its first and last rows found.
        case opaque
    }

    /// The values.
    public enum Values {
        /// Numbers of 64 bits.
        case numbers(UnsafeBufferPointer<Double>)
        /// Numbers of 32 bits; they are widened, which is exact.
        case floats(UnsafeBufferPointer<Float>)
        /// Whole numbers.
        case integers(UnsafeBufferPointer<Int64>)
        /// So many values of no concern.
        case opaque(count: Int)
    }

    /// The values; at a null they do not matter.
    public var values: Values
    /// Which values are not null; `nil` if none is.
    public var isValid: UnsafeBufferPointer<Bool>?

    /// A column with its nulls.
    public init(_ values: Values, isValid: UnsafeBufferPointer<Bool>? = nil) {
        self.values = values
        self.isValid = isValid
    }

    /// What the column holds.
    public var kind: Kind {
        switch values {
        case .numbers, .floats: .numbers
        case .integers: .integers
        case .opaque: .opaque
        }
    }

    /// How many rows there are.
    public var count: Int {
        switch values {
        case .numbers(let values): values.count
        case .floats(let values): values.count
        case .integers(let values): values.count
        case .opaque(let count): count
        }
    }

    /// The value's 64 bits.
    @inline(__always)
    func bits(_ row: Int) -> UInt64 {
        switch values {
        case .numbers(let values): values[row].bitPattern
        case .floats(let values): Double(values[row]).bitPattern
        case .integers(let values): UInt64(bitPattern: values[row])
        case .opaque: 0
        }
    }

    @inline(__always)
    func isValid(_ row: Int) -> Bool { isValid.map { $0[row] } ?? true }
}
