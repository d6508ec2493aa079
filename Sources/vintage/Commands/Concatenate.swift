import ArgumentParser
import Workspace

/// `vintage cat`.
struct Concatenate: WorkspaceCommand {
    static let configuration = CommandConfiguration(
        commandName: "cat",
        abstract: "Write a file of any version to standard output, or a range of its bytes.",
        discussion: """
            Only what the range needs is read from the store, and every byte is checked. The path is read as 'vintage \
            ls' reads it.

            Examples:
              vintage cat HEAD~1:data/flights/2013.csv
              vintage cat HEAD:data/flights.csv --offset 1000000 --length 65536
            """)

    @Option(name: .customLong("offset"), help: ArgumentHelp("The first byte, counted from 0.", valueName: "n"))
    var offset: UInt64 = 0

    @Option(
        name: .customLong("length"), help: ArgumentHelp("How many bytes; all that follow by default.", valueName: "n"))
    var length: UInt64?

    @Argument(help: ArgumentHelp("The file.", valueName: "[rev:]path"), completion: .file())
    var path: RawArgument

    func run(in session: Session) throws -> ExitStatus {
        let versioned = try VersionedPath(path, in: session)
        let end = length.map { offset.addingReportingOverflow($0) }.map { $0.overflow ? .max : $0.partialValue }
        try session.workspace.read(versioned.revision, path: versioned.path, range: offset..<(end ?? .max)) { piece in
            try session.console.output.write(piece)
        }
        return .done
    }
}
