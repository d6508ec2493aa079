import func Workspace.nearestName

/// Looks at what definitions say of each other: that names are there, columns known, and types right.
final class DefinitionResolver {
    private let drafts: DefinitionDrafts
    private let problems: DefinitionProblems
    private let entities: [String: Entity]
    private let views: [String: FeatureView]
    private let labels: [String: Label]
    /// The sources, their derived columns in the order in which they can be computed.
    private(set) var sources: [String: FeatureSource]
    /// The services, their derived features in such an order.
    private(set) var services: [FeatureService] = []
    /// The columns of each source.
    private var columns: [String: ColumnTypes] = [:]

    init(_ drafts: DefinitionDrafts, _ problems: DefinitionProblems) {
        self.drafts = drafts
        self.problems = problems
        func byName<Definition>(_ list: [Definition], _ name: (Definition) -> String) -> [String: Definition] {
            Dictionary(uniqueKeysWithValues: list.map { (name($0), $0) })
        }
        entities = byName(drafts.entities, \.name)
        sources = byName(drafts.sources, \.name)
        views = byName(drafts.views, \.name)
        labels = byName(drafts.labels, \.name)
    }

    /// Looks at everything.
    func resolve() {
        for source in drafts.sources { check(source) }
        for view in drafts.views { check(view) }
        for label in drafts.labels { check(label) }
        services = drafts.services.map { checked($0) }
    }

    /// Whether a name is defined; one whose definition could not be read is said to be wrong there, and not here as well.
    private func isDefined(_ kind: DefinitionKind, _ name: String, at place: DefinitionPlace) -> Bool {
        let known = drafts.places[kind, default: [:]]
        if known[name] != nil { return true }
        let nearest = nearestName(to: name, among: known.keys.sorted())
        problems.add(.unknownDefinition(kind, name, nearest: nearest), at: place)
        return false
    }

    // MARK: Sources

    private func check(_ source: FeatureSource) {
        var source = source
        let declared = source.columns.map {
            Dictionary($0.map { ($0.name, $0.type.expressionType) }) { first, _ in first }
        }
        var types = ColumnTypes(declared ?? [:], untyped: Set(source.derived.map(\.name)), isOpen: declared == nil)
        source.derived = ordered(source.derived, source.texts)
        for column in source.derived {
            let key = "derive.\(column.name).value"
            if let type = check(column.expression, over: types, source.texts, key) { types.set(column.name, type) }
        }
        columns[source.name] = types
        sources[source.name] = source
        requireColumn(source.eventTime, .timestamp, of: source, at: source.texts.place("event_time"))
        if let column = source.availability?.column {
            requireColumn(column, .timestamp, of: source, at: source.texts.place("availability"))
        }
        for column in source.eventKey {
            requireColumn(column, nil, of: source, at: source.texts.place("event_key.\(column)"))
        }
        checkCondition(source.filter, over: types, source.texts, "where")
        checkCondition(source.retracted, over: types, source.texts, "retracted")
    }

    /// The derived columns, each after those that it needs.
    private func ordered(_ columns: [DerivedColumn], _ texts: DefinitionTexts) -> [DerivedColumn] {
        let byName = Dictionary(columns.map { ($0.name, $0) }) { first, _ in first }
        var ordered: [DerivedColumn] = []
        var done: Set<String> = []
        var path: [String] = []
        func visit(_ column: DerivedColumn) {
            if done.contains(column.name) { return }
            if let start = path.firstIndex(of: column.name) {
                let place = texts.place("derive.\(column.name)")
                problems.add(.cycle(Array(path[start...]) + [column.name]), at: place)
                return
            }
            path.append(column.name)
            for name in column.expression.columns {
                if let needed = byName[name] { visit(needed) }
            }
            path.removeLast()
            if done.insert(column.name).inserted { ordered.append(column) }
        }
        for column in columns.sorted(by: { $0.name < $1.name }) { visit(column) }
        return ordered
    }

