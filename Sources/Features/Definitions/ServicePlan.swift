import ObjectStore

import struct Workspace.TimeSpan
import func Workspace.nearestName

/// All that it takes to compute a service's columns: which views, over which sources, found by which keys.
public struct ServicePlan: Sendable {
    /// The service.
    public let service: FeatureService
    /// Its label.
    public let label: Label?
    /// What to compute, one for each view and way to find its entity.
    public let views: [ViewPlan]
    /// The columns of the result in the service's order: a view of ``views``, and a column of that.
    public let columns: [(view: Int, column: Int)]
    /// All sources over the files that the views' sources and the label's read, these among them: what they say of a file
    /// they say of each other.
    public let relatedSources: [FeatureSource]
    /// Names what the service means: the same for the same definitions of all that it reaches.
    public let digest: ObjectID

    /// The names of all columns, in order: those of the views, then those that are made of them.
    public var columnNames: [String] {
        columns.map { views[$0.view].columns[$0.column].name } + service.derivedNames
    }

    /// The columns that whoever asks has to give, each once: the keys of the entities, what windows are grouped by, and what the
    /// service asks for besides, with their types.
    package var spineColumns: [(name: String, type: DeclaredType)] {
        var found: [(name: String, type: DeclaredType)] = []
        func add(_ name: String, _ type: DeclaredType) {
            if !found.contains(where: { $0.name == name }) { found.append((name, type)) }
        }
        for view in views {
            for key in view.keys { add(key.spineColumn, key.type) }
            for name in view.columns.flatMap(\.groupKeys) {
                add(name, view.source.columns?.first { $0.name == name }?.type ?? .string)
            }
        }
        for column in service.request { add(column.name, column.type) }
        return found
    }
}

/// All that it takes to compute the features that a service asks of one view.
public struct ViewPlan: Sendable {
    /// The view.
    public let view: FeatureView
    /// Its entity.
    public let entity: Entity
    /// Its source.
    public let source: FeatureSource
    /// By which columns rows are found, in the order of the entity's keys.
    public let keys: [JoinKey]
    /// The columns to compute.
    public let columns: [Column]
    /// The columns to read from the data, sorted.
    public let columnsOfData: [String]
    /// The derived columns to compute, each after those that it needs.
    public let derived: [DerivedColumn]

    /// One column of a result.
    public struct Column: Sendable {
        /// Its name in the service.
        public let name: String
        /// The feature's full name in the view, with the window.
        public let feature: String
        /// What it is made of.
        public let value: FeatureValue
        /// The window of an aggregation.
        public let window: Window?
        /// An aggregation takes only the rows for which it is true, besides the view's own filter.
        public let filter: Expression?
        /// Columns besides the entity's keys in which a row must equal the spine's.
        public let groupKeys: [String]
        let texts: DefinitionTexts
    }
}

/// A key of an entity, and the columns that hold it.
public struct JoinKey: Sendable, Hashable {
    /// The entity's key.
    public let key: String
    /// Its type.
    public let type: DeclaredType
    /// The spine's column.
    public let spineColumn: String
    /// The source's column.
    public let sourceColumn: String
}

extension FeatureView {
    /// The columns that a service's entry asks for; none if the view has no such feature.
    func columns(of entry: FeatureService.Entry) -> [ViewPlan.Column] {
        var columns: [ViewPlan.Column] = []
        for feature in features {
            let windows: [Window?] = feature.windows.isEmpty ? [nil] : feature.windows
            for window in windows {
                let name = window.map { feature.name(over: $0) } ?? feature.name
                if let wanted = entry.feature, wanted != name, wanted != feature.name { continue }
                columns.append(
                    ViewPlan.Column(
                        name: entry.prefix + (entry.alias ?? name), feature: name, value: feature.value, window: window,
                        filter: feature.filter, groupKeys: feature.groupKeys, texts: feature.texts))
            }
        }
        return columns
    }
}

extension Definitions {
    /// What it takes to compute a service.
    ///
    /// - Throws: ``UnknownDefinition`` if there is no such service.
    public func plan(forService name: String) throws(UnknownDefinition) -> ServicePlan {
        try plan(of: try service(name))
    }

