import ArgumentParser

/// The command and what is below it.
struct Vintage: ParsableCommand {
    /// The version that `--version` prints.
    static let version = "0.1.0"

    static let configuration = CommandConfiguration(
        commandName: "vintage",
        abstract: "Keep datasets, features and models in step with the code.",
        discussion: """
            A revision is a git revision (HEAD~2, a branch, a tag), a snapshot's id or the beginning of one, \
            ARTIFACT@TAG, or ARTIFACT@{2013-06-01}: the version that was current on that day.

            Commands work in any folder of a workspace. A path is taken from the folder you are in; a path after \
            a revision, as in HEAD:data/flights, and every path that is printed is from the workspace's root.

            Exit status: 0 done, 1 a check found something, 2 wrong use, 3 the environment failed.

            Example:
              vintage init
              vintage add data/flights
              vintage commit -m "Flights until May"
            """,
        version: version,
        groupedSubcommands: [
            CommandGroup(name: "Workspace", subcommands: [Init.self, Add.self, Remove.self, Move.self, Status.self]),
            CommandGroup(
                name: "History",
                subcommands: [
                    Commit.self, Log.self, Show.self, Tag.self, Merge.self, Undo.self,
                ]),
            CommandGroup(
                name: "Versions",
                subcommands: [List.self, Concatenate.self, Diff.self, Checkout.self, Restore.self]),
            CommandGroup(
                name: "Sharing", subcommands: [Remote.self, Push.self, Pull.self, Fetch.self, Clone.self]),
            CommandGroup(
                name: "Store and settings",
                subcommands: [
                    CollectGarbage.self, Fsck.self, DiskUsage.self, Config.self,
                ]),
            CommandGroup(name: "Features", subcommands: [FeaturesCommand.self, Serve.self]),
            CommandGroup(
                name: "Models",
                subcommands: [
                    Train.self, Predict.self, Quantize.self, Prune.self, Bench.self, RunsCommand.self,
                    ModelCommand.self,
                ]),
            CommandGroup(name: "Files in git", subcommands: [Track.self, Untrack.self, Migrate.self]),
            CommandGroup(name: "Tables", subcommands: [TableCommand.self]),
            CommandGroup(name: "Other tools", subcommands: [Import.self, Export.self]),
            CommandGroup(name: "Git and CI", subcommands: [Hooks.self, ContinuousIntegration.self]),
            CommandGroup(
                name: "Called by git",
                subcommands: [
                    HookCommand.self, FilterProcessCommand.self, Textconv.self, MergeDriverCommand.self,
                    LargeFileAgent.self,
                ]),
        ])

    /// The names of all commands.
    static var commandNames: [String] {
        configuration.groupedSubcommands.flatMap(\.subcommands).map { $0._commandName } + ["help"]
    }
}