    /// Checks that a source has a column, of a type if one is asked for, as far as that is known.
    private func requireColumn(
        _ name: String, _ expected: ExpressionType?, of source: FeatureSource, at place: DefinitionPlace
    ) {
        guard let types = columns[source.name] else { return }
        if let problem = types.problem(with: name, expected, of: source.name) { problems.add(problem, at: place) }
    }

    // MARK: Expressions

    @discardableResult
    private func check(
        _ expression: Expression, over types: ColumnTypes, _ texts: DefinitionTexts, _ key: String
    ) -> ExpressionType? {
        do {
            return try expression.type(over: types)
        } catch {
            problems.add(.expression(error.problem), at: texts.place(key, offset: error.offset))
            return nil
        }
    }

    private func checkCondition(
        _ expression: Expression?, over types: ColumnTypes, _ texts: DefinitionTexts, _ key: String
    ) {
        guard let expression, let type = check(expression, over: types, texts, key), type != .bool else { return }
        problems.add(
            .expression(.wrongType("'\(key)'", expected: "true or false", found: type)), at: texts.place(key))
    }

    // MARK: Views

    private func check(_ view: FeatureView) {
        let hasEntity = isDefined(.entity, view.entity, at: view.texts.place("entity"))
        let hasSource = isDefined(.source, view.source, at: view.texts.place("source"))
        var names: Set<String> = []
        for feature in view.features {
            for name in feature.columnNames where !names.insert(name).inserted {
                problems.add(.repeated(name, in: "the features of the view '\(view.name)'"), at: feature.place)
            }
        }
        if hasEntity, let entity = entities[view.entity] { checkKeys(view, entity) }
        guard hasSource, let source = sources[view.source], let types = columns[view.source] else { return }
        checkCondition(view.filter, over: types, view.texts, "where")
        if let embedding = view.embedding { check(embedding, source) }
        if let text = view.embedding?.text { check(text, entities[view.entity]) }
        for feature in view.features {
            checkCondition(feature.filter, over: types, feature.texts, "where")
            for column in feature.groupKeys {
                requireColumn(column, nil, of: source, at: feature.texts.place("group_by.\(column)"))
            }
            guard let expression = feature.value.expression else { continue }
            let type = check(expression, over: types, feature.texts, "value")
            if case .aggregation(let aggregation) = feature.value, let type, !aggregation.function.takes(type) {
                problems.add(aggregation.function.refusal(of: type), at: feature.texts.place("value"))
            }
        }
    }

    /// Vectors and digests are read as they are, and a column of vectors cannot be declared among a source's `columns`.
    private func check(_ embedding: Embedding, _ source: FeatureSource) {
        let own = [("column", embedding.column)] + (embedding.madeBy.map { [("made_by", $0)] } ?? [])
        let named =
            own.map { ($0.1, embedding.texts.place($0.0)) }
            + (embedding.text.flatMap { text in text.digest.map { [($0, text.texts.place("digest"))] } } ?? [])
        for (column, place) in named {
            if source.derived.contains(where: { $0.name == column }) {
                problems.add(
                    .wrongColumnType(column, expected: "a column of the data", found: "a derived one"), at: place)
            } else if column != embedding.column {
                requireColumn(column, .string, of: source, at: place)
            }
        }
    }

    private func check(_ text: EmbeddedText, _ entity: Entity?) {
        guard isDefined(.source, text.source, at: text.texts.place("source")), let source = sources[text.source] else {
            return
        }
        for column in text.columns {
            requireColumn(column, .string, of: source, at: text.texts.place("columns.\(column)"))
        }
        for key in entity?.keys ?? [] where text.texts.places["source"] != nil {
            requireColumn(key.name, key.type.expressionType, of: source, at: text.texts.place("source"))
        }
    }

