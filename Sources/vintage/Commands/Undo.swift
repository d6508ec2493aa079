import ArgumentParser
import TextFormats
import Workspace

/// `vintage undo`.
struct Undo: WorkspaceCommand {
    static let configuration = CommandConfiguration(
        abstract: "Take back the last operation that changed the lock or working files.",
        discussion: """
            Again takes back the one before it. Files that were changed since are not overwritten: the command says \
            so and does nothing.

            Examples:
              vintage undo
              vintage undo --list
            """)

    @Flag(name: .shortAndLong, help: "List the operations, newest first, and change nothing.")
    var list = false

    @OptionGroup var json: JSONOption

    func run(in session: Session) throws -> ExitStatus {
        if list {
            try printOperations(in: session)
            return .done
        }
        let report = try ProgressLine.show("bringing back") { meter in
            try session.workspace.undo(meter: meter, command: session.console.commandLine)
        }
        if json.isOn {
            var object = JSONObject()
            object["operation"] = .string(report.operation.command)
            object["checkout"] = JSON(report.checkout)
            session.print(object)
        } else {
            session.print("Undone: \(report.operation.command)")
            session.printWritten(report.checkout)
            session.printHead(report.checkout.head)
        }
        return .done
    }

    private func printOperations(in session: Session) throws {
        let operations = try session.workspace.operations()
        if json.isOn {
            var object = JSONObject()
            object["operations"] = JSON(operations) { operation in
                var object = JSONObject()
                object["number"] = JSON(operation.number)
                object["time"] = .string(operation.time.iso8601)
                object["command"] = .string(operation.command)
                object["undone"] = .bool(operation.isUndone)
                return .object(object)
            }
            session.print(object)
            return
        }
        var table = Table([.right, .left, .left])
        for operation in operations {
            let note = operation.isUndone ? "  (undone)" : ""
            table.add(["\(operation.number)", operation.time.gitFormat, operation.command + note])
        }
        for line in table.lines { session.print(line) }
    }
}
