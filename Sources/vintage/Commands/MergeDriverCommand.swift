import ArgumentParser
import GitBridge
import Workspace

/// `vintage merge-driver`.
struct MergeDriverCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "merge-driver",
        abstract: "Merge one file for git: the lock, .gitignore or a tracked file.",
        discussion: """
            git calls it in 'git merge', 'rebase', 'cherry-pick' and the like: 'vintage init' sets it up as \
            merge.vintage.driver. Two sides that changed different artifacts, or different files of one artifact, merge \
            without conflict. Status 1 tells git of a conflict.

            Example:
              git config merge.vintage.driver "vintage merge-driver %O %A %B %P"
            """)

    @Flag(help: "The files are those of common ancestors, which git merges to begin with.")
    var ancestors = false

    @Argument(help: "The common ancestor's version.")
    var base: RawArgument

    @Argument(help: "This side's version, which takes the result.")
    var ours: RawArgument

    @Argument(help: "The other side's version.")
    var theirs: RawArgument

    @Argument(help: "The path in the repository.")
    var path: RawArgument

    func run(_ console: Console) throws -> ExitStatus {
        let driver = MergeDriver(
            workspace: try GitBridge.workspace(from: console.workingDirectory, environment: console.environment),
            mergesAncestors: ancestors, command: "git merge")
        let conflicts = try driver.merge(
            base: console.filePath(base), ours: console.filePath(ours), theirs: console.filePath(theirs),
            path: path.bytes)
        for line in conflicts { writeToStandardError("vintage: \(line)\n") }
        return conflicts.isEmpty ? .done : .found
    }
}
