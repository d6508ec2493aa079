/// How much a finding matters. SARIF and code hosts know the same three.
public enum CheckSeverity: String, Sendable, CaseIterable, Comparable {
    /// Worth knowing.
    case note
    /// Probably wrong, and no reason to stop.
    case warning
    /// Wrong: `vintage ci` ends with status 1 and a commit is refused.
    case error

    /// Orders by weight.
    public static func < (left: CheckSeverity, right: CheckSeverity) -> Bool { left.rank < right.rank }

    private var rank: Int {
        switch self {
        case .note: 0
        case .warning: 1
        case .error: 2
        }
    }
}

/// What is looked at.
public enum CheckScope: Sendable, Hashable {
    /// All that the workspace holds, as `vintage ci` does.
    case workspace
    /// What the commit being made changes, as the `pre-commit` hook does. It must be quick.
    case commit
}

/// One thing that can be wrong with a workspace, and how it is found.
///
/// A room adds its checks to the registry by listing them:
///
///     let check = Check(
///         id: "lock-valid", title: "vintage.lock can be read", severity: .error, scopes: [.workspace],
///         explanation: "Why it matters, and what to do."
///     ) { context in
///         try context.workspace.lock().entries.isEmpty ? [Finding("vintage.lock names no artifact")] : []
///     }
public struct Check: Sendable {
    /// Its stable name, in lower case with dashes, such as `lock-valid`.
    public let id: String
    /// What holds when nothing is found, as a sentence without its full stop.
    public let title: String
    /// How much its findings matter, unless one says otherwise.
    public let severity: CheckSeverity
    /// The scopes in which it runs.
    public let scopes: Set<CheckScope>
    /// A paragraph: what it looks at, why that matters, and what to do about it.
    public let explanation: String
    /// Finds what is wrong.
    private let body: @Sendable (CheckContext) throws -> [Finding]

    /// Describes a check.
    ///
    /// - Parameter body: finds what is wrong; throws ``NotApplicable`` where there is nothing to look at, and any other
    ///   error where it cannot tell.
    public init(
        id: String, title: String, severity: CheckSeverity, scopes: Set<CheckScope>, explanation: String,
        _ body: @escaping @Sendable (CheckContext) throws -> [Finding]
    ) {
        self.id = id
        self.title = title
        self.severity = severity
        self.scopes = scopes
        self.explanation = explanation
        self.body = body
    }

    /// Runs the check.
    func run(_ context: CheckContext) -> CheckResult.Outcome {
        do {
            let findings = try body(context)
            return .ran(findings)
        } catch let reason as NotApplicable {
            return .notApplicable(reason: reason.reason)
        } catch {
            return .couldNotRun(error)
        }
    }
}

/// Why a check has nothing to look at.
public struct NotApplicable: Error {
    /// The reason, as a clause: `the workspace has no git`.
    public let reason: String

    /// Gives the reason, as a clause.
    public init(_ reason: String) { self.reason = reason }
}
