import Workspace

/// The checks there are, in the order in which they run. Each room adds its own.
///
///     let registry = CheckRegistry(Check.workspaceChecks)
///     let report = try registry.run(CheckContext(workspace, scope: .workspace))
///     print(TextReport(report).text)
public struct CheckRegistry: Sendable {
    /// All checks.
    public private(set) var checks: [Check]

    /// Takes checks, each id once.
    public init(_ checks: [Check] = []) {
        self.checks = []
        add(checks)
    }

    /// Adds the checks of a room.
    public mutating func add(_ checks: [Check]) {
        for check in checks {
            precondition(!self.checks.contains { $0.id == check.id }, "two checks are called \(check.id)")
            self.checks.append(check)
        }
    }

    /// The check of a name.
    ///
    /// - Throws: ``UnknownCheck``.
    public func check(_ id: String) throws(UnknownCheck) -> Check {
        if let check = checks.first(where: { $0.id == id }) { return check }
        throw UnknownCheck(id: id, known: checks.map(\.id))
    }

    /// The checks to run: all, or those of `only`, without those of `skip`.
    ///
    /// - Throws: ``UnknownCheck`` for a name of either list that no check has.
    public func selecting(only: [String] = [], skip: [String] = []) throws(UnknownCheck) -> CheckRegistry {
        for id in only + skip { _ = try check(id) }
        return CheckRegistry(checks.filter { (only.isEmpty || only.contains($0.id)) && !skip.contains($0.id) })
    }

    /// Runs the checks of the context's scope.
    public func run(_ context: CheckContext) -> CheckReport {
        let checks = checks.filter { $0.scopes.contains(context.scope) }
        context.running = Set(checks.map(\.id))
        var results: [CheckResult] = []
        for check in checks {
            let start = ContinuousClock.now
            let outcome = check.run(context)
            results.append(CheckResult(check: check, outcome: outcome, duration: ContinuousClock.now - start))
        }
        return CheckReport(results: results, lockLines: context.lockLines)
    }
}

/// A name that no check has.
public struct UnknownCheck: Error, Equatable {
    /// The name.
    public let id: String
    /// The names there are.
    public let known: [String]

    /// Names what was asked for and what there is.
    public init(id: String, known: [String]) {
        self.id = id
        self.known = known
    }
}

extension UnknownCheck: CustomStringConvertible, ErrorWithExitStatus {
    /// A name that is not known is wrong use.
    public var exitStatus: ExitStatus { .misused }

    /// One line for people, with the name that was probably meant.
    public var description: String {
        let nearest = nearestName(to: id, among: known)
        let advice = nearest.map { "did you mean '\($0)'?" } ?? "'vintage ci --list' names them all"
        return "there is no check '\(id)'; \(advice)"
    }
}