    private func checkKeys(_ view: FeatureView, _ entity: Entity) {
        checkKeyNames(view.sourceColumns.keys, entity, view.texts)
        guard let source = sources[view.source] else { return }
        for key in entity.keys {
            let column = view.sourceColumns[key.name] ?? key.name
            let place = view.texts.place(
                view.sourceColumns[key.name] == nil ? "entity" : "keys.\(key.name).value")
            requireColumn(column, key.type.expressionType, of: source, at: place)
        }
    }

    private func checkKeyNames(_ names: some Sequence<String>, _ entity: Entity, _ texts: DefinitionTexts) {
        for name in names.sorted() where !entity.keys.contains(where: { $0.name == name }) {
            let nearest = nearestName(to: name, among: entity.keys.map(\.name))
            problems.add(
                .unknownEntityKey(name, entity: entity.name, nearest: nearest), at: texts.place("keys.\(name)"))
        }
    }

    // MARK: Labels and services

    private func check(_ label: Label) {
        guard let name = label.source, isDefined(.source, name, at: label.texts.place("source")),
            let source = sources[name], let types = columns[name]
        else { return }
        if let value = label.value { check(value, over: types, label.texts, "value") }
        for pair in label.event {
            let key = "event.\(pair.spine)"
            let isPair = label.texts.places["\(key).value"] != nil
            requireColumn(pair.source, nil, of: source, at: label.texts.place(isPair ? "\(key).value" : key))
        }
    }

    /// Looks at a service.
    ///
    /// - Returns: the same, with its derived features in an order in which they can be computed.
    private func checked(_ service: FeatureService) -> FeatureService {
        let taken = checkColumns(service)
        var service = service
        service.derived = ordered(service.derived, service.texts)
        checkDerived(service, taken)
        return service
    }

    /// What is made of features when it is asked for, and what that takes.
    ///
    /// - Parameter taken: what other columns of the service and its spine are.
    private func checkDerived(_ service: FeatureService, _ taken: [String: String]) {
        var keys: [String: DeclaredType] = [:]
        var (types, untyped) = ([String: ExpressionType](), Set(service.derived.map(\.name)))
        for entry in service.entries {
            guard let view = views[entry.view] else { continue }
            for key in entities[view.entity]?.keys ?? [] { keys[entry.spineColumns[key.name] ?? key.name] = key.type }
            for column in view.columns(of: entry) {
                // No expression can use a vector.
                if let embedding = view.embedding, column.value.expression?.column == embedding.column { continue }
                if let type = type(of: column, view) { types[column.name] = type } else { untyped.insert(column.name) }
            }
        }
        for column in service.request {
            let place = service.texts.place("request.\(column.name)")
            types[column.name] = column.type.expressionType
            guard let other = taken[column.name] else { continue }
            if let key = keys[column.name] {
                // A key may be used in expressions too.
                if key == column.type { continue }
                let found = column.type.rawValue
                problems.add(
                    .wrongColumnType(column.name, expected: "a \(key.rawValue), as it is a key", found: found),
                    at: place)
            } else {
                problems.add(.repeated(column.name, in: "'request' and, as \(other), in the service"), at: place)
            }
        }
        for column in service.derived {
            let place = service.texts.place("derive.\(column.name)")
            let asked = service.request.contains { $0.name == column.name } ? "a column of 'request'" : nil
            if let other = taken[column.name] ?? asked {
                problems.add(.repeated(column.name, in: "'derive' and, as \(other), in the service"), at: place)
            }
            let known = ColumnTypes(types, untyped: untyped, isOpen: false)
            if let type = check(column.expression, over: known, service.texts, "derive.\(column.name).value") {
                types[column.name] = type
            }
        }
    }

    /// The type of a feature, as far as it is known.
    private func type(of column: ViewPlan.Column, _ view: FeatureView) -> ExpressionType? {
        guard let types = columns[view.source] else { return nil }
        let value = column.value.expression.flatMap { try? $0.type(over: types) }
        switch column.value {
        case .latest: return value
        case .aggregation(let aggregation):
            // A list is a text.
            return aggregation.function == .lastK ? .string : aggregation.function.result(for: value)
        }
    }

