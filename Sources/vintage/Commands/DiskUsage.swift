import ArgumentParser
import ObjectStore
import TextFormats
import Workspace

/// `vintage du`.
struct DiskUsage: WorkspaceCommand {
    static let configuration = CommandConfiguration(
        commandName: "du",
        abstract: "Say what is stored and what it costs.",
        discussion: """
            For each artifact, over all its versions: files; logical bytes, what copies would take; unique bytes, \
            after deduplication; stored bytes, after compression. What artifacts share counts once in the total.

            Examples:
              vintage du
              vintage du data/flights --json
            """)

    @OptionGroup var json: JSONOption

    @Argument(help: "Artifacts; all by default.", completion: .file())
    var artifacts: [RawArgument] = []

    func run(in session: Session) throws -> ExitStatus {
        let usage = try session.workspace.usage(try session.paths(artifacts))
        if json.isOn {
            session.print(Self.object(usage))
            return .done
        }
        var table = Table([.left, .right, .right, .right, .right, .right, .right, .right])
        table.add(["artifact", "versions", "files", "logical", "unique", "stored", "dedup", "compression"])
        for (name, amount) in usage.artifacts { table.add(Self.row(name, amount)) }
        table.add(Self.row("total", usage.total))
        for (index, line) in table.lines.enumerated() {
            session.print(index == 0 ? session.palette.heading(line) : line)
        }
        return .done
    }

    private static func row(_ name: String, _ amount: StorageUsage.Amount) -> [String] {
        [
            name, "\(amount.snapshots)", "\(amount.files)", size(amount.logicalBytes), size(amount.uniqueBytes),
            size(amount.storedBytes), ratio(amount.deduplicationRatio), ratio(amount.compressionRatio),
        ]
    }

    private static func object(_ usage: StorageUsage) -> JSONObject {
        var object = JSONObject()
        object["artifacts"] = JSON(usage.artifacts) { artifact in
            var object = JSONObject()
            object["artifact"] = .string(artifact.name)
            add(artifact.amount, to: &object)
            return .object(object)
        }
        var total = JSONObject()
        add(usage.total, to: &total)
        object["total"] = .object(total)
        object["pack_bytes"] = JSON(usage.packBytes)
        return object
    }

    private static func add(_ amount: StorageUsage.Amount, to object: inout JSONObject) {
        object["versions"] = JSON(amount.snapshots)
        object["files"] = JSON(amount.files)
        object["logical_bytes"] = JSON(amount.logicalBytes)
        object["unique_bytes"] = JSON(amount.uniqueBytes)
        object["stored_bytes"] = JSON(amount.storedBytes)
        object["objects"] = JSON(amount.objects)
        object["deduplication_ratio"] = JSON(amount.deduplicationRatio)
        object["compression_ratio"] = JSON(amount.compressionRatio)
    }
}
