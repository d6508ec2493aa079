extension Column {
    /// Calls `body` with the texts as Arrow lays them out: row *i* is `bytes[offsets[i]..<offsets[i + 1]]`.
    ///
    /// - Returns: `nil` where rows hold the numbers of texts in a ``dictionary``.
    package func withTextBuffers<Result, Failure>(
        _ body: (_ offsets: UnsafeBufferPointer<Int32>, _ bytes: UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result? {
        precondition(type.isVariable, "the column has no texts")
        if dictionary != nil { return nil }
        defer { withExtendedLifetime(self) {} }
        let offsets = UnsafeBufferPointer(start: values.assumingMemoryBound(to: Int32.self) + offset, count: count + 1)
        return try body(offsets, UnsafeRawBufferPointer(start: bytes, count: Int(offsets[count])))
    }

    /// Which rows have a value, a byte each; `nil` if all have.
    package var validities: [Bool]? {
        withValidity { bits in
            bits.map { bits in
                [Bool](unsafeUninitializedCapacity: count) { values, filled in
                    for row in 0..<count { values.initializeElement(at: row, to: bits[row]) }
                    filled = count
                }
            }
        }
    }
}

extension Column {
    /// The same values under another type of the same layout.
    package func reinterpreted(_ type: ColumnType) -> Column {
        precondition(
            type.byteWidth == self.type.byteWidth && type.isVariable == self.type.isVariable,
            "the types have different layouts")
        return relabelled(type)
    }
}
