import struct Workspace.TimeSpan

/// Features of one entity made of one source.
public struct FeatureView: Sendable {
    /// Its name.
    public let name: String
    /// The name of the entity.
    public let entity: String
    /// The name of the source.
    public let source: String
    /// The source's columns for keys of the entity that are called otherwise there.
    public let sourceColumns: [String: String]
    /// Of the facts as they are known at the time, only those for which it is true count.
    public let filter: Expression?
    /// How old a plain feature's row may be; `nil` for any age.
    public let timeToLive: TimeSpan?
    /// The gap between the last fact that is used and the label's time.
    public let embargo: TimeSpan
    /// The features, in the order of the definition.
    public let features: [Feature]
    /// The vectors that its rows hold, if it declares them.
    public let embedding: Embedding?
    /// What it is, for people.
    public let description: String?
    /// Whom to ask.
    public let owner: String?
    /// Where it is defined.
    public let place: DefinitionPlace
    let texts: DefinitionTexts
}

/// One feature of a view; an aggregation over several windows gives as many columns.
public struct Feature: Sendable {
    /// Its name.
    public let name: String
    /// What it is made of.
    public let value: FeatureValue
    /// The windows of an aggregation; none for an expression.
    public let windows: [Window]
    /// An aggregation takes only the rows for which it is true.
    public let filter: Expression?
    /// Columns besides the entity's keys in which a row must equal the spine's.
    public let groupKeys: [String]
    /// What it is, for people.
    public let description: String?
    /// Where it is defined.
    public let place: DefinitionPlace
    let texts: DefinitionTexts

    /// The full name over a window.
    public func name(over window: Window) -> String { "\(name)_\(window.text)" }

    /// The names of its columns: its own, or one for each window.
    public var columnNames: [String] { windows.isEmpty ? [name] : windows.map { name(over: $0) } }
}

/// A length of time as it is written, since it is part of a feature's name.
public struct Window: Sendable, Hashable {
    /// The length.
    public let span: TimeSpan
    /// As it is written: `24h`, not `1d`.
    public let text: String
}
