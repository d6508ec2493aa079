import ArgumentParser
import ObjectStore
import TextFormats
import Workspace

/// `vintage fsck`.
struct Fsck: WorkspaceCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check the store.",
        discussion: """
            Checks that every version can be reached whole. --data reads and hashes every byte, too. What is wrong is \
            named with the artifacts and files that it touches, and status 1 is returned.

            Examples:
              vintage fsck
              vintage fsck --data
            """)

    @Flag(name: .customLong("data"), help: "Read every byte.")
    var readsData = false

    @Flag(name: .customLong("repair"), help: "First make damaged or missing indexes again from the packs.")
    var repairs = false

    @OptionGroup var json: JSONOption

    func run(in session: Session) throws -> ExitStatus {
        let repair = repairs ? try session.workspace.repairStore() : nil
        let report = try ProgressLine.show("checking") { meter in
            try session.workspace.verify(readsData: readsData, meter: meter)
        }
        if json.isOn {
            session.print(Self.object(report, repair, readsData: readsData))
        } else {
            if let repair { show(repair, in: session) }
            show(report, in: session)
        }
        return report.isClean ? .done : .found
    }

    private func show(_ repair: RepairReport, in session: Session) {
        session.print("Indexed \(counted(repair.objects, "object")) of \(counted(repair.packs, "pack")) again.")
        let parts = [
            (repair.damagedIndexes, "index was damaged", "indexes were damaged"),
            (repair.damagedPacks, "pack was damaged and set aside", "packs were damaged and set aside"),
            (repair.damagedObjects, "object is damaged", "objects are damaged"),
        ]
        for (count, one, many) in parts where count > 0 { session.print("\(counted(count, one, plural: many)).") }
        if repair.damagedObjects > 0 { session.print("Add the files they touch again to store them again.") }
    }

    private func show(_ report: VerificationReport, in session: Session) {
        for problem in report.problems { session.print(session.palette.removed("problem") + "  \(problem)") }
        for note in report.notes { session.print("note  \(note)") }
        let extent = "\(counted(report.packs, "pack")), \(counted(report.records, "object")), \(size(report.bytes))"
        let verdict = report.isClean ? "sound" : counted(report.problems.count, "problem")
        session.print("\(extent)\(readsData ? ", every byte read" : ""): \(verdict)")
    }

    private static func object(
        _ report: VerificationReport, _ repair: RepairReport?, readsData: Bool
    ) -> JSONObject {
        var object = JSONObject()
        object["clean"] = .bool(report.isClean)
        object["data"] = .bool(readsData)
        object["problems"] = JSON(report.problems) { json($0) }
        object["notes"] = JSON(report.notes) { .string("\($0)") }
        object["packs"] = JSON(report.packs)
        object["objects"] = JSON(report.records)
        object["bytes"] = JSON(report.bytes)
        object["reachable_objects"] = JSON(report.reachableObjects)
        if let repair { object["repair"] = json(repair) }
        return object
    }

    private static func json(_ repair: RepairReport) -> JSON {
        var object = JSONObject()
        object["packs"] = JSON(repair.packs)
        object["objects"] = JSON(repair.objects)
        object["damaged_indexes"] = JSON(repair.damagedIndexes)
        object["damaged_packs"] = JSON(repair.damagedPacks)
        object["damaged_objects"] = JSON(repair.damagedObjects)
        return .object(object)
    }

    private static func json(_ problem: VerificationReport.Problem) -> JSON {
        var object = JSONObject()
        func add(_ kind: String, _ path: String, _ reason: String) {
            object["kind"] = .string(kind)
            object["file"] = .string(path)
            object["reason"] = .string(reason)
        }
        switch problem {
        case .description(let path, let reason): add("description", path, reason)
        case .index(let path, let reason): add("index", path, reason)
        case .pack(let path, let reason): add("pack", path, reason)
        case .tag(let path, let reason): add("tag", path, reason)
        case .keptFile(let path, let reason): add("kept_file", path, reason)
        case .object(let id, let kind, let reason, let touched):
            object["kind"] = .string("object")
            object["id"] = JSON(id)
            object["object_kind"] = .string("\(kind)")
            object["reason"] = .string(reason)
            object["touched_count"] = JSON(touched.count)
            object["touched"] = JSON(touched.items) { item in
                var object = JSONObject()
                object["artifact"] = .string(item.artifact)
                object.add(item.path)
                return .object(object)
            }
        }
        return .object(object)
    }
}
