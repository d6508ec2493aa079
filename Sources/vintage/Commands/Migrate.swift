import ArgumentParser
import FileSystem
import GitBridge
import Workspace

/// `vintage migrate`.
struct Migrate: WorkspaceCommand {
    static let configuration = CommandConfiguration(
        abstract: "Move files that git has between git and the store, for the next commit.",
        discussion: """
            Says what it would do; --apply does it: the files are staged as they are in the working tree, and you \
            commit them. Earlier commits stay as they are. A pattern is tracked or untracked first.

            Examples:
              vintage migrate --to vintage '*.csv'
              vintage migrate --to vintage '*.csv' --apply
              vintage migrate --to git '*.csv' --apply
            """)

    enum Keeper: String, ExpressibleByArgument, CaseIterable {
        case vintage
        case git
    }

    @Option(
        name: .customLong("to"), help: ArgumentHelp("What keeps the contents: vintage or git.", valueName: "keeper"))
    var keeper: Keeper

    @Flag(help: "Do it.")
    var apply = false

    @Argument(
        help: ArgumentHelp(
            "Patterns to track or untrack; by default what .gitattributes says holds.", valueName: "pattern"))
    var patterns: [RawArgument] = []

    func run(in session: Session) throws -> ExitStatus {
        let bridge = try GitBridge(session.workspace)
        let target: GitBridge.Keeper = keeper == .vintage ? .vintage : .git
        let folder = try session.folder()
        let plan = try bridge.planMigration(to: target, patterns: patterns.map(\.bytes), in: folder, applies: apply)
        for path in plan.files { session.print("\(apply ? "staged" : "would move")  \(path)") }
        if plan.files.isEmpty { session.print("No file is to be moved.") }
        if !apply, !plan.files.isEmpty || !plan.patterns.isEmpty {
            session.print("Nothing was changed; --apply does it.")
        } else if apply, !plan.files.isEmpty {
            session.print("Commit them with .gitattributes.")
        }
        return .done
    }
}
