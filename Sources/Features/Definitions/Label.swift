import struct Workspace.TimeSpan

/// What is predicted.
public struct Label: Sendable {
    /// Its name.
    public let name: String
    /// The spine's column that holds it.
    public let column: String
    /// The spine's column of its time.
    public let time: String
    /// How long after its time it is settled.
    public let horizon: TimeSpan
    /// The name of the source that it is made from.
    public let source: String?
    /// How it is made of that source's columns.
    public let value: Expression?
    /// The columns that name the fact that it is about, in the spine and in the source.
    public let event: [ColumnPair]
    /// The file or artifact with the rows to be labelled.
    public let spine: SourcePath?
    /// What it is, for people.
    public let description: String?
    /// Whom to ask.
    public let owner: String?
    /// Where it is defined.
    public let place: DefinitionPlace
    let texts: DefinitionTexts
}

/// A column of the spine, and the one of a source that holds the same.
public struct ColumnPair: Sendable, Hashable {
    /// The spine's column.
    public let spine: String
    /// The source's column.
    public let source: String

    /// Names both.
    public init(spine: String, source: String) {
        self.spine = spine
        self.source = source
    }
}
