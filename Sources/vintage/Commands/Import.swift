import ArgumentParser
import FileSystem
import GitBridge
import SystemPackage
import Workspace

/// `vintage import` and what is below it.
struct Import: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Take over files from git-lfs, or data with its history from DVC.",
        discussion: """
            Examples:
              vintage import dvc
              vintage import lfs
            """,
        subcommands: [DVC.self, LargeFiles.self])

    /// `vintage import dvc`.
    struct DVC: WorkspaceCommand {
        static let configuration = CommandConfiguration(
            commandName: "dvc",
            abstract: "Make artifacts of what DVC keeps, with a snapshot for each commit that moved it.",
            discussion: """
                Reads the .dvc files and dvc.lock of HEAD and of all commits before it, and the contents from DVC's \
                cache, whose MD5s are checked. A snapshot has the time, the author and the message of its commit, so \
                that 'vintage log PATH' shows them and PATH@{2013-06-01} is what DVC had on that day. Data that HEAD \
                has no more is left out. Nothing of DVC's is changed; run it again to take over what is new.

                Examples:
                  vintage import dvc
                  vintage import dvc data/flights --cache /mnt/dvc-remote
                """)

        @Option(
            help: ArgumentHelp("A further folder laid out as DVC's cache, such as a remote.", valueName: "folder"),
            completion: .directory)
        var cache: [RawArgument] = []

        @Flag(help: "Leave out older versions that no cache has or that cannot be read; by default that is an error.")
        var skipMissing = false

        @Argument(help: "Only data at or below these paths; all by default.", completion: .file())
        var paths: [RawArgument] = []

        func run(in session: Session) throws -> ExitStatus {
            let bridge = try GitBridge(session.workspace)
            for folder in cache.map(session.console.filePath) where !folder.exists {
                throw WorkspaceError.misuse("there is no folder \(displayed(folder)); check the name")
            }
            let report = try ProgressLine.show("importing") { meter in
                try bridge.importDVC(
                    try session.paths(paths), caches: cache.map(session.console.filePath), skipsMissing: skipMissing,
                    meter: meter, command: session.console.commandLine)
            }
            session.printAdded(report.artifacts)
            let versions = report.versions.reduce(0, +)
            session.print("\(counted(versions, "version")) of \(counted(report.artifacts.count, "artifact"))")
            session.printGrowth(report.stored)
            for missing in report.skipped {
                session.print(
                    "left out  \(missing.path) of commit \(missing.commit.short): no cache has \(missing.hash)")
            }
            for error in report.unsupported { session.print("left out  \(error)") }
            if report.artifacts.contains(where: \.isChanged) {
                session.print(
                    "Commit vintage.lock. DVC still has all of it; 'git rm' its .dvc files when you are done.")
            }
            return .done
        }
    }

    /// `vintage import lfs`.
    struct LargeFiles: WorkspaceCommand {
        static let configuration = CommandConfiguration(
            commandName: "lfs",
            abstract: "Have Vintage track the files that git-lfs tracks, from the next commit on.",
            discussion: """
                Stores the contents of all files of git-lfs in git's index, puts Vintage's pointers in the place of \
                git-lfs's there, and hands the patterns in .gitattributes to Vintage; you commit. With paths, only \
                files at or below them, each with a line of its own. Earlier commits stay as they are: reading them \
                still needs git-lfs.

                Examples:
                  vintage import lfs
                  vintage import lfs models
                """)

        @Argument(help: "Only files at or below these paths; all by default.", completion: .file())
        var paths: [RawArgument] = []

        func run(in session: Session) throws -> ExitStatus {
            let bridge = try GitBridge(session.workspace)
            let report = try ProgressLine.show("importing") { meter in
                try bridge.importLargeFiles(try session.paths(paths), meter: meter)
            }
            for path in report.files { session.print("staged  \(path)") }
            for path in report.attributes { session.print("staged  \(path)") }
            session.print(
                "Vintage tracks \(counted(report.files.count, "file")) of \(size(report.size)) now; commit to keep it so."
            )
            return .done
        }
    }
}
