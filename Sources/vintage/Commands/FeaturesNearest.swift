import ArgumentParser
import Embeddings
import Features
import TextFormats
import TrainingSets
import Workspace

/// `vintage features nearest`.
struct FeaturesNearest: WorkspaceCommand {
    static let configuration = CommandConfiguration(
        commandName: "nearest",
        abstract: "Find the entities whose vectors are nearest to another.",
        discussion: """
            Looks at the vector in each entity's latest row, as the lock names the data, and leaves out rows past the view's \
            ttl. Every vector is compared, so the answer is exact. With cosine and dot the greatest value is the nearest, with \
            l2 the least; equally near ones come in the order of their keys. Vectors that cannot be compared are counted and \
            left out. A view with vectors of two versions of its model is refused.

            Examples:
              vintage features nearest --view reviews --entity review=17
              vintage features nearest --view reviews --vector 0.1,0.7,-0.2 -k 5 --metric l2 --json
            """)

    @Option(help: ArgumentHelp("The view, which declares an embedding.", valueName: "name"))
    var view: RawArgument

    @Option(
        help: ArgumentHelp("The entity whose neighbours are wanted; repeat it for more keys.", valueName: "key=value"))
    var entity: [RawArgument] = []

    @Option(
        parsing: .unconditional, help: ArgumentHelp("The vector whose neighbours are wanted.", valueName: "numbers"))
    var vector: VectorArgument?

    @Option(name: .customShort("k"), help: ArgumentHelp("How many are wanted.", valueName: "count"))
    var count = 10

    @Option(help: ArgumentHelp("What near means: cosine, dot or l2.", valueName: "metric"))
    var metric: VectorMetric = .cosine

    @Option(help: ArgumentHelp("Ask for what was known at a time, in UTC unless it says.", valueName: "time"))
    var at: RawArgument?

    @OptionGroup var json: JSONOption

    func validate() throws {
        if entity.isEmpty == (vector == nil) { throw ValidationError("give either --entity or --vector") }
        if count < 1 { throw ValidationError("-k must be at least 1") }
    }

    func run(in session: Session) throws -> ExitStatus {
        let state = try WorkspaceState(of: session.workspace)
        let view = try state.definitions.view(view.text)
        let query: NearestEntities.Query
        if let vector {
            query = .vector(vector.numbers)
        } else {
            let texts = entity.map(\.text)
            query = .entity(
                try state.definitions.entity(view.entity).row(texts), shown: texts.joined(separator: ","))
        }
        let moment = try at.map { try Timestamp(parsing: $0.text) } ?? Timestamp.now
        let search = try NearestEntities(of: view, session.workspace, state, at: moment.seconds * 1_000_000)
        let found = try search.nearest(to: query, count: count, metric: metric)
        if json.isOn {
            var object = JSONObject()
            object["view"] = .string(view.name)
            object["at"] = .string(moment.iso8601)
            object["metric"] = .string(metric.rawValue)
            object["vectors"] = JSON(found.count)
            object["skipped"] = JSON(found.skipped)
            object["nearest"] = JSON(found.matches) { match in
                var object = JSONObject()
                object["entity"] = .object(match.entity.json)
                object["value"] = JSON(Double(match.value))
                object["event_time"] = .string(shownMoment(match.eventTime))
                return .object(object)
            }
            session.print(object)
            return .done
        }
        var table = Table([.left, .right, .left])
        table.add(["entity", metric == .l2 ? "distance" : metric.rawValue, "event time"])
        for match in found.matches {
            table.add([match.entity.shown, match.value.shown, shownMoment(match.eventTime)])
        }
        for line in table.lines { session.print(line) }
        if found.skipped > 0 {
            let verb = found.skipped == 1 ? "is" : "are"
            session.print("\(counted(found.skipped, "vector")) cannot be compared, and \(verb) left out")
        }
        return .done
    }
}

extension Float {
    /// With at most six digits, which are those that the order of a sum does not change.
    fileprivate var shown: String {
        guard self != 0, isFinite else { return "\(self)" }
        var scale: Double = 1
        while abs(Double(self)) * scale < 100_000, scale < 1e30 { scale *= 10 }
        return "\(Float((Double(self) * scale).rounded() / scale))"
    }
}