    /// What it takes to compute some features, each named `view.feature` or, all of a view, `view`.
    ///
    /// - Parameter qualified: whether each column is named for its view too: `view__feature`.
    /// - Throws: ``UnknownDefinition`` if there is no such view or feature.
    public func plan(forFeatures names: [String], qualified: Bool = false) throws(UnknownDefinition) -> ServicePlan {
        var entries: [FeatureService.Entry] = []
        for name in names {
            let parts = name.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            let view = try view(parts[0])
            let entry = FeatureService.Entry(
                view: view.name, feature: parts.count > 1 ? parts[1] : nil, spineColumns: [:],
                prefix: qualified ? view.name + "__" : "", alias: nil, place: view.place, texts: view.texts)
            if view.columns(of: entry).isEmpty {
                let known = view.features.flatMap(\.columnNames).map { "\(view.name).\($0)" }
                throw UnknownDefinition(name: name, kind: nil, nearest: nearestName(to: name, among: known))
            }
            entries.append(entry)
        }
        guard let first = entries.first else { throw UnknownDefinition(name: "", kind: .view, nearest: nil) }
        return try plan(
            of: FeatureService(
                name: names.joined(separator: ", "), label: nil, entries: entries, request: [], derived: [],
                derivedNames: [],
                onOutage: .error,
                onStaleEmbedding: .flag, description: nil, owner: nil, place: first.place, texts: first.texts))
    }

    /// What it takes to compute all features of a view, found by the entity's own keys, and to say by which model its
    /// vectors were made.
    ///
    /// - Throws: ``UnknownDefinition`` if there is no such view.
    public func plan(forView name: String) throws(UnknownDefinition) -> ViewPlan {
        let own = try plan(forFeatures: [name]).views[0]
        guard let column = own.view.embedding?.madeBy else { return own }
        return try plan(own.view, own.keys, own.columns, with: [column])
    }

    private func plan(of service: FeatureService) throws(UnknownDefinition) -> ServicePlan {
        var label: Label?
        if let name = service.label { label = try self.label(name) }
        var groups: [(keys: [JoinKey], view: FeatureView, columns: [ViewPlan.Column])] = []
        var order: [(view: Int, column: Int)] = []
        for entry in service.entries {
            let view = try view(entry.view)
            let keys = try entity(view.entity).keys.map { key in
                JoinKey(
                    key: key.name, type: key.type, spineColumn: entry.spineColumns[key.name] ?? key.name,
                    sourceColumn: view.sourceColumns[key.name] ?? key.name)
            }
            let found = groups.firstIndex { $0.view.name == view.name && $0.keys == keys }
            if found == nil { groups.append((keys, view, [])) }
            let index = found ?? groups.count - 1
            for column in view.columns(of: entry) {
                order.append((index, groups[index].columns.count))
                groups[index].columns.append(column)
            }
        }
        var views: [ViewPlan] = []
        for group in groups { views.append(try plan(group.view, group.keys, group.columns)) }
        var read = views.map(\.source)
        if let name = label?.source { read.append(try source(name)) }
        let related = sources.filter { other in read.contains { $0.path.overlaps(other.path) } }
        return ServicePlan(
            service: service, label: label, views: views, columns: order, relatedSources: related,
            digest: try digest(ofService: service))
    }

    private func plan(
        _ view: FeatureView, _ keys: [JoinKey], _ columns: [ViewPlan.Column], with others: [String] = []
    ) throws(UnknownDefinition) -> ViewPlan {
        let source = try source(view.source)
        var needed = source.ownColumns + keys.map(\.sourceColumn) + (view.filter?.columns ?? []) + others
        for column in columns {
            needed += (column.value.expression?.columns ?? []) + (column.filter?.columns ?? []) + column.groupKeys
        }
        return ViewPlan(
            view: view, entity: try entity(view.entity), source: source, keys: keys, columns: columns,
            columnsOfData: source.columnsOfData(for: needed), derived: source.derivedColumns(for: needed))
    }
}
