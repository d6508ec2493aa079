import ArgumentParser
import FileSystem
import Inference
import Learning
import ObjectStore
import SystemPackage
import Tables
import TextFormats
import Workspace

/// `vintage bench`.
struct Bench: WorkspaceCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure how fast, how large and how right models are, side by side.",
        discussion: """
            Each version answers the same rows: single ones, batches from one and more threads, and requests that come at a fixed \
            rate whether those before are answered or not. Versions take turns in every round, so that what the machine does \
            meanwhile meets all alike. Docs/benchmarking-models.md tells what is measured and how.

            With --baseline each other version is held against that one, and the exit status is 1 if the 95% interval of a \
            figure lies past --max-regression, or that of the AUC or the error past --max-loss. A trace of what production sends gives the sizes of requests.

            Examples:
              vintage bench models/late --data data/flights.parquet
              vintage bench models/late models/late@v3 --data HEAD:features/arrival --plot late.svg -o benchmarks/late
              vintage bench models/late --data data/flights.parquet --baseline v3 --max-regression 5%
              vintage bench models/late --data data/flights.parquet --trace requests.jsonl --rates 500,2000
            """)

    @Option(
        help: ArgumentHelp("The rows: a table, or a folder with one.", valueName: "[rev:]path"), completion: .file())
    var data: RawArgument

    @Option(
        help: ArgumentHelp(
            "The version that others are held against: a revision of the first model, or a model.", valueName: "rev"))
    var baseline: RawArgument?

    @Option(
        help: ArgumentHelp("How much slower a version may be than the baseline; 5% by default.", valueName: "share"))
    var maxRegression: Share?

    @Option(
        help: ArgumentHelp(
            "How much lower the AUC (or the accuracy, the gain of rankings) may be than the baseline's, or by which share the error higher.",
            valueName: "share"))
    var maxLoss: Share?

    @Option(help: ArgumentHelp("Rows of a call; 1,16,256,4096 by default.", valueName: "numbers"))
    var batchSizes: Counts?

    @Option(help: ArgumentHelp("Threads that call at once; 1 and all by default.", valueName: "numbers"))
    var threads: Counts?

    @Option(
        help: ArgumentHelp(
            "Requests a second that come; half and nine tenths of what is possible by default.", valueName: "numbers"))
    var rates: Counts?

    @Option(help: ArgumentHelp("For how long requests come at each rate; 1 by default.", valueName: "seconds"))
    var loadSeconds: Double = 1

    @Option(
        help: ArgumentHelp(
            "How often everything is measured; 15 by default, with a baseline up to four times as often.",
            valueName: "number"))
    var rounds: Int = 15

    @Option(
        help: ArgumentHelp("What production sends: JSON lines, or a table, with 'rows'.", valueName: "file"),
        completion: .file())
    var trace: RawArgument?

    @Flag(help: "Start the clock after the preprocessing.")
    var prepared = false

    @Option(
        help: ArgumentHelp("Draw the figures.", valueName: "file.svg"), completion: .file(extensions: ["svg"]))
    var plot: RawArgument?

    @Option(
        name: [.customShort("o"), .customLong("output")],
        help: ArgumentHelp("The artifact to write, such as benchmarks/late.", valueName: "path"),
        completion: .directory)
    var output: RawArgument?

    @Flag(help: "Replace a plot that is there.")
    var force = false

    @OptionGroup var table: TableArguments
    @OptionGroup var json: JSONOption

    @Argument(help: ArgumentHelp("The models.", valueName: "[rev:]path"), completion: .directory)
    var models: [RawArgument]

    func validate() throws {
        if maxRegression != nil, baseline == nil {
            throw ValidationError("--max-regression says how much slower than a --baseline; name one")
        }
        if maxLoss != nil, baseline == nil {
            throw ValidationError("--max-loss says how much worse than a --baseline; name one")
        }
        guard rounds >= 1, rounds <= 10_000 else { throw ValidationError("--rounds is a number from 1 to 10000") }
        guard loadSeconds > 0, loadSeconds <= 3600 else {
            throw ValidationError("--load-seconds is a number above 0, up to 3600")
        }
        if let size = batchSizes?.values.first(where: { $0 > RequestTrace.largest }) {
            throw ValidationError("--batch-sizes has \(size); a call has at most \(RequestTrace.largest) rows")
        }
        if let number = threads?.values.first(where: { $0 > availableCores }) {
            throw ValidationError("--threads has \(number), and this machine runs \(availableCores) at once")
        }
    }

    func run(in session: Session) throws -> ExitStatus {
        let workspace = session.workspace
        let path = try output.map { try session.path($0) }
        if let path { try session.refuseUnsafe(path, BenchmarkReport.check) }
        let picture = plot.map { session.console.filePath($0) }
        if !force, let picture, try picture.status() != nil {
            throw InferenceError.misuse(
                "\(plot?.text ?? "") is there already; choose another, or replace it with --force")
        }
        var places = try models.map { try session.dataPlace($0) }
        var baselineNumber: Int?
        if let baseline {
            let place = try baselinePlace(baseline, session)
            if places.contains(where: { $0.name == place.name || ($0.input != nil && $0.input == place.input) }) {
                throw InferenceError.misuse(
                    "\(baseline.text) is the version that is measured; name another one for --baseline")
            }
            baselineNumber = places.count
            places.append(place)
        }
        let settings = try settings(session)
        let source = try session.rowsPlace(data)
        let report = try ProgressLine.show("measuring") { _ in
            try Benchmark(
                places, data: source, settings, options: table.options, workers: workspace.configuration.workers
            ).run(
                baseline: baselineNumber,
                gate: baselineNumber.map { _ in RegressionGate(limit: maxRegression?.value ?? 0.05) },
                accuracyGate: maxLoss.map { AccuracyGate(limit: $0.value) })
        }
        if let picture {
            try picture.removingLastComponent().makeDirectories()
            try picture.replaceContents(with: Array(report.plot.utf8))
        }
        for warning in report.warnings { writeToStandardError("vintage: warning: \(warning)\n") }
        if json.isOn {
            session.print(report.json)
        } else {
            for line in report.lines(session.palette) { session.print(line) }
        }
        if let path { try store(report, path, places, source, session) }
        return report.hasRegressed ? .found : .done
    }

    /// Keeps the report as an artifact.
    private func store(
        _ report: BenchmarkReport, _ path: RelativePath, _ models: [DataPlace], _ source: DataPlace,
        _ session: Session
    ) throws {
        // What was stored an hour ago may have been changed since.
        try session.refuseUnsafe(path, BenchmarkReport.check)
        try report.write(to: session.workspace.root.appending(path))
        var named: [Snapshot.Input] = []
        for input in (models + [source]).compactMap(\.input) where !named.contains(input) { named.append(input) }
        var parameters = report.parameters
        parameters["vintage"] = Vintage.version
        if let digest = try source.digest() { parameters["data.sha256"] = digest.description }
        let added = try ProgressLine.show("storing") { meter in
            try session.workspace.add(
                [path], meter: meter, command: session.console.commandLine,
                origin: ArtifactOrigin(inputs: named, parameters: parameters))
        }
        if !json.isOn { session.printAdded(added.artifacts) }
    }

    /// The version that others are held against. A revision alone is one of the first model.
    private func baselinePlace(_ argument: RawArgument, _ session: Session) throws -> DataPlace {
        if argument.text.contains(where: { $0 == ":" || $0 == "@" || $0 == "/" }) {
            return try session.dataPlace(argument)
        }
        let path = try VersionedPath(models[0], in: session).path
        if let tagged = try? session.dataPlace(RawArgument(path.bytes + Array("@".utf8) + argument.bytes)) {
            return tagged
        }
        return try session.dataPlace(RawArgument(argument.bytes + Array(":".utf8) + path.bytes))
    }

    private func settings(_ session: Session) throws -> BenchmarkSettings {
        var settings = BenchmarkSettings()
        if let trace {
            let found = try RequestTrace(session.console.filePath(trace), name: trace.text)
            settings.batchSizes = Array(Set([1] + found.typicalSizes)).sorted()
            settings.trace = found
        }
        if let batchSizes { settings.batchSizes = batchSizes.values }
        settings.threads = threads?.values ?? Array(Set([1, session.workspace.configuration.workers])).sorted()
        settings.rates = rates?.values.map { Double($0) } ?? []
        (settings.loadSeconds, settings.rounds, settings.mostRounds) = (loadSeconds, rounds, 4 * rounds)
        settings.isPrepared = prepared
        return settings
    }
}

/// An argument such as `1,16,256`: whole numbers from 1, each once, by size.
struct Counts: ExpressibleByArgument {
    /// The numbers.
    let values: [Int]

    init?(argument: String) {
        let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
        let values = parts.compactMap { Int($0) }
        guard values.count == parts.count, values.allSatisfy({ $0 >= 1 && $0 <= 1_000_000_000 }) else { return nil }
        self.values = Array(Set(values)).sorted()
    }
}

/// An argument such as `5%` or `0.05`.
struct Share: ExpressibleByArgument {
    /// The share of one.
    let value: Double

    init?(argument: String) {
        let isPercent = argument.last == "%"
        guard let number = Double(isPercent ? String(argument.dropLast()) : argument) else { return nil }
        value = isPercent ? number / 100 : number
        guard value >= 0, value <= 10 else { return nil }
    }
}