    /// Looks at the columns that a service takes from views.
    ///
    /// - Returns: what each column of the service and its spine is.
    private func checkColumns(_ service: FeatureService) -> [String: String] {
        var taken: [String: String] = [:]
        if let name = service.label, isDefined(.label, name, at: service.texts.place("label")), let label = labels[name]
        {
            taken[label.column] = "the label '\(name)'"
            taken[label.time] = "the time of the label '\(name)'"
        }
        for entry in service.entries {
            if let view = views[entry.view], let entity = entities[view.entity] {
                for key in entity.keys {
                    let column = entry.spineColumns[key.name] ?? key.name
                    taken[column] = taken[column] ?? "a key of the entity '\(entity.name)' in the spine"
                }
            }
        }
        for entry in service.entries {
            let place = entry.texts.places["feature"] ?? entry.texts.places["view"] ?? entry.place
            guard isDefined(.view, entry.view, at: place), let view = views[entry.view] else { continue }
            if let entity = entities[view.entity] { checkKeyNames(entry.spineColumns.keys, entity, entry.texts) }
            let columns = view.columns(of: entry)
            if columns.isEmpty, let feature = entry.feature {
                let names = view.features.flatMap { [$0.name] + $0.columnNames }
                let nearest = nearestName(to: feature, among: names).map { "\(view.name).\($0)" }
                problems.add(.unknownFeature(feature, view: view.name, nearest: nearest), at: place)
            }
            if columns.count > 1, entry.alias != nil {
                problems.add(
                    .invalidValue(
                        "\(view.name).\(entry.feature ?? "")", key: "feature",
                        expected:
                            "one feature with its window, as '\(view.name).\(columns[0].feature)', to have an 'as'"),
                    at: place)
            }
            for column in columns {
                if let other = taken[column.name] {
                    problems.add(.ambiguousColumn(column.name, other), at: entry.place)
                } else {
                    taken[column.name] = "'\(view.name).\(column.feature)'"
                }
            }
        }
        return taken
    }
}

extension ColumnTypes {
    /// What is wrong with a column that must be there, of a type if one is asked for, as far as that is known.
    func problem(
        with name: String, _ expected: ExpressionType?, of source: String
    ) -> DefinitionProblem.Kind? {
        guard let type = type(of: name) else {
            return .unknownColumn(name, source: source, nearest: nearestName(to: name, among: names))
        }
        guard let expected, let known = type.known, known != expected else { return nil }
        return .wrongColumnType(name, expected: "a \(expected)", found: known.rawValue)
    }
}

extension AggregationFunction {
    /// Whether it is made of values of a type.
    func takes(_ type: ExpressionType) -> Bool {
        switch self {
        case .count, .countDistinct, .first, .last, .lastK: true
        case .sum, .mean, .standardDeviation, .quantile: type.isNumeric
        case .min, .max: type != .bool
        }
    }

    /// What it takes, for messages.
    private var expected: String {
        switch self {
        case .count, .countDistinct, .first, .last, .lastK: "a value"
        case .sum, .mean, .standardDeviation, .quantile: "a number"
        case .min, .max: "a number, a text or a time"
        }
    }

    /// What is wrong with values of a type.
    func refusal(of type: ExpressionType) -> DefinitionProblem.Kind {
        .expression(.wrongType("what '\(rawValue)' takes", expected: expected, found: type))
    }

    /// The type that it gives for values of a type; of ``lastK`` that of the list's elements.
    public func result(for type: ExpressionType?) -> ExpressionType? {
        switch self {
        case .count, .countDistinct: .int64
        case .mean, .standardDeviation, .quantile: .float64
        case .sum, .min, .max, .first, .last, .lastK: type
        }
    }
}
