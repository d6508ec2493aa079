import ArgumentParser
import FileSystem
import GitBridge
import TextFormats
import Workspace

/// `vintage export` and what is below it.
struct Export: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Hand artifacts to DVC.",
        discussion: """
            Example:
              vintage export dvc
            """,
        subcommands: [DVC.self])

    /// `vintage export dvc`.
    struct DVC: WorkspaceCommand {
        static let configuration = CommandConfiguration(
            commandName: "dvc",
            abstract: "Write artifacts as DVC keeps them: a .dvc file beside each, and the contents in its cache.",
            discussion: """
                Makes a DVC project of the repository where it is none. Afterwards 'dvc status', 'dvc checkout' and 'dvc \
                push' work on the data; the artifacts stay Vintage's too. DVC keeps no symbolic links, no folders \
                without files, and in a folder not which files are programs.

                Examples:
                  vintage export dvc
                  vintage export dvc data/flights --revision v1.0
                """)

        @Option(help: ArgumentHelp("The version; that of vintage.lock by default.", valueName: "revision"))
        var revision: RawArgument?

        @Flag(help: "Replace a .dvc file whose content git does not have.")
        var force = false

        @OptionGroup var json: JSONOption

        @Argument(help: "Artifacts; all by default.", completion: .file())
        var paths: [RawArgument] = []

        func run(in session: Session) throws -> ExitStatus {
            let bridge = try GitBridge(session.workspace)
            let revision = try revision.map { try session.revision($0) }
            let report = try ProgressLine.show("exporting") { meter in
                try bridge.exportDVC(try session.paths(paths), revision: revision, force: force, meter: meter)
            }
            if json.isOn {
                session.print(Self.object(report))
                return .done
            }
            for artifact in report.artifacts {
                session.print(
                    "exported  \(artifact.path)  \(counted(artifact.files, "file")), \(size(artifact.size))  "
                        + "\(artifact.file)")
            }
            for path in report.losses.prefix(20) {
                session.print("not kept by DVC  \(path)  an empty folder, or what makes the file a program")
            }
            if report.losses.count > 20 { session.print("  … and \(report.losses.count - 20) more") }
            session.print("The contents are in \(displayed(report.cache)).")
            if report.madeProject {
                session.print("Commit the .dvc files, .dvc/config and .dvc/.gitignore.")
            } else {
                session.print("Commit the .dvc files.")
            }
            return .done
        }

        private static func object(_ report: GitBridge.DVCExportReport) -> JSONObject {
            var object = JSONObject()
            object["artifacts"] = JSON(report.artifacts) { artifact in
                var object = JSONObject()
                object.add(artifact.path, as: "artifact")
                object.add(artifact.file, as: "file")
                object["md5"] = .string(artifact.hash)
                object["files"] = JSON(artifact.files)
                object["size"] = JSON(artifact.size)
                return .object(object)
            }
            object["cache"] = .string(displayed(report.cache))
            object["not_kept"] = JSON(paths: report.losses)
            return object
        }
    }
}
