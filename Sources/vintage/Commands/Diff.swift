import ArgumentParser
import FileSystem
import ObjectStore
import Tables
import TextFormats
import Workspace

/// `vintage diff`.
struct Diff: WorkspaceCommand {
    static let configuration = CommandConfiguration(
        abstract: "Compare the working files with a revision, or two revisions.",
        discussion: """
            Without a revision: the working files with the last commit (without git: with the lock). With one: the \
            working files with it. With two: the second with the first. Lines begin with + added, - removed, ~ \
            modified, > renamed; paths are from the workspace's root.

            --rows and --schema look into the tables (Parquet and CSV) that were modified: with --key rows of one key \
            are versions of one another, and the cells that changed are told.

            Examples:
              vintage diff --stat
              vintage diff HEAD~1 --rows --key flight,day
              vintage diff HEAD~1 HEAD -- data/flights
              vintage diff HEAD --exit-code || echo "data changed"
            """)

    @Flag(name: .customLong("stat"), help: "Print a line an artifact, with the amounts.")
    var isStatistic = false

    @Flag(name: .customLong("rows"), help: "Compare the rows of the tables that were modified.")
    var comparesRows = false

    @Flag(name: .customLong("schema"), help: "Compare the columns of the tables that were modified.")
    var comparesSchemas = false

    @OptionGroup var rows: RowComparisonOptions
    @OptionGroup var table: TableArguments

    @Flag(name: .customLong("exit-code"), help: "End with status 1 if there is a difference.")
    var hasExitCode = false

    @OptionGroup var json: JSONOption

    @Argument(help: ArgumentHelp("The old version; the last commit by default.", valueName: "a"))
    var old: RawArgument?

    @Argument(help: ArgumentHelp("The new version; the working files by default.", valueName: "b"))
    var new: RawArgument?

    @Argument(parsing: .postTerminator, help: "Compare these paths only.", completion: .file())
    var paths: [RawArgument] = []

    func run(in session: Session) throws -> ExitStatus {
        let (old, new) = (try old.map(session.revision), try new.map(session.revision))
        let paths = try session.paths(paths)
        let differences = try ProgressLine.show("comparing") { meter in
            try session.workspace.diff(old, new, paths: paths, meter: meter)
        }.filter { !$0.changes.isEmpty }
        if json.isOn {
            var object = JSONObject()
            object["artifacts"] = JSON(differences) { JSON($0) }
            if comparesTables {
                object["tables"] = JSON(try tables(in: differences, isNewStored: new != nil, session)) { table in
                    var object = JSONObject(path: table.path)
                    for (key, value) in table.difference.object.members { object[key] = value }
                    return .object(object)
                }
            }
            session.print(object)
        } else if comparesTables {
            for (path, difference) in try tables(in: differences, isNewStored: new != nil, session) {
                session.print(session.palette.heading("\(path)"))
                for line in difference.lines(session.palette) { session.print("  " + line) }
            }
        } else if isStatistic {
            printStatistics(differences, session)
        } else {
            printChanges(differences, session)
        }
        return hasExitCode && !differences.isEmpty ? .found : .done
    }

    private var comparesTables: Bool { comparesRows || comparesSchemas }

    /// How each table that was modified differs.
    ///
    /// - Parameter isNewStored: whether the new side is a revision's, or the working files.
    private func tables(
        in differences: [ArtifactChanges], isNewStored: Bool, _ session: Session
    ) throws -> [(path: RelativePath, difference: TableDifference)] {
        var found: [(path: RelativePath, difference: TableDifference)] = []
        let store = session.workspace.store
        for changes in differences {
            for change in changes.changes {
                let path = changes.artifact.appending(change.path)
                let name = String(decoding: path.bytes, as: UTF8.self)
                guard case .modified = change.kind, case .file(let before, _) = change.old,
                    case .file(let after, _) = change.new, table.format ?? TableFormat(fileName: name) != nil
                else { continue }
                let new: TableSource =
                    isNewStored
                    ? .stored(after, store, name: name) : .file(session.workspace.root.appending(path))
                found.append(
                    (
                        path,
                        try TableDifference(
                            TableReader(.stored(before, store, name: name), table.options),
                            TableReader(new, table.options), rows, isSchemaOnly: !comparesRows)
                    ))
            }
        }
        return found
    }

    private func printChanges(_ differences: [ArtifactChanges], _ session: Session) {
        for changes in differences {
            let view = ChangeView(changes, session.palette)
            if let line = view.onlyLine {
                session.print(line)
                continue
            }
            let heading = session.palette.heading("\(changes.artifact)")
            session.print("\(heading)  \(view.counts)  \(view.bytes)".trimmingTrailingSpaces)
            for line in view.lines() { session.print("  " + line) }
        }
    }

    private func printStatistics(_ differences: [ArtifactChanges], _ session: Session) {
        if differences.isEmpty { return }
        var table = Table([.left, .right, .left, .left])
        var total = ChangeCounts()
        var count = 0
        for changes in differences {
            let counts = ChangeCounts(changes)
            total.add(changes)
            count += changes.changes.count
            table.add(["\(changes.artifact)", "\(changes.changes.count)", counts.description, counts.byteDescription])
        }
        for line in table.lines { session.print(" " + line) }
        let files = "\(counted(differences.count, "artifact")), \(counted(count, "file"))"
        session.print(" \(files): \(total)  \(total.byteDescription)".trimmingTrailingSpaces)
    }
}
