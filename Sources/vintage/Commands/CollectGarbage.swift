import ArgumentParser
import Learning
import ObjectStore
import TextFormats
import Workspace

/// `vintage gc`.
struct CollectGarbage: WorkspaceCommand {
    static let configuration = CommandConfiguration(
        commandName: "gc",
        abstract: "Delete from the store what nothing reaches.",
        discussion: """
            Kept is what any lock in any git ref names, what tags name, what the last operations need to be undone, \
            and every snapshot younger than the grace period (the setting gc.grace). How far trainings were that were \
            ended in the middle goes too, once it is older than that.

            Examples:
              vintage gc --dry-run
              vintage gc --grace 36h
            """)

    @Flag(name: .shortAndLong, help: "Say what would be deleted, and delete nothing.")
    var dryRun = false

    @Option(
        name: .customLong("grace"), help: ArgumentHelp("Keep what is younger: 14d, 12h, 30m or 90s.", valueName: "time")
    )
    var grace: RawArgument?

    @OptionGroup var json: JSONOption

    func run(in session: Session) throws -> ExitStatus {
        let grace = try grace.map { argument in
            guard let span = TimeSpan(parsing: argument.text) else {
                throw WorkspaceError.misuse("'\(argument.text)' is no length of time; write 14d, 12h, 30m or 90s")
            }
            return span
        }
        let report = try session.workspace.collectGarbage(grace: grace, dryRun: dryRun)
        let trainings = try TrainingRun.collectGarbage(in: session.workspace, grace: grace, dryRun: dryRun)
        if json.isOn {
            var object = Self.object(report, isDryRun: dryRun)
            object["checkpoints"] = JSON(trainings.count)
            object["checkpoint_bytes"] = JSON(trainings.bytes)
            session.print(object)
        } else {
            show(report, in: session)
            if trainings.count > 0 {
                let verb = dryRun ? "Would delete" : "Deleted"
                let checkpoints = counted(trainings.count, "checkpoint")
                session.print("\(verb) \(checkpoints) of trainings that were broken off, \(size(trainings.bytes)).")
            }
        }
        return .done
    }

    private func show(_ report: GarbageReport, in session: Session) {
        if report.objects == 0 && report.temporaryFiles == 0 {
            session.print("Nothing to delete; \(counted(report.keptObjects, "object")) kept.")
            return
        }
        let verb = dryRun ? "Would delete" : "Deleted"
        session.print(
            "\(verb) \(counted(report.objects, "object")), \(size(report.bytes)); kept \(report.keptObjects).")
        if report.temporaryFiles > 0 {
            let files = counted(report.temporaryFiles, "file")
            session.print("\(verb) \(files) of killed processes, \(size(report.temporaryBytes)).")
        }
        let packs = "\(counted(report.packsDeleted, "pack")) deleted, \(report.packsRewritten) rewritten"
        let freed = report.freedBytes + Int64(clamping: report.temporaryBytes)
        session.print("The store \(dryRun ? "would shrink" : "shrank") by \(size(freed)): \(packs).")
    }

    private static func object(_ report: GarbageReport, isDryRun: Bool) -> JSONObject {
        var object = JSONObject()
        object["dry_run"] = .bool(isDryRun)
        object["objects"] = JSON(report.objects)
        object["bytes"] = JSON(report.bytes)
        object["kept_objects"] = JSON(report.keptObjects)
        object["freed_bytes"] = JSON(report.freedBytes)
        object["packs_deleted"] = JSON(report.packsDeleted)
        object["packs_rewritten"] = JSON(report.packsRewritten)
        object["packs_written"] = JSON(report.packsWritten)
        object["temporary_files"] = JSON(report.temporaryFiles)
        object["temporary_bytes"] = JSON(report.temporaryBytes)
        return object
    }
}
