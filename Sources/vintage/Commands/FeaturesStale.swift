import ArgumentParser
import Embeddings
import Features
import TextFormats
import TrainingSets
import Workspace

/// `vintage features stale`.
struct FeaturesStale: WorkspaceCommand {
    static let configuration = CommandConfiguration(
        commandName: "stale",
        abstract: "List rows that should no longer be relied on, with their views and services.",
        discussion: """
            Looks at the latest row of each entity, in the views that declare an 'embedding' or a 'ttl': whether its vector was \
            made by another version of the model than the one that is wanted, or of another text than there is now, and \
            whether it is past the ttl. Prints the first such rows of each view with the reason. Ends with status 1 if there \
            is one. 'vintage ci' looks at the views with an embedding in the same way.

            Examples:
              vintage features stale
              vintage features stale --view reviews --limit 100
              vintage features stale --service search --at 2013-06-01 --json
            """)

    @Option(help: ArgumentHelp("Look at one view.", valueName: "name"))
    var view: RawArgument?

    @Option(help: ArgumentHelp("Look at the views of one service.", valueName: "name"))
    var service: RawArgument?

    @Option(help: ArgumentHelp("Look at what was known at a time, in UTC unless it says.", valueName: "time"))
    var at: RawArgument?

    @Option(help: ArgumentHelp("List so many rows of each view.", valueName: "count"))
    var limit = 10

    @OptionGroup var json: JSONOption

    func validate() throws {
        if view != nil, service != nil { throw ValidationError("give either --view or --service") }
        if limit < 0 { throw ValidationError("--limit must be at least 0") }
    }

    func run(in session: Session) throws -> ExitStatus {
        let state = try WorkspaceState(of: session.workspace)
        let views: [FeatureView]
        if let view {
            let found = try state.definitions.view(view.text)
            if !found.canGoStale { throw EmbeddingError.nothingToGoStale(view: found.name) }
            views = [found]
        } else if let service {
            let names = Set(try state.definitions.plan(forService: service.text).views.map(\.view.name))
            views = state.definitions.views.filter { names.contains($0.name) }
        } else {
            views = state.definitions.views
        }
        let moment = try at.map { try Timestamp(parsing: $0.text) } ?? Timestamp.now
        let survey = StalenessSurvey(
            session.workspace, state, at: moment.seconds * 1_000_000, sampleSize: limit)
        let report = try survey.report(on: views)
        if json.isOn {
            var object = JSONObject()
            object["at"] = .string(moment.iso8601)
            object["stale"] = .bool(report.isStale)
            object["views"] = JSON(report.views) { .object($0.json) }
            object["services"] = JSON(report.services) { service in
                var object = JSONObject()
                object["service"] = .string(service.name)
                object["views"] = JSON(service.views) { .string($0) }
                return .object(object)
            }
            session.print(object)
            return report.isStale ? .found : .done
        }
        if report.views.isEmpty {
            session.print("No view declares an 'embedding' or a 'ttl', so that nothing can be stale.")
        }
        for staleness in report.views { session.printLines(of: staleness) }
        for service in report.services {
            session.print("service \(service.name): its \(service.views.joined(separator: ", ")) is stale")
        }
        return report.isStale ? .found : .done
    }
}

extension Session {
    fileprivate func printLines(of staleness: ViewStaleness) {
        let counts = StaleReason.allCases.compactMap { reason in
            staleness.counts[reason].map { "\($0) \(reason.rawValue)" }
        }
        let reasons = counts.isEmpty ? "" : " (\(counts.joined(separator: ", ")))"
        let rows = "\(staleness.staleCount) of \(counted(staleness.count, "row"))"
        print("view \(staleness.view.name): \(rows) stale\(reasons)")
        if staleness.isMixed {
            let named = staleness.versions.map { "\($0.name?.shownVersion ?? "no known version") in \($0.count)" }
            print("  vectors of \(staleness.versions.count) versions are mixed: \(named.joined(separator: ", "))")
        }
        for row in staleness.sample { print("  \(row.entity.shown)  \(shownMoment(row.eventTime))  \(row.why)") }
        let rest = staleness.staleCount - staleness.sample.count
        if rest > 0 { print("  … and \(rest) more; --limit lists more of them") }
    }
}

extension ViewStaleness {
    fileprivate var json: JSONObject {
        var object = JSONObject()
        object["view"] = .string(view.name)
        object["rows"] = JSON(count)
        object["stale"] = JSON(staleCount)
        var reasons = JSONObject()
        for reason in StaleReason.allCases { reasons[reason.rawValue] = JSON(counts[reason] ?? 0) }
        object["reasons"] = .object(reasons)
        object["model"] = JSON(view.embedding?.modelArtifact.description)
        object["wanted"] = JSON(wanted?.description)
        object["versions"] = JSON(versions) { version in
            var object = JSONObject()
            object["version"] = JSON(version.name)
            object["rows"] = JSON(version.count)
            return .object(object)
        }
        object["sample"] = JSON(sample) { row in
            var object = JSONObject()
            object["entity"] = .object(row.entity.json)
            object["event_time"] = .string(shownMoment(row.eventTime))
            object["reasons"] = JSON(row.reasons) { .string($0.rawValue) }
            object["why"] = .string(row.why)
            return .object(object)
        }
        return object
    }
}
