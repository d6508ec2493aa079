import Features
import Tables

/// The features of a service that are made when they are asked for: of its other features, and of what whoever asks gives.
///
///     let derived = try DerivedFeatures(plan, fields)
///     let columns = try derived.columns(of: features, spine)
///
/// Training sets and online answers have them from here, so that both have the same of the same values.
package struct DerivedFeatures: Sendable {
    private let service: FeatureService
    /// In an order in which they can be computed.
    private let bound: [(name: String, expression: BoundExpression)]
    /// The features that they are made of.
    private let features: Set<String>

    /// How many rows are computed at once.
    private static let rowsAtOnce = 1 << 17

    /// Binds the expressions of a service to the columns of its other features.
    ///
    /// - Returns: `nil` if the service makes none.
    /// - Throws: ``Features/InvalidDefinitions`` where expressions do not fit them.
    package init?(_ plan: ServicePlan, _ fields: [Field]) throws(InvalidDefinitions) {
        service = plan.service
        if service.derived.isEmpty { return nil }
        var types: [String: ExpressionType] = [:]
        for field in fields { types[field.name] = ExpressionType(field.type) }
        bound = try plan.boundDerived(toFeatures: types)
        features = Set(bound.flatMap(\.expression.columns)).intersection(fields.map(\.name))
    }

    /// The columns, in the order in which the service has them.
    ///
    /// - Parameters:
    ///   - columns: the service's other features, by name.
    ///   - spine: has what whoever asks gives, and a row for each of the features'.
    ///   - storage: where the columns are kept.
    /// - Throws: ``TrainingSetError/evaluation(_:expression:table:row:)`` for a row without a value that fits, and
    ///   ``TrainingSetError/wrongKeyType(column:type:expected:table:)`` for given values of another type than is declared.
    package func columns(
        of columns: [String: Column], _ spine: SpineTable, storage: ColumnStorage = .memory
    ) throws -> [Column] {
        let given = try service.request.map { (name: $0.name, column: try Self.given($0, spine), type: $0.type) }
        var parts: [String: [Column]] = [:]
        let pieces = (0..<spine.count).pieces(of: Self.rowsAtOnce)
        for rows in pieces.isEmpty ? [0..<0] : pieces {
            var batch = ExpressionBatch(count: rows.count, columns: [:])
            for name in features {
                if let column = columns[name] { batch.add(name, try vector(column.slice(rows), name)) }
            }
            for (name, column, type) in given {
                batch.add(name, try vector(column.slice(rows), name).widened(to: type.expressionType))
            }
            for (name, expression) in bound {
                let vector = try evaluate(expression, batch, name, spine, from: rows.lowerBound)
                batch.add(name, vector)
                guard let column = vector.column() else { throw TrainingSetError.tooManyBytes(column: name) }
                parts[name, default: []].append(column)
            }
        }
        return try service.derivedNames.map { name in
            let pieces = parts[name] ?? []
            guard let type = pieces.first?.type, let column = Column.concatenate(pieces, type: type) else {
                throw TrainingSetError.tooManyBytes(column: name)
            }
            return try column.moved(to: storage)
        }
    }

    /// The features and given columns, directly and through others, that a feature is made of.
    package func inputs(of name: String) -> Set<String> {
        guard let expression = bound.first(where: { $0.name == name })?.expression else { return [name] }
        return expression.columns.reduce(into: []) { $0.formUnion(inputs(of: $1)) }
    }

    private func evaluate(
        _ expression: BoundExpression, _ batch: ExpressionBatch, _ name: String, _ spine: SpineTable, from first: Int
    ) throws -> ExpressionVector {
        do throws(ExpressionEvaluationError) {
            return try expression.evaluate(batch)
        } catch {
            throw TrainingSetError.evaluation(error, expression: name, table: spine.name, row: first + error.row + 1)
        }
    }

    /// A column that whoever asks gives.
    private static func given(_ column: TypedColumn, _ spine: SpineTable) throws -> Column {
        guard let values = spine.keyColumn(column.name) else {
            throw TableError.noColumn(column.name, table: spine.name, nearest: nil)
        }
        let (found, wanted) = (ExpressionType(values.type), column.type.expressionType)
        guard found == wanted || (found == .int64 && wanted == .float64) else {
            throw TrainingSetError.wrongKeyType(
                column: column.name, type: "\(values.type)", expected: "\(wanted)", table: spine.name)
        }
        return values
    }

    private func vector(_ column: Column, _ name: String) throws -> ExpressionVector {
        guard let vector = ExpressionVector(column) else {
            throw TrainingSetError.unsuitable(
                column: name, type: "\(column.type)", table: "the service '\(service.name)'")
        }
        return vector
    }
}

extension ExpressionVector {
    /// Whole numbers as numbers with a point, where these are declared: what is computed must not depend on how a table has them.
    fileprivate func widened(to type: ExpressionType) -> ExpressionVector {
        guard type == .float64, case .int64(let vector) = self else { return self }
        return .float64(FixedVector(vector.values.map { Double($0) }, validity: vector.validity))
    }
}
