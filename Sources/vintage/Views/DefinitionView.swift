import Features
import TextFormats
import Workspace

// How definitions of features are shown.

extension Definitions {
    /// How many there are of each kind.
    var counts: String {
        let counts = [
            (entities.count, "entity", "entities"), (sources.count, "source", "sources"),
            (views.count, "view", "views"),
            (labels.count, "label", "labels"), (services.count, "service", "services"),
        ]
        return counts.filter { $0.0 > 0 }.map { "\($0.0) \($0.0 == 1 ? $0.1 : $0.2)" }.joined(separator: ", ")
    }

    /// A definition in a list.
    struct Row {
        let kind: String
        let name: String
        let summary: String
        let description: String?
        let owner: String?
        let place: DefinitionPlace
    }

    /// All definitions for a list.
    var rows: [Row] {
        func row(
            _ kind: DefinitionKind, _ name: String, _ summary: String, _ description: String?, _ owner: String?,
            _ place: DefinitionPlace
        ) -> Row {
            Row(
                kind: kind.rawValue, name: name, summary: summary, description: description, owner: owner, place: place)
        }
        var rows = entities.map {
            row(.entity, $0.name, $0.keys.map(\.name).joined(separator: ", "), $0.description, $0.owner, $0.place)
        }
        rows += sources.map { row(.source, $0.name, $0.path.text, $0.description, $0.owner, $0.place) }
        rows += views.map { view in
            let count = view.features.reduce(0) { $0 + $1.columnNames.count }
            let summary = "\(counted(count, "feature")) of \(view.entity) from \(view.source)"
            return row(.view, view.name, summary, view.description, view.owner, view.place)
        }
        rows += labels.map { row(.label, $0.name, $0.column, $0.description, $0.owner, $0.place) }
        rows += services.map { service in
            let columns = (try? plan(forService: service.name).columns.count) ?? 0
            let summary = counted(columns, "feature") + (service.label.map { ", label \($0)" } ?? "")
            return row(.service, service.name, summary, service.description, service.owner, service.place)
        }
        return rows
    }

    /// What `features validate --json` prints if nothing is wrong.
    var validJSON: JSONObject {
        var object = JSONObject()
        object["valid"] = .bool(true)
        object["digest"] = .string("\(digest)")
        object["problems"] = .array([])
        return object
    }

    /// What `features list --json` prints.
    var listJSON: JSONObject {
        var object = JSONObject()
        object["digest"] = .string("\(digest)")
        object["definitions"] = JSON(rows) { row in
            var object = JSONObject()
            object["kind"] = .string(row.kind)
            object["name"] = .string(row.name)
            object["summary"] = .string(row.summary)
            object["description"] = JSON(row.description)
            object["owner"] = JSON(row.owner)
            object["place"] = .object(row.place.json)
            return .object(object)
        }
        return object
    }

    /// The definitions of a name, or of `kind:name`.
    func views(named text: String) throws -> [DefinitionView] {
        let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
        let kind = parts.count == 2 ? DefinitionKind(rawValue: parts[0]) : nil
        let name = kind == nil ? text : parts[1]
        let found = rows.filter { $0.name == name && (kind == nil || $0.kind == kind?.rawValue) }
        if found.isEmpty {
            let names = rows.filter { kind == nil || $0.kind == kind?.rawValue }.map(\.name)
            throw UnknownDefinition(name: name, kind: kind, nearest: nearestName(to: name, among: names))
        }
        return try found.map { try DefinitionView($0, self) }
    }
}

extension DefinitionPlace {
    var json: JSONObject {
        var object = JSONObject()
        object["file"] = .string("\(file)")
        object["line"] = position.map { JSON($0.line) } ?? .null
        object["column"] = position.map { JSON($0.column) } ?? .null
        return object
    }
}

extension InvalidDefinitions {
    /// What `features validate --json` prints.
    var json: JSONObject {
        var object = JSONObject()
        object["valid"] = .bool(false)
        object["digest"] = .null
        object["problems"] = JSON(problems) { problem in
            var object = JSONObject()
            object["place"] = .object(problem.place.json)
            object["message"] = .string(problem.message)
            object["suggestion"] = JSON(problem.suggestion)
            return .object(object)
        }
        return object
    }
}

extension InvalidDefinitions: ErrorWithExitStatus {
    /// What is wrong was found in the workspace's files.
    public var exitStatus: ExitStatus { .found }
}

extension UnknownDefinition: ErrorWithExitStatus {
    /// A name that is not known is wrong use.
    public var exitStatus: ExitStatus { .misused }
}

extension DefinitionReadingError: ErrorWithExitStatus {
    /// A revision without git is wrong use.
    public var exitStatus: ExitStatus { .misused }
}

