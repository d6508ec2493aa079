import ObjectStore

// The canonical text of definitions, and the digests that name it.

extension Definitions {
    /// Names what all definitions mean: the same however they are spread over files, ordered, spelt or commented, and
    /// without owners and descriptions.
    public var digest: ObjectID { ObjectID(of: Array(canonicalText.utf8)) }

    /// All definitions in one form, a line each, sorted: what ``digest`` is the SHA-256 of.
    public var canonicalText: String {
        let lines =
            entities.map(\.canonicalText) + sources.map(\.canonicalText) + views.map(\.canonicalText)
            + labels.map(\.canonicalText) + services.map(\.canonicalText)
        return Self.text(lines)
    }

    /// The digest of all that a service reaches.
    func digest(ofService service: FeatureService) throws(UnknownDefinition) -> ObjectID {
        var lines: Set<String> = [service.canonicalText]
        var sourceNames: Set<String> = []
        if let name = service.label {
            let label = try label(name)
            lines.insert(label.canonicalText)
            if let source = label.source { sourceNames.insert(source) }
        }
        for entry in service.entries {
            let view = try view(entry.view)
            lines.insert(view.canonicalText)
            lines.insert(try entity(view.entity).canonicalText)
            sourceNames.insert(view.source)
        }
        for name in sourceNames { lines.insert(try source(name).canonicalText) }
        return ObjectID(of: Array(Self.text(Array(lines)).utf8))
    }

    /// The digest of all that the rows of a view depend on: the view, its entity and its source.
    public func digest(ofView name: String) throws(UnknownDefinition) -> ObjectID {
        let view = try view(name)
        let lines = [view.canonicalText, try entity(view.entity).canonicalText, try source(view.source).canonicalText]
        return ObjectID(of: Array(Self.text(lines).utf8))
    }

    /// The digest of a source alone.
    package func digest(ofSource name: String) throws(UnknownDefinition) -> ObjectID {
        ObjectID(of: Array(Self.text([try source(name).canonicalText]).utf8))
    }

    private static func text(_ lines: [String]) -> String {
        "vintage-definitions 1\n" + lines.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }.joined()
    }
}

/// A line of canonical text: words and quoted texts, so that no value can be taken for another.
private struct CanonicalLine {
    private(set) var text: String

    init(_ kind: DefinitionKind, _ name: String) { text = "\(kind.rawValue) \(name)" }

    mutating func add(_ key: String, _ value: String?) {
        guard let value else { return }
        text += " \(key)=\(Self.quoted(value))"
    }

    mutating func add(_ key: String, _ values: [String]) {
        if values.isEmpty { return }
        text += " \(key)=[\(values.map(Self.quoted).joined(separator: ","))]"
    }

    mutating func add(_ key: String, pairs: [(String, String)]) {
        add(key, pairs.flatMap { [$0.0, $0.1] })
    }

    private static func quoted(_ value: String) -> String {
        "\"" + value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n") + "\""
    }

    var line: String { text + "\n" }
}

extension Dictionary where Key == String, Value == String {
    fileprivate var sortedPairs: [(String, String)] { sorted { $0.key < $1.key }.map { ($0.key, $0.value) } }
}

extension Entity {
    fileprivate var canonicalText: String {
        var line = CanonicalLine(.entity, name)
        line.add("keys", pairs: keys.map { ($0.name, $0.type.rawValue) })
        return line.line
    }
}

extension FeatureSource {
    fileprivate var canonicalText: String {
        var line = CanonicalLine(.source, name)
        line.add("path", path.text)
        line.add("format", format?.rawValue)
        line.add("zone", zone)
        line.add("columns", pairs: (columns ?? []).map { ($0.name, $0.type.rawValue) }.sorted { $0.0 < $1.0 })
        line.add(
            "derive", pairs: derived.map { ($0.name, $0.expression.canonicalText) }.sorted { $0.0 < $1.0 })
        line.add("event_time", eventTime)
        if let availability {
            line.add("availability", [availability.column ?? eventTime, availability.lag.description])
        }
        line.add("where", filter?.canonicalText)
        line.add("event_key", eventKey.sorted())
        line.add("retracted", retracted?.canonicalText)
        return line.line
    }
}

extension FeatureView {
    fileprivate var canonicalText: String {
        var line = CanonicalLine(.view, name)
        line.add("entity", entity)
        line.add("source", source)
        line.add("keys", pairs: sourceColumns.filter { $0.key != $0.value }.sortedPairs)
        line.add("where", filter?.canonicalText)
        line.add("ttl", timeToLive?.description)
        if embargo.seconds > 0 { line.add("embargo", embargo.description) }
        // The order is that of the columns, so it means something.
        for feature in features { line.add("feature", feature.canonicalParts) }
        if let embedding { line.add("embedding", embedding.canonicalParts) }
        return line.line
    }
}

extension Feature {
    fileprivate var canonicalParts: [String] {
        let value =
            switch self.value {
            case .latest(let expression): expression.canonicalText
            case .aggregation(let aggregation): aggregation.canonicalText
            }
        var parts = [name, value, "windows"] + windows.map(\.text)
        if let filter { parts += ["where", filter.canonicalText] }
        if !groupKeys.isEmpty { parts += ["group_by"] + groupKeys.sorted() }
        return parts
    }
}

extension Label {
    fileprivate var canonicalText: String {
        var line = CanonicalLine(.label, name)
        line.add("column", column)
        line.add("time", time)
        if horizon.seconds > 0 { line.add("horizon", horizon.description) }
        line.add("source", source)
        line.add("value", value?.canonicalText)
        line.add("event", pairs: event.map { ($0.spine, $0.source) }.sorted { $0 < $1 })
        line.add("spine", spine?.text)
        return line.line
    }
}

extension FeatureService {
    fileprivate var canonicalText: String {
        var line = CanonicalLine(.service, name)
        line.add("label", label)
        for entry in entries {
            line.add(
                "feature",
                [entry.view, entry.feature ?? "", entry.alias ?? "", entry.prefix]
                    + entry.spineColumns.filter { $0.key != $0.value }.sortedPairs.flatMap { [$0.0, $0.1] })
        }
        line.add("request", pairs: request.map { ($0.name, $0.type.rawValue) }.sorted { $0.0 < $1.0 })
        // The order is that of the columns, so it means something.
        for name in derivedNames {
            line.add("derive", pairs: derived.filter { $0.name == name }.map { ($0.name, $0.expression.canonicalText) })
        }
        return line.line
    }
}
