import Features
import PointInTime
import Tables

/// The aggregations of a view whose rows are found by the same columns.
final class WindowFeatures {
    /// Which of the view's columns these are.
    let columns: [Int]
    /// The columns besides the entity's keys in which a row must equal the spine's.
    let groupKeys: [String]
    private let keyed: SpineIndex.Keyed
    private let inputs: [WindowInput]
    private let aggregations: [EngineAggregation]
    private let arguments: [ExpressionType?]
    private let view: String
    private var texts: [Int: TextNumbers] = [:]
    private var join: WindowJoin?
    private let results: WindowResults

    /// Prepares the aggregations.
    ///
    /// - Parameters:
    ///   - columns: which of the plan's columns.
    ///   - keyed: the spine by the entity's keys and the group's.
    ///   - tracesFacts: whether it is also told which facts went into each value; see ``traces(in:)``.
    init(
        _ bound: BoundViewPlan, columns: [Int], groupKeys: [String], keyed: SpineIndex.Keyed,
        types: [String: ExpressionType], labelCount: Int, tracesFacts: Bool
    ) throws {
        self.columns = columns
        self.groupKeys = groupKeys
        self.keyed = keyed
        view = bound.plan.view.name
        var inputs: [WindowInput] = []
        var known: [String: Int] = [:]
        var aggregations: [EngineAggregation] = []
        var arguments: [ExpressionType?] = []
        func input(_ index: Int, _ form: WindowInput.Form) throws -> Int {
            let column = bound.plan.columns[index]
            guard case .aggregation(let aggregation) = column.value else {
                preconditionFailure("a window's feature is an aggregation")
            }
            let name = "\(form) \(aggregation.argument?.canonicalText ?? "") \(column.filter?.canonicalText ?? "")"
            if let found = known[name] { return found }
            known[name] = inputs.count
            inputs.append(
                try Self.input(
                    aggregation, bound.values[index], bound.valueFilters[index], column.filter, form, types,
                    text: column.feature))
            return inputs.count - 1
        }
        for index in columns {
            let column = bound.plan.columns[index]
            guard case .aggregation(let aggregation) = column.value, let window = column.window else {
                preconditionFailure("a window's feature is an aggregation")
            }
            let length = window.span.seconds * 1_000_000
            let argument = bound.values[index]
            arguments.append(argument?.type)
            let isOfRows = argument == nil && column.filter == nil
            let place = isOfRows ? nil : try input(index, aggregation.form(of: argument?.type))
            aggregations.append(EngineAggregation(aggregation.engineFunction, of: place, over: length))
        }
        for index in columns where tracesFacts {
            let length = (bound.plan.columns[index].window?.span.seconds ?? 0) * 1_000_000
            let place = try input(index, .presence)
            for function in [EngineAggregation.Function.count, .last] {
                aggregations.append(EngineAggregation(function, of: place, over: length))
                arguments.append(nil)
            }
        }
        (self.inputs, self.aggregations, self.arguments) = (inputs, aggregations, arguments)
        results = WindowResults(aggregations, columns: inputs.map(\.form.kind), labelCount: labelCount)
    }

    /// An input whose expression is computed only where its filter is true.
    private static func input(
        _ aggregation: DefinedAggregation, _ argument: BoundExpression?, _ filter: BoundExpression?,
        _ filterText: Expression?, _ form: WindowInput.Form, _ types: [String: ExpressionType], text: String
    ) throws -> WindowInput {
        guard let argument, let filter, aggregation.argument?.column == nil, let defined = aggregation.argument else {
            return WindowInput(
                expression: argument, column: aggregation.argument?.column, filterName: nil, filter: filter,
                form: form, text: text)
        }
        var name = "filter"
        while types[name] != nil { name += "'" }
        var types = types
        types[name] = .bool
        let guarded = try Expression(parsing: "if(\"\(name)\", \(defined.canonicalText), null)")
        let bound = try guarded.bound(to: ColumnTypes(types))
        precondition(bound.type == argument.type, "a condition does not change an expression's type")
        return WindowInput(
            expression: bound, column: nil, filterName: name, filter: filter, form: form, text: text)
    }

    /// The expressions that are computed over each batch.
    var expressions: [BoundExpression] {
        inputs.flatMap { input in
            [input.filter, input.isAsItIs ? nil : input.expression].compactMap { $0 }
        }
    }

    /// The names by which expressions know their filters, which are no columns of the source.
    var filterNames: [String] { inputs.compactMap(\.filterName) }

