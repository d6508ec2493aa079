/// A plan for one view whose expressions are bound to the types of the data that was found.
///
///     let bound = try plan.views[0].bound(toData: ["tailnum": .string, "arr_delay": .float64, …])
///     var batch = ExpressionBatch(count: rows, columns: columnsOfData)
///     try bound.derive(in: &batch)
///     let rowsThatCount = try bound.sourceFilter?.evaluate(batch)
public struct BoundViewPlan: Sendable {
    /// The plan.
    public let plan: ViewPlan
    /// The derived columns, each after those that it needs.
    public let derived: [(name: String, expression: BoundExpression)]
    /// The rows for which it is not true are no rows of the source.
    public let sourceFilter: BoundExpression?
    /// A version for which it is true takes the fact back.
    public let retracted: BoundExpression?
    /// Of the facts as they are known, only those for which it is true count.
    public let filter: BoundExpression?
    /// For each column of the plan its expression, or the argument of its aggregation; `nil` where rows are counted.
    public let values: [BoundExpression?]
    /// For each column of the plan the filter of its aggregation.
    public let valueFilters: [BoundExpression?]

    /// Adds the derived columns to a batch of the data's.
    ///
    /// - Throws: ``ExpressionEvaluationError`` with the first row that has no value that fits.
    public func derive(in batch: inout ExpressionBatch) throws(ExpressionEvaluationError) {
        for column in derived { batch.add(column.name, try column.expression.evaluate(batch)) }
    }
}

extension ViewPlan {
    /// Binds the plan's expressions to the types of the data's columns, which now are all known.
    ///
    /// A derived column goes before one of the data of the same name.
    ///
    /// - Parameters:
    ///   - types: the columns of the data and their types as expressions see them.
    ///   - vectors: columns that no expression can use; a plain feature that is one of them is taken as it is, and must not
    ///     be evaluated.
    /// - Throws: ``InvalidDefinitions`` with the places of the expressions that do not fit, and of columns that are not there.
    public func bound(
        toData types: [String: ExpressionType], vectors: Set<String> = []
    ) throws(InvalidDefinitions) -> BoundViewPlan {
        var binder = ExpressionBinder(columns: ColumnTypes(types), vectors: vectors)
        var boundDerived: [(name: String, expression: BoundExpression)] = []
        for column in derived {
            if let bound = binder.bind(column.expression, source.texts, "derive.\(column.name).value") {
                boundDerived.append((column.name, bound))
                binder.columns.set(column.name, bound.type)
            } else {
                binder.failed.insert(column.name)
            }
        }
        let times =
            [("event_time", source.eventTime)] + (source.availability?.column.map { [("availability", $0)] } ?? [])
        for (key, column) in times { binder.require(column, .timestamp, of: source, at: source.texts.place(key)) }
        for column in source.eventKey {
            binder.require(column, nil, of: source, at: source.texts.place("event_key.\(column)"))
        }
        for key in keys {
            let place = view.texts.place(
                key.key == key.sourceColumn ? "entity" : "keys.\(key.key).value")
            binder.require(key.sourceColumn, key.type.expressionType, of: source, at: place)
        }
        for column in columns {
            for key in column.groupKeys {
                binder.require(key, nil, of: source, at: column.texts.place("group_by.\(key)"))
            }
        }
        let bound = BoundViewPlan(
            plan: self, derived: boundDerived,
            sourceFilter: source.filter.flatMap { binder.bindCondition($0, source.texts, "where") },
            retracted: source.retracted.flatMap { binder.bindCondition($0, source.texts, "retracted") },
            filter: view.filter.flatMap { binder.bindCondition($0, view.texts, "where") },
            values: columns.map { binder.bindValue($0) },
            valueFilters: columns.map { column in
                column.filter.flatMap { binder.bindCondition($0, column.texts, "where") }
            })
        if !binder.problems.isEmpty { throw InvalidDefinitions(binder.problems) }
        return bound
    }
}

extension ServicePlan {
    /// Binds what the service makes of its features to the types that these have.
    ///
    /// - Parameter types: the features of the views, as expressions see them; those that they cannot use are left out.
    /// - Returns: each after those that it needs.
    /// - Throws: ``InvalidDefinitions`` with the places of the expressions that do not fit.
    package func boundDerived(
        toFeatures types: [String: ExpressionType]
    ) throws(InvalidDefinitions) -> [(name: String, expression: BoundExpression)] {
        var types = types
        for column in service.request { types[column.name] = column.type.expressionType }
        var binder = ExpressionBinder(columns: ColumnTypes(types), vectors: [])
        var bound: [(name: String, expression: BoundExpression)] = []
        for column in service.derived {
            if let expression = binder.bind(column.expression, service.texts, "derive.\(column.name).value") {
                bound.append((column.name, expression))
                binder.columns.set(column.name, expression.type)
            } else {
                binder.failed.insert(column.name)
            }
        }
        if !binder.problems.isEmpty { throw InvalidDefinitions(binder.problems) }
        return bound
    }
}

/// Binds expressions one after the other, and collects what does not fit.
private struct ExpressionBinder {
    var columns: ColumnTypes
    private(set) var problems: [DefinitionProblem] = []
    /// The derived columns that could not be bound; what needs them is not said to be wrong as well.
    var failed: Set<String> = []
    private let vectors: Set<String>

    init(columns: ColumnTypes, vectors: Set<String>) { (self.columns, self.vectors) = (columns, vectors) }

    private mutating func add(_ kind: DefinitionProblem.Kind, _ place: DefinitionPlace) {
        let problem = DefinitionProblem(kind, at: place)
        // Two windows of one feature have one expression.
        if !problems.contains(problem) { problems.append(problem) }
    }

    mutating func bind(_ expression: Expression, _ texts: DefinitionTexts, _ key: String) -> BoundExpression? {
        if !failed.isDisjoint(with: expression.columns) { return nil }
        do {
            return try expression.bound(to: columns)
        } catch {
            add(.expression(error.problem), texts.place(key, offset: error.offset))
            return nil
        }
    }

    mutating func bindCondition(_ expression: Expression, _ texts: DefinitionTexts, _ key: String) -> BoundExpression? {
        guard let bound = bind(expression, texts, key) else { return nil }
        if bound.type != .bool {
            add(.expression(.wrongType("'\(key)'", expected: "true or false", found: bound.type)), texts.place(key))
        }
        return bound
    }

    mutating func bindValue(_ column: ViewPlan.Column) -> BoundExpression? {
        if case .latest(let expression) = column.value, let name = expression.column, vectors.contains(name) {
            return BoundExpression(
                type: .string, columns: [name], root: TypedExpression(.column(name), .any, at: 0))
        }
        guard let expression = column.value.expression, let bound = bind(expression, column.texts, "value") else {
            return nil
        }
        if case .aggregation(let aggregation) = column.value, !aggregation.function.takes(bound.type) {
            add(aggregation.function.refusal(of: bound.type), column.texts.place("value"))
        }
        return bound
    }

    mutating func require(
        _ name: String, _ expected: ExpressionType?, of source: FeatureSource, at place: DefinitionPlace
    ) {
        if failed.contains(name) { return }
        if let problem = columns.problem(with: name, expected, of: source.name) { add(problem, place) }
    }
}
