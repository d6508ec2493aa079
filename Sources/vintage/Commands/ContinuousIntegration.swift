import ArgumentParser
import Checks
import Embeddings
import Features
import FileSystem
import Leakage
import Workspace

/// `vintage ci`.
struct ContinuousIntegration: Command {
    static let configuration = CommandConfiguration(
        commandName: "ci",
        abstract: "Run every check that applies, and report.",
        discussion: """
            Checks that vintage.lock can be read and is what the working files, the index and HEAD say, that the store is \
            sound and has all that the lock names, that git holds neither data of an artifact nor files over \
            ci.max-git-file, that feature definitions are valid, that neither they nor stored training sets let the \
            future leak, that embeddings are of the model and the text that there is now, that no benchmark found a \
            slower model. Ends with status 1 if a check found an error.

            Formats: text, json (Docs/schemas/ci-report.json), junit, sarif (2.1.0) and github (annotations). With \
            --output the report goes to a file, and the text to standard output all the same.

            Examples:
              vintage ci
              vintage ci --format sarif --output vintage.sarif
              vintage ci --only lock-consistent --only fsck --data
              vintage ci --explain lock-consistent
            """)

    @Option(help: ArgumentHelp("The form of the report: text, json, junit, sarif or github.", valueName: "format"))
    var format: ReportFormat = .text

    @Option(name: [.customShort("o"), .long], help: "Write the report to a file.", completion: .file())
    var output: RawArgument?

    @Option(help: ArgumentHelp("Run this check only; may be repeated.", valueName: "check"))
    var only: [String] = []

    @Option(help: ArgumentHelp("Leave this check out; may be repeated.", valueName: "check"))
    var skip: [String] = []

    @Flag(name: .customLong("data"), help: "Read every byte of the store.")
    var readsData = false

    @Flag(name: .customLong("list"), help: "List the checks.")
    var lists = false

    @Option(help: ArgumentHelp("Say what a check looks at, why, and what to do.", valueName: "check"))
    var explain: String?

    func run(_ console: Console) throws -> ExitStatus {
        let registry = CheckRegistry.all
        if let explain {
            let check = try registry.check(explain)
            console.output.print("\(check.id) (\(check.severity)): \(check.title)\n\n\(wrapped(check.explanation))")
            return .done
        }
        let selected = try registry.selecting(only: only, skip: skip)
        if lists {
            var table = Table([.left, .left, .left])
            for check in selected.checks { table.add([check.id, "\(check.severity)", check.title]) }
            for line in table.lines { console.output.print(line) }
            return .done
        }
        let session = try Session(console, skipsDamagedIndexes: true)
        let report = ProgressLine.show("checking") { meter in
            selected.run(CheckContext(session.workspace, scope: .workspace, readsData: readsData, meter: meter))
        }
        let text = format.write(report, version: Vintage.version)
        if let output {
            try console.filePath(output).replaceContents(with: Array(text.utf8), isDurable: false)
        }
        if output != nil || format == .text {
            console.output.write(TextReport(report, style: session.palette.style).text)
        } else {
            console.output.write(text)
        }
        return report.exitStatus
    }
}

extension CheckRegistry {
    /// The checks of all rooms.
    static let all = CheckRegistry(
        Check.workspaceChecks + Check.featureChecks + Check.leakageChecks + Check.embeddingChecks
            + Check.benchmarkChecks)
}

extension Palette {
    /// How the word for a check's status looks.
    func style(_ word: String, _ status: CheckResult.Status) -> String {
        switch status {
        case .passed: added(word)
        case .warned: changed(word)
        case .failed, .broken: removed(word)
        case .skipped: faint(word)
        }
    }
}

extension ReportFormat: ExpressibleByArgument {}

/// A paragraph in lines of at most 80 characters.
func wrapped(_ paragraph: String) -> String {
    var lines: [String] = []
    for word in paragraph.split(separator: " ") {
        if let line = lines.last, line.count + 1 + word.count <= 80 {
            lines[lines.count - 1] += " \(word)"
        } else {
            lines.append(String(word))
        }
    }
    return lines.joined(separator: "\n")
}