    /// The columns that are taken as they are.
    var names: [String] { inputs.compactMap { $0.isAsItIs ? $0.column : nil } + groupKeys }

    /// Whether rows have to be looked at once before they are taken in.
    var needsOrder: Bool { inputs.contains { $0.form == .ranks } }

    /// Looks at the texts of a batch, to know their order.
    func lookAhead(_ facts: FactBatch, _ reader: FactReader) throws {
        for (index, input) in inputs.enumerated() where input.form == .ranks {
            let filter = try filter(input, facts, reader)
            guard case .string(let vector) = try vector(input, facts, reader, filter) else { continue }
            texts[index, default: TextNumbers()].add(vector, filter)
        }
    }

    /// Takes note of the texts' order, after all batches were looked at.
    func sortTexts() { for index in texts.keys { texts[index]?.sort() } }

    /// Begins with a part of the labels.
    func begin(
        _ index: SpineIndex, part: Int, _ corrections: Corrections, embargo: Int64, threads: Int
    ) throws(PointInTimeError) {
        join = try WindowJoin(
            spine: try index.spine(keyed, part: part).withEmbargo(embargo), corrections: corrections,
            columns: inputs.map(\.form.kind), aggregations: aggregations, threads: threads)
    }

    /// Takes in a batch.
    ///
    /// - Parameters:
    ///   - entities: the codes of entities; used where there are no group keys.
    ///   - isCounted: the rows that count; `nil` for all.
    func add(
        _ facts: FactBatch, _ reader: FactReader, entities: [Int32], parts: [KeyPart], isCounted: [Bool]?, threads: Int
    ) throws {
        var codes = entities
        if !groupKeys.isEmpty {
            let groups = try groupKeys.enumerated().map { number, name in
                let kind = keyed.keys[parts.count + number].kind
                let value = facts.value(name)
                guard let part = KeyPart(value, as: kind) else {
                    throw TrainingSetError.wrongKeyType(
                        column: name, type: value.typeName, expected: kind.rawValue, table: "the source of '\(view)'")
                }
                return part
            }
            guard let found = try KeyPart.codes(parts + groups, keyed.coder, threads: threads) else {
                throw TrainingSetError.tooManyBytes(column: groupKeys[0])
            }
            codes = found
            codes.clear(where: facts.isRow)
        }
        codes.clear(where: isCounted)
        let values = try inputs.enumerated().map { try self.values($1, number: $0, facts, reader) }
        try facts.eventTimes.withBuffer { events in
            try facts.availabilityTimes.withBuffer { available in
                try WindowValues.withWindowColumns(values[...]) { columns in
                    try join?.add(
                        entities: codes.span, eventTimes: events.span, availabilityTimes: available.span,
                        columns: columns, firstRow: facts.firstRow)
                }
            }
        }
    }

    private func filter(_ input: WindowInput, _ facts: FactBatch, _ reader: FactReader) throws -> [Bool]? {
        guard let filter = input.filter else { return nil }
        return try reader.evaluate(filter, facts.expressions, facts.firstRow, input.text).truths
    }

    private func vector(
        _ input: WindowInput, _ facts: FactBatch, _ reader: FactReader, _ filter: [Bool]?
    ) throws -> ExpressionVector? {
        guard let expression = input.expression else { return nil }
        var batch = facts.expressions
        if let name = input.filterName, let filter { batch.add(name, .bool(FixedVector(filter))) }
        return try reader.evaluate(expression, batch, facts.firstRow, input.text)
    }

    private func values(
        _ input: WindowInput, number: Int, _ facts: FactBatch, _ reader: FactReader
    ) throws -> WindowValues {
        let filter = try filter(input, facts, reader)
        if input.expression == nil { return WindowValues(presence: filter, count: facts.count) }
        if input.isAsItIs, let name = input.column, case .column(let column) = facts.value(name) {
            if input.form == .codes {
                let codes = texts[number, default: TextNumbers()].numbers(adding: column)
                return WindowValues(codes: codes, validity: both(column.validities, filter))
            }
            guard let values = WindowValues(column, input.form, filter: filter) else {
                throw TrainingSetError.unsuitable(
                    column: name, type: "\(column.type)", table: "the source of '\(view)'")
            }
            return values
        }
        let vector: ExpressionVector?
        if input.isAsItIs, let name = input.column, case .vector(let derived) = facts.value(name) {
            vector = derived
        } else {
            vector = try self.vector(input, facts, reader, filter)
        }
        let values = vector.flatMap { vector in
            WindowValues(vector, input.form, filter: filter) { texts in
                if input.form == .codes { self.texts[number, default: TextNumbers()].add(texts, filter) }
                return self.texts[number, default: TextNumbers()].numbers(of: texts)
            }
        }
        guard let values else { preconditionFailure("an expression has values") }
        return values
    }

