import FileSystem
import Yams

import func Workspace.nearestName

/// Reads one file's definitions as they are written; that names refer to something is looked at when all are there.
struct DefinitionReader {
    let file: DefinitionFile
    let problems: DefinitionProblems

    /// Adds what the file defines.
    func read(into definitions: inout DefinitionDrafts) {
        guard let root = file.root, !root.isNothing else { return }
        guard let mapping = root.mapping else {
            problems.add(
                .invalidValue(root.shown, key: "the file", expected: "sections such as 'views'"),
                at: file.place(root.mark))
            return
        }
        for (keyNode, node) in mapping {
            if let name = keyNode.scalar?.string, Definitions.guardSections.contains(name) { continue }
            let sections = DefinitionKind.allCases.map(\.section) + Definitions.guardSections
            guard let section = keyNode.scalar?.string,
                let kind = DefinitionKind.allCases.first(where: { $0.section == section })
            else {
                let name = keyNode.scalar?.string ?? keyNode.shown
                problems.add(
                    .unknownKey(name, in: "the file", nearest: nearestName(to: name, among: sections)),
                    at: file.place(keyNode.mark))
                continue
            }
            read(kind, node, into: &definitions)
        }
    }

    private func read(_ kind: DefinitionKind, _ node: Node, into definitions: inout DefinitionDrafts) {
        if node.isNothing { return }
        guard let mapping = node.mapping else {
            problems.add(
                .invalidValue(node.shown, key: kind.section, expected: "names and what they mean"),
                at: file.place(node.mark))
            return
        }
        for (keyNode, node) in mapping {
            let place = file.place(keyNode.mark)
            let name = keyNode.scalar?.string ?? keyNode.shown
            guard name.isDefinitionName else {
                problems.add(.invalidName(name, of: "\(kind == .entity ? "an" : "a") \(kind.rawValue)"), at: place)
                continue
            }
            if let first = definitions.places[kind, default: [:]][name] {
                problems.add(.duplicate(name, of: kind, first: first), at: place)
                continue
            }
            definitions.places[kind, default: [:]][name] = place
            switch kind {
            case .entity: if let entity = entity(name, node, place) { definitions.entities.append(entity) }
            case .source: if let source = source(name, node, place) { definitions.sources.append(source) }
            case .view: if let view = view(name, node, place) { definitions.views.append(view) }
            case .label: if let label = label(name, node, place) { definitions.labels.append(label) }
            case .service: if let service = service(name, node, place) { definitions.services.append(service) }
            }
        }
    }

    func mapping(
        _ node: Node, what: String, place: DefinitionPlace, keys: [String], required: [String]
    ) -> DefinitionMapping? {
        DefinitionMapping(
            node, what: what, place: place, keys: keys, required: required, file: file, problems: problems)
    }

    static let common = ["description", "owner"]

    /// A column's type by its name.
    func columnType(_ text: String, _ place: DefinitionPlace) -> DeclaredType? {
        if let type = DeclaredType(rawValue: text) { return type }
        let names = DeclaredType.allCases.map(\.rawValue)
        problems.add(.expression(.unknownType(text, nearest: Synonyms.meant(by: text, among: names))), at: place)
        return nil
    }

    // MARK: Entities and labels

    private func entity(_ name: String, _ node: Node, _ place: DefinitionPlace) -> Entity? {
        guard
            let fields = mapping(
                node, what: "the entity '\(name)'", place: place, keys: ["keys"] + Self.common, required: ["keys"])
        else { return nil }
        let expected = "a list of columns, or columns with their types"
        var keys: [TypedColumn] = []
        if fields.node("keys")?.sequence != nil {
            keys = (fields.list("keys", expected: expected) ?? []).map { TypedColumn(name: $0, type: .string) }
        } else {
            for (key, text) in fields.pairs("keys", expected: expected) ?? [] {
                let place = fields.texts.place("keys.\(key).value")
                guard let type = columnType(text, place) else { continue }
                if !type.isKey {
                    problems.add(
                        .wrongColumnType(
                            key, expected: "a string, int64, boolean, date or timestamp to be a key", found: text),
                        at: place)
                }
                keys.append(TypedColumn(name: key, type: type))
            }
            if fields.node("keys")?.mapping?.isEmpty == true { fields.wrong("keys", expected: expected) }
        }
        return Entity(
            name: name, keys: keys, description: fields.text("description"), owner: fields.text("owner"), place: place)
    }

    private func label(_ name: String, _ node: Node, _ place: DefinitionPlace) -> Label? {
        let keys = ["column", "time", "horizon", "source", "value", "event", "spine"]
        guard
            let fields = mapping(
                node, what: "the label '\(name)'", place: place, keys: keys + Self.common, required: ["column", "time"])
        else { return nil }
        let expected = "a list of columns, or the spine's columns with the source's"
        var event: [ColumnPair] = []
        if fields.node("event")?.sequence != nil {
            event = (fields.list("event", expected: expected) ?? []).map { ColumnPair(spine: $0, source: $0) }
        } else {
            event = (fields.pairs("event", expected: expected) ?? []).map {
                ColumnPair(spine: $0.name, source: $0.value)
            }
        }
        if !fields.has("source") {
            for key in ["value", "event"] where fields.has(key) {
                problems.add(.needs(key, other: "source"), at: fields.texts.place(key))
            }
        }
        return Label(
            name: name, column: fields.text("column", expected: "a column") ?? "",
            time: fields.text("time", expected: "a column") ?? "", horizon: fields.span("horizon") ?? .seconds(0),
            source: fields.name("source"), value: fields.expression("value"), event: event,
            spine: path(fields, "spine"),
            description: fields.text("description"), owner: fields.text("owner"), place: place, texts: fields.texts)
    }

