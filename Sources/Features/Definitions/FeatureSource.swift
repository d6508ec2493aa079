import struct Workspace.TimeSpan

/// Where rows come from, and when what they say happened and became known.
public struct FeatureSource: Sendable {
    /// Its name.
    public let name: String
    /// Which files hold the rows.
    public let path: SourcePath
    /// How they are written; `nil` if their names tell.
    public let format: TableFormat?
    /// The zone of timestamps that have none.
    public let zone: String?
    /// The columns with their types, if they are declared: then there are no others.
    public let columns: [TypedColumn]?
    /// The columns made of others, each after those that it needs.
    public internal(set) var derived: [DerivedColumn]
    /// The column of when the fact happened, of the data or derived.
    public let eventTime: String
    /// When the fact became known; `nil` if that is not declared, and taken to be when it happened.
    public let availability: Availability?
    /// The rows for which it is not true are no rows of the source.
    public let filter: Expression?
    /// The columns that, with the entity, name one fact. None: each row is a fact of its own.
    public let eventKey: [String]
    /// A version for which it is true takes the fact back.
    public let retracted: Expression?
    /// What it is, for people.
    public let description: String?
    /// Whom to ask.
    public let owner: String?
    /// Where it is defined.
    public let place: DefinitionPlace
    let texts: DefinitionTexts
}

/// When a fact became known.
public struct Availability: Sendable, Hashable {
    /// The column that says when; `nil` for the event time.
    public let column: String?
    /// How long after that.
    public let lag: TimeSpan

    /// Names a column and a lag.
    public init(column: String?, lag: TimeSpan) {
        self.column = column
        self.lag = lag
    }
}

/// A column made of others.
public struct DerivedColumn: Sendable, Hashable {
    /// Its name.
    public let name: String
    /// How it is made.
    public let expression: Expression
}

/// How a table is written.
public enum TableFormat: String, Sendable, Hashable, CaseIterable {
    /// Apache Parquet.
    case parquet
    /// Comma-separated values with a header.
    case csv
}

extension FeatureSource {
    /// The columns of the data that some columns need, derived ones replaced by what they are made of; each once, sorted.
    public func columnsOfData(for names: some Sequence<String>) -> [String] {
        var needed: Set<String> = Set(names)
        for column in derived.reversed() where needed.remove(column.name) != nil {
            needed.formUnion(column.expression.columns)
        }
        return needed.sorted()
    }

    /// The derived columns that some columns need, each after those that it needs itself.
    public func derivedColumns(for names: some Sequence<String>) -> [DerivedColumn] {
        var needed: Set<String> = Set(names)
        var found: [DerivedColumn] = []
        for column in derived.reversed() where needed.contains(column.name) {
            needed.formUnion(column.expression.columns)
            found.append(column)
        }
        return found.reversed()
    }

    /// The columns that every use of the source needs: times, filter, event key, retraction.
    public var ownColumns: [String] {
        [eventTime] + [availability?.column].compactMap { $0 } + eventKey + (filter?.columns ?? [])
            + (retracted?.columns ?? [])
    }
}