    /// Works out the results of the part of the labels that was begun with.
    func finishPart() throws {
        guard let join = join.take() else { return }
        do {
            try join.finish(into: results)
        } catch {
            throw TrainingSetError.join(error, view: view)
        }
    }

    /// The results: columns, or rows of the source whose values they are.
    func finish() throws -> [WindowResult] {
        let results = results.takeColumns()
        return try zip(results.indices, results).map { number, result in
            try self.result(result, aggregations[number], arguments[number])
        }
    }

    /// Of the results of ``finish()`` how many facts went into each value, and which row was the last of them; empty unless
    /// it was asked for.
    func traces(in results: [WindowResult]) -> [(column: Int, trace: FactTrace)] {
        let pairs = results.dropFirst(columns.count)
        return zip(columns, stride(from: pairs.startIndex, to: pairs.endIndex, by: 2)).compactMap { column, place in
            guard case .column(let counts) = pairs[place], case .rows(let rows, _) = pairs[place + 1] else {
                return nil
            }
            return (column, FactTrace(counts: counts, newest: rows))
        }
    }

    private func result(
        _ result: AggregatedColumn, _ aggregation: EngineAggregation, _ argument: ExpressionType?
    ) throws -> WindowResult {
        switch result {
        case .counts(let values): return .column(.fixed(values, .int64, isValid: nil))
        case .numbers(let values, let isValid):
            return .column(.fixed(values, .float64, isValid: isValid))
        case .integers(let values, let isValid):
            if argument == .string, let input = aggregation.column {
                // Of a source without rows there are no texts, and each value is null.
                guard let column = (texts[input] ?? TextNumbers()).column(values, isValid: isValid) else {
                    throw TrainingSetError.tooManyBytes(column: inputs[input].text)
                }
                return .column(column)
            }
            return .column(.fixed(values, (argument ?? .int64).columnType, isValid: isValid))
        case .rows(let rows, let perLabel): return .rows(rows, perLabel: perLabel)
        }
    }
}

/// The facts that went into an aggregation's values.
struct FactTrace {
    /// How many there are, for each label.
    let counts: Column
    /// The source's row of the newest, by the order of a plain view, for each label; -1 for none.
    let newest: [Int32]
}

/// What became of an aggregation.
enum WindowResult {
    /// Its values.
    case column(Column)
    /// The rows of the source whose values they are, so many for each label.
    case rows([Int32], perLabel: Int)
}

extension WindowInput {
    /// Whether a column of the source is taken as it is.
    fileprivate var isAsItIs: Bool { column != nil && form != .ranks }
}

extension DefinedAggregation {
    fileprivate var engineFunction: EngineAggregation.Function {
        switch function {
        case .count: .count
        case .countDistinct: .distinctCount
        case .sum: .sum
        case .mean: .mean
        case .standardDeviation: .standardDeviation
        case .min: .minimum
        case .max: .maximum
        case .first: .first
        case .last: .last
        case .lastK: .lastRows(count ?? 1)
        case .quantile: .quantile(share ?? 0.5)
        }
    }

    fileprivate func form(of type: ExpressionType?) -> WindowInput.Form {
        switch function {
        case .count, .first, .last, .lastK: .presence
        case .countDistinct, .sum, .mean, .standardDeviation, .min, .max, .quantile:
            switch type {
            case .float64: .numbers
            case .string: function == .countDistinct ? .codes : .ranks
            default: .whole
            }
        }
    }
}

extension Column {
    /// A column of values that are all valid, or as `isValid` says.
    fileprivate static func fixed<Value: BitwiseCopyable>(
        _ values: [Value], _ type: ColumnType, isValid: [Bool]?
    ) -> Column {
        precondition(type.byteWidth == MemoryLayout<Value>.size, "the values have another width")
        let buffer = ColumnBuffer(type, count: values.count)
        let (target, bits) = (buffer.values(as: Value.self), buffer.validity)
        for row in values.indices { target[row] = values[row] }
        if let isValid {
            for row in isValid.indices where isValid[row] { bits[row >> 3] |= 1 << UInt8(row & 7) }
        } else {
            buffer.setAllValid()
        }
        return buffer.finish()
    }
}
