/// The vectors of a column, a row each, side by side in memory.
public struct VectorView {
    /// How many rows there are.
    public let count: Int
    /// How many numbers a vector has.
    public let dimension: Int
    /// The first number of the first row.
    public let base: UnsafePointer<Float>

    /// The numbers of a row; any numbers where the row is null.
    @inline(__always)
    public subscript(row: Int) -> UnsafeBufferPointer<Float> {
        precondition(row >= 0 && row < count, "there is no such row")
        return UnsafeBufferPointer(start: base + row * dimension, count: dimension)
    }
}

extension ColumnType {
    /// Whether values are vectors.
    public var isVector: Bool {
        if case .vector = self { return true }
        return false
    }

    /// Reads what the C data interface writes of a type that may have another inside.
    init(arrowFormat format: String, of inner: String?) {
        if format.hasPrefix("+w:"), inner == "f", let dimension = Int(format.dropFirst(3)), dimension > 0 {
            self = .vector(dimension)
        } else {
            self.init(arrowFormat: format)
        }
    }
}

extension Column {
    /// Calls `body` with the vectors of a column of them.
    @inline(__always)
    public func withVectors<Result, Failure>(
        _ body: (VectorView) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        guard case .vector(let dimension) = type else { preconditionFailure("the column has no vectors") }
        defer { withExtendedLifetime(self) {} }
        let base = values.assumingMemoryBound(to: Float.self) + offset * dimension
        return try body(VectorView(count: count, dimension: dimension, base: base))
    }

    /// A column of vectors, `nil` for null.
    ///
    /// - Parameter dimension: how many numbers each vector has.
    public static func vectors(_ vectors: [[Float]?], dimension: Int) -> Column {
        precondition(dimension > 0, "a vector has at least one number")
        let buffer = ColumnBuffer(.vector(dimension), count: vectors.count)
        let target = buffer.values(as: Float.self)
        for (row, vector) in vectors.enumerated() {
            guard let vector else { continue }
            precondition(vector.count == dimension, "the vectors of a column have one length")
            (target + row * dimension).update(from: vector, count: dimension)
            buffer.validity[row >> 3] |= 1 << UInt8(row & 7)
        }
        return buffer.finish()
    }
}
