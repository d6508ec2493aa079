import ArgumentParser
import Embeddings
import FileSystem
import Serving
import TrainingSets
import Workspace

/// `vintage serve`.
struct Serve: WorkspaceCommand {
    static let configuration = CommandConfiguration(
        abstract: "Answer what features are, over HTTP.",
        discussion: """
            Serves the features of the workspace's definitions from an online store, in the form of Feast's server: POST \
            /get-online-features asks, POST /push takes rows in, GET /metrics is read by Prometheus, GET /health and GET /ready \
            say how it does, and GET /openapi.json describes it all. What is answered is what 'vintage features get' answers.

            It prints its address once it accepts connections. Ctrl-C or 'kill' ends it, after what it has begun. Definitions \
            are read once, so it is started anew when they change; a store may be filled while it is served. What a service \
            answers without the store, and of vectors that are stale, its definition says.

            Without --tokens everybody who reaches the address may ask and push. A line of the file is a token and what it is \
            good for: 'TOKEN read', 'TOKEN push' or 'TOKEN read,push'.

            Examples:
              vintage serve --features
              vintage serve --features --store redis://localhost:6379 --tokens tokens.txt
              vintage serve --features --certificate server.pem --key server.key
              curl -H 'Content-Type: application/json' localhost:6566/get-online-features \\
                -d '{"feature_service": "arrival", "entities": {"origin": ["JFK", "LGA"]}}'
            """)

    @Flag(help: "Serve features.")
    var features = false

    @OptionGroup var online: OnlineArguments

    @Option(help: ArgumentHelp("The address that it listens on.", valueName: "address"))
    var host = "127.0.0.1"

    @Option(help: ArgumentHelp("The port; 0 for a free one.", valueName: "number"))
    var port: UInt16 = 6566

    @Option(help: ArgumentHelp("The tokens, one of which each request must have.", valueName: "file"))
    var tokens: RawArgument?

    @Option(help: ArgumentHelp("The server's certificate, in PEM, for TLS.", valueName: "file"))
    var certificate: RawArgument?

    @Option(help: ArgumentHelp("The certificate's private key, in PEM.", valueName: "file"))
    var key: RawArgument?

    @Option(help: ArgumentHelp("What is logged on standard error: errors, or requests as well.", valueName: "what"))
    var log = LogArgument.errors

    @Option(help: ArgumentHelp("The most entities of a request, and rows of a push.", valueName: "number"))
    var maxEntities = ServingLimits().entities

    @Option(help: ArgumentHelp("The most bytes of a request's body.", valueName: "bytes"))
    var maxBody = ServingLimits().bodyBytes

    @Option(help: ArgumentHelp("The most requests that wait for the store; more are turned away.", valueName: "number"))
    var maxWaiting = ServingLimits().waiting

    @Option(
        help: ArgumentHelp(
            "The most seconds that a request waits for the store, as 0.2; then it is answered as the service's 'on_outage' says.",
            valueName: "seconds"))
    var patience: Double?

    @Option(
        help: ArgumentHelp(
            "A folder that answers to services are recorded in, as Parquet; store it with 'vintage add'.",
            valueName: "folder"))
    var record: RawArgument?

    @Option(help: ArgumentHelp("The share of requests that --record keeps, from 0 to 1.", valueName: "share"))
    var sample: Double?

    /// What is logged.
    enum LogArgument: String, ExpressibleByArgument, CaseIterable {
        case errors, requests
    }

    func validate() throws {
        if !features { throw ValidationError("Say what to serve: --features") }
        if (certificate == nil) != (key == nil) {
            throw ValidationError("A certificate and its key go together: --certificate FILE --key FILE")
        }
        for (name, value) in [("max-entities", maxEntities), ("max-body", maxBody), ("max-waiting", maxWaiting)]
        where value < 1 {
            throw ValidationError("--\(name) must be at least 1")
        }
        if let sample, !(0...1).contains(sample) { throw ValidationError("--sample must be from 0 to 1") }
        if sample != nil, record == nil { throw ValidationError("--sample goes with --record FOLDER") }
        if let patience, !(0.001...3600).contains(patience) {
            throw ValidationError("--patience must be from 0.001 to 3600")
        }
    }

    func run(in session: Session) throws -> ExitStatus {
        var settings = ServerSettings()
        (settings.host, settings.port, settings.logsRequests) = (host, Int(port), log == .requests)
        settings.patience = patience.map { .seconds($0) }
        settings.record = record.map { (session.console.filePath($0), sample ?? 1) }
        settings.limits.entities = maxEntities
        settings.limits.bodyBytes = maxBody
        settings.limits.waiting = maxWaiting
        if let tokens {
            settings.tokens = try BearerTokens(parsing: try session.console.filePath(tokens).contents())
        }
        if let certificate, let key {
            settings.identity = ServerSettings.Identity(
                certificates: try session.console.filePath(certificate).contents(),
                key: try session.console.filePath(key).contents())
        }
        let held = try WorkspaceState(of: session.workspace)
        let storage = try online.open(session)
        if held.definitions.views.isEmpty {
            throw TrainingSetError.misuse(
                "there are no views under features/ to serve; Docs/features.md tells how they are defined")
        }
        let models = try WantedModels(of: session.workspace, held.definitions)
        let served = ServedFeatures(held.definitions, storage) { models.byView() }
        let server = try FeatureServer(served, settings)
        try server.serve { address in writeToStandardOutput("listening on \(address)\n") }
        return .done
    }
}