    func path(_ fields: DefinitionMapping, _ key: String) -> SourcePath? {
        guard let text = fields.text(key, expected: "a path from the workspace's root") else { return nil }
        if let path = SourcePath(parsing: text) { return path }
        fields.wrong(key, expected: "a path from the workspace's root, as data/flights/*.parquet")
        return nil
    }

    // MARK: Services

    private func service(_ name: String, _ node: Node, _ place: DefinitionPlace) -> FeatureService? {
        guard
            let fields = mapping(
                node, what: "the service '\(name)'", place: place,
                keys: ["features", "label", "request", "derive", "on_outage", "on_stale_embedding"] + Self.common,
                required: ["features"])
        else { return nil }
        var entries: [FeatureService.Entry] = []
        if let sequence = fields.node("features")?.sequence, !sequence.isEmpty {
            entries = sequence.compactMap { entry($0, of: name) }
        } else {
            fields.wrong("features", expected: "a list of views and features")
        }
        let pairs = fields.pairs("request", expected: "columns with their types") ?? []
        let request = pairs.compactMap { column, text in
            columnType(text, fields.texts.place("request.\(column).value")).map {
                TypedColumn(name: column, type: $0)
            }
        }
        let derived = derivedColumns(fields)
        for column in derived where !column.name.isDefinitionName {
            problems.add(.invalidName(column.name, of: "a feature"), at: fields.texts.place("derive.\(column.name)"))
        }
        return FeatureService(
            name: name, label: fields.name("label"), entries: entries, request: request, derived: derived,
            derivedNames: derived.map(\.name),
            onOutage: fields.choice("on_outage", FeatureService.OutagePolicy.self) ?? .error,
            onStaleEmbedding: fields.choice("on_stale_embedding", FeatureService.StaleEmbeddingPolicy.self) ?? .flag,
            description: fields.text("description"), owner: fields.text("owner"), place: place, texts: fields.texts)
    }

    private func entry(_ node: Node, of service: String) -> FeatureService.Entry? {
        let place = file.place(node.mark)
        let what = "an entry of the service '\(service)'"
        if let scalar = node.scalar, !node.isNothing {
            return entry(scalar.string, place, what, keys: [:], prefix: "", alias: nil, DefinitionTexts(place))
        }
        guard
            let fields = mapping(
                node, what: what, place: place, keys: ["view", "feature", "as", "keys", "prefix"], required: [])
        else { return nil }
        let (view, feature) = (fields.text("view"), fields.text("feature"))
        guard fields.has("view") != fields.has("feature") else {
            problems.add(
                fields.has("view") ? .excludes("view", other: "feature") : .missingKey("view", in: what), at: place)
            return nil
        }
        guard let text = view ?? feature else { return nil }
        let isWhole = view != nil
        if isWhole ? text.contains(".") : !text.contains(".") {
            fields.wrong(
                isWhole ? "view" : "feature",
                expected: isWhole ? "a view's name" : "a view's name, a dot and a feature's")
            return nil
        }
        if isWhole, fields.has("as") {
            problems.add(.needs("as", other: "feature"), at: fields.texts.place("as"))
        }
        let prefix = fields.text("prefix") ?? ""
        if !prefix.isEmpty, !prefix.isDefinitionName {
            problems.add(.invalidName(prefix, of: "a 'prefix'"), at: fields.texts.place("prefix"))
        }
        let keys = fields.pairs("keys", expected: "the entity's keys with the spine's columns") ?? []
        return entry(
            text, place, what, keys: Dictionary(keys) { first, _ in first }, prefix: prefix, alias: fields.name("as"),
            fields.texts)
    }

    private func entry(
        _ text: String, _ place: DefinitionPlace, _ what: String, keys: [String: String], prefix: String,
        alias: String?, _ texts: DefinitionTexts
    ) -> FeatureService.Entry? {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        if let wrong = parts.first(where: { !$0.isDefinitionName }) {
            problems.add(.invalidName(wrong, of: parts[0] == wrong ? "a view" : "a feature"), at: place)
            return nil
        }
        return FeatureService.Entry(
            view: parts[0], feature: parts.count == 2 ? parts[1] : nil, spineColumns: keys, prefix: prefix,
            alias: alias,
            place: place, texts: texts)
    }
}

/// Definitions as they are written.
struct DefinitionDrafts {
    var entities: [Entity] = []
    var sources: [FeatureSource] = []
    var views: [FeatureView] = []
    var labels: [Label] = []
    var services: [FeatureService] = []
    /// Where each name is defined, also of a definition that could not be read.
    var places: [DefinitionKind: [String: DefinitionPlace]] = [:]
}
