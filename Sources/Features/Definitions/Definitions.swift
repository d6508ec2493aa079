import FileSystem
import ObjectStore

import func Workspace.nearestName

/// The entities, sources, views, labels and services that a workspace defines, checked against each other.
///
///     let definitions = try Definitions(files: [(path, bytes)])
///     let plan = try definitions.plan(forService: "arrival")
///     plan.views.map(\.source.path.text)  // ["data/weather.csv", "data/flights/*.parquet"]
///
/// Everything that a definition names is there: what could not be found was an error.
public struct Definitions: Sendable {
    /// The entities, by name.
    public let entities: [Entity]
    /// The sources, by name.
    public let sources: [FeatureSource]
    /// The views, by name.
    public let views: [FeatureView]
    /// The labels, by name.
    public let labels: [Label]
    /// The services, by name.
    public let services: [FeatureService]

    /// The names of the folder that holds the files, and how the files' names end.
    public static let folderName = "features"

    /// The sections of the same files that are the leakage guard's: they define no feature, and do not count for digests.
    public static let guardSections = ["guard", "waivers"]

    /// Reads files of definitions and checks them.
    ///
    /// - Parameter files: each with its path from the workspace's root; their order does not matter.
    /// - Throws: ``InvalidDefinitions`` with all that is wrong.
    public init(files: some Sequence<(path: RelativePath, bytes: [UInt8])>) throws(InvalidDefinitions) {
        let problems = DefinitionProblems()
        var drafts = DefinitionDrafts()
        for (path, bytes) in files.sorted(by: { $0.path < $1.path }) {
            do {
                let file = try DefinitionFile(bytes, at: path)
                DefinitionReader(file: file, problems: problems).read(into: &drafts)
            } catch {
                problems.add(error)
            }
        }
        let resolver = DefinitionResolver(drafts, problems)
        resolver.resolve()
        if !problems.all.isEmpty { throw InvalidDefinitions(problems.all) }
        entities = drafts.entities.sorted { $0.name < $1.name }
        sources = resolver.sources.values.sorted { $0.name < $1.name }
        views = drafts.views.sorted { $0.name < $1.name }
        labels = drafts.labels.sorted { $0.name < $1.name }
        services = resolver.services.sorted { $0.name < $1.name }
    }

    /// Whether nothing is defined.
    public var isEmpty: Bool {
        entities.isEmpty && sources.isEmpty && views.isEmpty && labels.isEmpty && services.isEmpty
    }

    // MARK: By name

    /// The entity of a name.
    public func entity(_ name: String) throws(UnknownDefinition) -> Entity {
        try find(name, in: entities, \.name, .entity)
    }

    /// The source of a name.
    public func source(_ name: String) throws(UnknownDefinition) -> FeatureSource {
        try find(name, in: sources, \.name, .source)
    }

    /// The view of a name.
    public func view(_ name: String) throws(UnknownDefinition) -> FeatureView {
        try find(name, in: views, \.name, .view)
    }

    /// The label of a name.
    public func label(_ name: String) throws(UnknownDefinition) -> Label {
        try find(name, in: labels, \.name, .label)
    }

    /// The service of a name.
    public func service(_ name: String) throws(UnknownDefinition) -> FeatureService {
        try find(name, in: services, \.name, .service)
    }

    private func find<Definition>(
        _ name: String, in list: [Definition], _ nameOf: (Definition) -> String, _ kind: DefinitionKind
    ) throws(UnknownDefinition) -> Definition {
        if let found = list.first(where: { nameOf($0) == name }) { return found }
        throw UnknownDefinition(name: name, kind: kind, nearest: nearestName(to: name, among: list.map(nameOf)))
    }
}

/// A name that is not defined.
public struct UnknownDefinition: Error, Equatable {
    /// The name.
    public let name: String
    /// What it should stand for; `nil` for anything.
    public let kind: DefinitionKind?
    /// The name that was probably meant.
    public let nearest: String?

    /// Names what was asked for and what is near.
    public init(name: String, kind: DefinitionKind?, nearest: String?) {
        self.name = name
        self.kind = kind
        self.nearest = nearest
    }
}

extension UnknownDefinition: CustomStringConvertible {
    /// One line for people.
    public var description: String {
        "there is no \(kind?.rawValue ?? "definition") '\(name)'; "
            + (nearest.map { "did you mean '\($0)'?" } ?? "'vintage features list' names them all")
    }
}
