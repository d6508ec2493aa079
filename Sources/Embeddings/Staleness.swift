import Features
import ObjectStore
import TrainingSets

/// A row that should no longer be relied on.
public struct StaleRow: Sendable, Equatable {
    /// The entity's keys with their values, as people read them.
    public let entity: [EntityPart]
    /// When the row's fact happened, in microseconds since 1970.
    public let eventTime: Int64
    /// Why it is stale, at least one reason.
    public let reasons: [StaleReason]
    /// The reasons in words.
    public let why: String
}

/// A key of an entity and its value.
public struct EntityPart: Sendable, Equatable {
    /// The key.
    public let key: String
    /// Its value, as people read it.
    public let value: String
}

/// What of a view is stale.
public struct ViewStaleness: Sendable {
    /// The vectors that one version of the model made.
    public struct Version: Sendable, Equatable {
        /// The version, as rows or their lineage name it; `nil` if nothing does.
        public let name: String?
        /// How many rows have one.
        public let count: Int
    }

    /// The view.
    public let view: FeatureView
    /// How many entities have a row.
    public let count: Int
    /// How many of these rows are stale.
    public let staleCount: Int
    /// How many are so for each reason; a row may have several.
    public let counts: [StaleReason: Int]
    /// The first stale rows, in the order of the source.
    public let sample: [StaleRow]
    /// The snapshot of the model whose vectors are wanted; `nil` for a view without vectors.
    public let wanted: ObjectID?
    /// By which versions the vectors were made, those of the most rows first.
    public let versions: [Version]

    /// Whether anything is stale.
    public var isStale: Bool { staleCount > 0 }
    /// Whether vectors of more than one version are in the view.
    public var isMixed: Bool { versions.count > 1 }
}

/// What of some views is stale, and which services give it out.
public struct StalenessReport: Sendable {
    /// The views that could have stale rows.
    public let views: [ViewStaleness]
    /// The services that have stale views, each with these.
    public let services: [(name: String, views: [String])]

    /// Whether anything is stale.
    public var isStale: Bool { views.contains(where: \.isStale) }

    /// Takes views together.
    public init(_ views: [ViewStaleness], _ definitions: Definitions) {
        self.views = views
        let stale = Set(views.filter(\.isStale).map(\.view.name))
        services = definitions.services.compactMap { service in
            var names: [String] = []
            for entry in service.entries where stale.contains(entry.view) && !names.contains(entry.view) {
                names.append(entry.view)
            }
            return names.isEmpty ? nil : (service.name, names)
        }
    }
}

extension FeatureView {
    /// Whether a row of it can become stale.
    public var canGoStale: Bool {
        embedding != nil || (timeToLive != nil && features.contains(where: \.windows.isEmpty))
    }
}