extension DefinitionGraph {
    /// What `features graph --json` prints.
    var json: JSONObject {
        func json(_ node: Node) -> JSONObject {
            var object = JSONObject()
            object["kind"] = .string(node.kind)
            object["name"] = .string(node.name)
            return object
        }
        var object = JSONObject()
        object["nodes"] = JSON(nodes) { .object(json($0)) }
        object["edges"] = JSON(edges) { edge in
            var object = JSONObject()
            object["from"] = .object(json(edge.from))
            object["to"] = .object(json(edge.to))
            return .object(object)
        }
        return object
    }
}

/// One definition in full: names of its parts with their values.
struct DefinitionView {
    private var fields: [(key: String, values: [String])] = []
    private let row: Definitions.Row

    init(_ row: Definitions.Row, _ definitions: Definitions) throws {
        self.row = row
        add("owner", row.owner)
        add("description", row.description)
        switch DefinitionKind(rawValue: row.kind) {
        case .entity: add(try definitions.entity(row.name))
        case .source: add(try definitions.source(row.name))
        case .view: add(try definitions.view(row.name))
        case .label: add(try definitions.label(row.name))
        case .service: add(try definitions.plan(forService: row.name))
        case nil: break
        }
    }

    var lines: [String] {
        var lines = ["\(row.kind) \(row.name) (\(row.place))"]
        for field in fields {
            guard field.values.count > 1 else {
                lines.append("  \(field.key): \(field.values.first ?? "")")
                continue
            }
            lines.append("  \(field.key):")
            lines += field.values.map { "    \($0)" }
        }
        return lines
    }

    var json: JSONObject {
        var object = JSONObject()
        object["kind"] = .string(row.kind)
        object["name"] = .string(row.name)
        object["place"] = .object(row.place.json)
        for field in fields { object[field.key] = JSON(field.values) { .string($0) } }
        return object
    }

    private mutating func add(_ key: String, _ value: String?) {
        if let value { fields.append((key, [value])) }
    }

    private mutating func add(_ key: String, _ values: [String]) {
        if !values.isEmpty { fields.append((key, values)) }
    }

    private mutating func add(_ entity: Entity) {
        add("keys", entity.keys.map { "\($0.name): \($0.type.rawValue)" })
    }

    private mutating func add(_ source: FeatureSource) {
        add("path", source.path.text)
        add("format", source.format?.rawValue)
        add("zone", source.zone)
        add("columns", (source.columns ?? []).map { "\($0.name): \($0.type.rawValue)" })
        add("derive", source.derived.map { "\($0.name) = \($0.expression.text)" })
        add("event_time", source.eventTime)
        if let availability = source.availability {
            let lag = availability.lag.seconds == 0 ? "" : " + \(availability.lag)"
            add("availability", (availability.column ?? source.eventTime) + lag)
        }
        add("where", source.filter?.text)
        add("event_key", source.eventKey)
        add("retracted", source.retracted?.text)
    }

    private mutating func add(_ view: FeatureView) {
        add("entity", view.entity)
        add("source", view.source)
        add("keys", view.sourceColumns.sorted { $0.key < $1.key }.map { "\($0.key) = \($0.value)" })
        add("where", view.filter?.text)
        add("ttl", view.timeToLive?.description)
        add("embargo", view.embargo.seconds == 0 ? nil : view.embargo.description)
        add("features", view.features.flatMap { feature in feature.columnNames.map { "\($0) = \(feature.shown)" } })
    }

    private mutating func add(_ label: Label) {
        add("column", label.column)
        add("time", label.time)
        add("horizon", label.horizon.description)
        add("source", label.source)
        add("value", label.value?.text)
        add("event", label.event.map { $0.spine == $0.source ? $0.spine : "\($0.spine) = \($0.source)" })
        add("spine", label.spine?.text)
    }

    private mutating func add(_ plan: ServicePlan) {
        add("label", plan.label?.name)
        add("digest", "\(plan.digest)")
        add(
            "features",
            plan.columns.map { place in
                let view = plan.views[place.view]
                let column = view.columns[place.column]
                let keys = view.keys.map(\.spineColumn).joined(separator: ", ")
                return "\(column.name) = \(view.view.name).\(column.feature) by \(keys)"
            })
        add("request", plan.service.request.map { "\($0.name) (\($0.type.rawValue))" })
        let made = plan.service.derivedNames.compactMap { name in
            plan.service.derived.first { $0.name == name }.map { "\(name) = \($0.expression.text)" }
        }
        add("derived", made)
        for view in plan.views { add("reads \(view.source.name)", view.columnsOfData) }
    }
}

extension Feature {
    /// What it is made of, in one line.
    fileprivate var shown: String {
        let value =
            switch self.value {
            case .latest(let expression): expression.text
            case .aggregation(let aggregation): aggregation.text
            }
        return value + (filter.map { " where \($0.text)" } ?? "")
            + (groupKeys.isEmpty ? "" : " by \(groupKeys.joined(separator: ", "))")
    }
}
