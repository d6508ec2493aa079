import FileSystem

import struct Workspace.TextPosition

/// Where something is defined.
public struct DefinitionPlace: Hashable, Sendable {
    /// The file, from the workspace's root.
    public let file: RelativePath
    /// The place in it; `nil` for the file as a whole.
    public let position: TextPosition?

    /// Names a place.
    public init(file: RelativePath, position: TextPosition? = nil) {
        self.file = file
        self.position = position
    }
}

extension DefinitionPlace: CustomStringConvertible {
    /// As compilers write it: `features/flights.yaml:3:5`.
    public var description: String { position.map { "\(file):\($0)" } ?? "\(file)" }
}

/// What a name stands for.
public enum DefinitionKind: String, Sendable, Hashable, CaseIterable {
    /// By what things are told apart.
    case entity
    /// Where rows come from.
    case source
    /// Features of an entity.
    case view
    /// What is predicted.
    case label
    /// What makes one training set.
    case service

    /// The section of a file that holds such definitions.
    public var section: String {
        switch self {
        case .entity: "entities"
        case .source, .view, .label, .service: rawValue + "s"
        }
    }
}

/// One thing that is wrong with the definitions.
public struct DefinitionProblem: Error, Hashable {
    /// What can be wrong.
    public enum Kind: Hashable, Sendable {
        /// The file is not UTF-8, or not YAML.
        case invalidSyntax(String)
        /// A key that `what` does not have.
        case unknownKey(String, in: String, nearest: String?)
        /// A key without which `what` cannot be.
        case missingKey(String, in: String)
        /// A value of the wrong kind or form.
        case invalidValue(String, key: String, expected: String)
        /// A name that cannot be one.
        case invalidName(String, of: String)
        /// A name that is defined elsewhere already.
        case duplicate(String, of: DefinitionKind, first: DefinitionPlace)
        /// A name that is given twice in one definition.
        case repeated(String, in: String)
        /// A definition that is not there.
        case unknownDefinition(DefinitionKind, String, nearest: String?)
        /// A feature that a view does not have.
        case unknownFeature(String, view: String, nearest: String?)
        /// A column that the source does not have.
        case unknownColumn(String, source: String, nearest: String?)
        /// A key that an entity does not have.
        case unknownEntityKey(String, entity: String, nearest: String?)
        /// A column of a type that cannot be there.
        case wrongColumnType(String, expected: String, found: String)
        /// Derived columns that need each other.
        case cycle([String])
        /// An expression that cannot be read or has the wrong type.
        case expression(ExpressionError.Problem)
        /// A zone that is not known.
        case unknownZone(String, nearest: String?)
        /// A key that goes only with another.
        case needs(String, other: String)
        /// A key that cannot stand beside another.
        case excludes(String, other: String)
        /// A key that an expression cannot have, since it is for aggregations.
        case notAnAggregation(key: String)
        /// An aggregation without a window.
        case noWindow(String)
        /// Two columns of a service, or a column and one of the spine, with one name.
        case ambiguousColumn(String, String)
    }

    /// Where it is.
    public let place: DefinitionPlace
    /// What is wrong.
    public let kind: Kind

    /// Names a problem.
    public init(_ kind: Kind, at place: DefinitionPlace) {
        self.kind = kind
        self.place = place
    }

    /// The name that was probably meant.
    public var suggestion: String? {
        switch kind {
        case .unknownKey(_, _, let nearest), .unknownDefinition(_, _, let nearest), .unknownFeature(_, _, let nearest),
            .unknownColumn(_, _, let nearest), .unknownEntityKey(_, _, let nearest), .unknownZone(_, let nearest):
            nearest
        case .expression(.unknownFunction(_, let nearest)), .expression(.unknownColumn(_, let nearest)),
            .expression(.unknownType(_, let nearest)):
            nearest
        default: nil
        }
    }
}

extension DefinitionProblem: CustomStringConvertible {
    /// One line for people: where, what, and what to do.
    public var description: String { "\(place): \(message)" }

    /// What is wrong and what to do, without the place.
    public var message: String {
        switch kind {
        case .invalidSyntax(let problem): "not valid YAML: \(problem)"
        case .unknownKey(let key, let what, let nearest):
            "\(what) has no key '\(key)'; \(Self.advice(nearest, "Docs/features.md lists the keys"))"
        case .missingKey(let key, let what): "\(what) needs the key '\(key)'"
        case .invalidValue(let value, let key, let expected): "'\(key)' must be \(expected), not \(value)"
        case .invalidName(let name, let what):
            "'\(name)' cannot be the name of \(what); use letters, digits and '_', and begin with no digit"
        case .duplicate(let name, let kind, let first):
            "the \(kind.rawValue) '\(name)' is defined already, at \(first); rename or remove one of the two"
        case .repeated(let name, let what): "'\(name)' is there twice in \(what); remove or rename one of the two"
        case .unknownDefinition(let kind, let name, let nearest):
            "there is no \(kind.rawValue) '\(name)'; "
                + Self.advice(nearest, "define it under '\(kind.section)', or use another")
        case .unknownFeature(let name, let view, let nearest):
            "the view '\(view)' has no feature '\(name)'; "
                + Self.advice(nearest, "'vintage features show \(view)' lists them")
        case .unknownColumn(let name, let source, let nearest):
            "the source '\(source)' has no column '\(name)'; "
                + Self.advice(nearest, "add it to the source's 'columns' or 'derive'")
        case .unknownEntityKey(let name, let entity, let nearest):
            "the entity '\(entity)' has no key '\(name)'; "
                + Self.advice(nearest, "its keys are named under 'entities'")
        case .wrongColumnType(let name, let expected, let found):
            "the column '\(name)' must be \(expected), not \(found)"
        case .cycle(let names):
            "these columns are derived from each other: \(names.joined(separator: " -> ")); derive one of them otherwise"
        case .expression(let problem): "\(ExpressionError(problem, at: 0))"
        case .unknownZone(let name, let nearest):
            "there is no time zone '\(name)'; " + Self.advice(nearest, "write one as UTC, America/New_York or +05:30")
        case .needs(let key, let other): "'\(key)' needs the key '\(other)' beside it"
        case .excludes(let key, let other): "'\(key)' cannot stand beside '\(other)'; keep one of them"
        case .notAnAggregation(let key):
            "'\(key)' goes with an aggregation, such as mean(x); this feature is an expression"
        case .noWindow(let name):
            "the aggregation '\(name)' has no window; give it 'windows', or the whole view"
        case .ambiguousColumn(let name, let other):
            "the column '\(name)' is there already, as \(other); give one of them an 'as' or a 'prefix'"
        }
    }

    private static func advice(_ nearest: String?, _ otherwise: String) -> String {
        nearest.map { "did you mean '\($0)'?" } ?? otherwise
    }
}

/// Everything that is wrong with the definitions.
public struct InvalidDefinitions: Error {
    /// At least one problem, by file and place.
    public let problems: [DefinitionProblem]

    init(_ problems: [DefinitionProblem]) {
        self.problems = problems.sorted { left, right in
            func key(_ problem: DefinitionProblem) -> (RelativePath, Int, Int) {
                (problem.place.file, problem.place.position?.line ?? 0, problem.place.position?.column ?? 0)
            }
            return key(left) < key(right)
        }
    }
}

extension InvalidDefinitions: CustomStringConvertible {
    /// The first problem, and how many more there are.
    public var description: String {
        let more = problems.count - 1
        return problems[0].description
            + (more == 0 ? "" : " (and \(more) more; 'vintage features validate' lists them all)")
    }
}
