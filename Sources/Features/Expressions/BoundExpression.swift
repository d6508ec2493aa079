/// An expression whose columns have known types, ready to compute.
///
///     let late = try Expression(parsing: "arr_delay > 15").bound(to: ColumnTypes(["arr_delay": .float64]))
///     let values = try late.evaluate(batch)
public struct BoundExpression: Sendable {
    /// The type of its values.
    public let type: ExpressionType
    /// The columns that it reads.
    public let columns: [String]
    let root: TypedExpression

    /// Computes the value of each row of a batch, which has the columns with the types that were bound.
    ///
    /// - Throws: ``ExpressionEvaluationError`` with the first row that has no value that fits.
    /// - Complexity: a pass over the rows for each part of the expression.
    public func evaluate(_ batch: ExpressionBatch) throws(ExpressionEvaluationError) -> ExpressionVector {
        try ExpressionEvaluator(batch: batch).evaluate(root, active: nil)
    }
}

extension Expression {
    /// Binds the expression to columns.
    ///
    /// - Parameter columns: the types of all columns that it reads; must not be open.
    /// - Throws: ``ExpressionError`` for a column that is not there, and values of types that do not fit.
    public func bound(to columns: ColumnTypes) throws(ExpressionError) -> BoundExpression {
        let closed = ColumnTypes(columns.types)
        let typed = try ExpressionChecker(columns: closed).check(root)
        // An expression that is null whatever the row has no type of its own.
        let root = typed.type == .null ? typed.coerced(to: .known(.string)) : typed
        return BoundExpression(type: root.type.known ?? .string, columns: self.columns, root: root)
    }
}
