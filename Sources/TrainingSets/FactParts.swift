import Features
import Tables

/// What a view takes of each row before anything is joined: its keys, its times, and whether it counts.
struct FactParts {
    let plan: ViewPlan
    let bound: BoundViewPlan
    let table: any FactTable
    let threads: Int

    /// Binds a view's expressions to the columns of a table, of which all that it needs are there.
    static func bind(_ plan: ViewPlan, to table: any FactTable) throws -> BoundViewPlan {
        let inExpressions = plan.columnsInExpressions
        var vectors: Set<String> = []
        for name in plan.columnsOfData {
            guard let type = table.types[name], ExpressionType(type) == nil else { continue }
            guard type.isVector, !inExpressions.contains(name) else {
                throw TrainingSetError.unsuitable(column: name, type: "\(type)", table: table.name)
            }
            vectors.insert(name)
        }
        let bound = try plan.bound(toData: table.expressionTypes, vectors: vectors)
        try table.check(plan.columnsOfData)
        return bound
    }

    /// A pass over the rows.
    func reader(names: [String], expressions: [BoundExpression], given: [String] = []) -> FactReader {
        FactReader(table, bound, names: names, expressions: expressions, given: given, threads: threads)
    }

    /// The columns of the entity's keys.
    func keys(_ facts: FactBatch) throws -> [KeyPart] {
        try plan.keys.map { key in
            let value = facts.value(key.sourceColumn)
            let kind = KeyKind(key.type)
            guard let part = KeyPart(value, as: kind) else {
                throw TrainingSetError.wrongKeyType(
                    column: key.sourceColumn, type: value.typeName, expected: kind.rawValue,
                    table: table.place(ofRow: facts.firstRow).table)
            }
            return part
        }
    }

    /// The columns that, with the entity, name a fact.
    func eventKeys(_ facts: FactBatch) throws -> [(part: KeyPart, kind: KeyKind)] {
        try plan.source.eventKey.map { name in
            let value = facts.value(name)
            let type: ExpressionType? =
                switch value {
                case .column(let column): ExpressionType(column.type)
                case .vector(let vector): vector.type
                }
            guard let kind = type.flatMap({ KeyKind($0) }), let part = KeyPart(value, as: kind) else {
                throw TrainingSetError.wrongKeyType(
                    column: name, type: value.typeName, expected: "string, int64, boolean or timestamp",
                    table: table.source.name)
            }
            return (part, kind)
        }
    }

    /// The rows that can be facts of the view: those of its filter that take nothing back. `nil` for all.
    func isCounted(_ facts: FactBatch, _ reader: FactReader) throws -> [Bool]? {
        let filter = try bound.filter.flatMap {
            try reader.evaluate($0, facts.expressions, facts.firstRow, "where").truths
        }
        return both(filter, try retractions(facts, reader).map { $0.map { !$0 } })
    }

    /// The rows that take a fact back; `nil` if the source has none.
    func retractions(_ facts: FactBatch, _ reader: FactReader) throws -> [Bool]? {
        try bound.retracted.flatMap {
            try reader.evaluate($0, facts.expressions, facts.firstRow, "retracted").truths
        }
    }
}

extension ViewPlan {
    /// The columns of the data that are more than plain features taken as they are: in keys, times, filters, expressions.
    fileprivate var columnsInExpressions: Set<String> {
        var names = source.ownColumns + keys.map(\.sourceColumn) + (view.filter?.columns ?? [])
        for column in columns {
            names += (column.filter?.columns ?? []) + column.groupKeys
            if case .latest(let expression) = column.value, expression.column != nil { continue }
            names += column.value.expression?.columns ?? []
        }
        names += derived.flatMap(\.expression.columns)
        return Set(source.columnsOfData(for: names))
    }
}
