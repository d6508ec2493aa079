/// Rows of data as a network takes them.
package struct FeatureMatrix: Sendable {
    /// How many rows there are.
    package var count: Int
    /// How many numbers a row has.
    package let width: Int
    /// The numbers, row by row.
    package var numbers: [Float]
    /// How many codes a row has.
    package let tables: Int
    /// The codes, row by row: each a row of a table.
    package var codes: [Int32]

    /// Takes rows.
    package init(count: Int, width: Int, numbers: [Float], tables: Int, codes: [Int32]) {
        precondition(numbers.count == count * width && codes.count == count * tables, "the rows have one width")
        (self.count, self.width, self.numbers, self.tables, self.codes) = (count, width, numbers, tables, codes)
    }
}
