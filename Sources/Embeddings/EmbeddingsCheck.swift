import Checks
import Features
import ObjectStore
import TrainingSets

import struct Workspace.Timestamp

extension Check {
    /// The checks of embeddings.
    public static let embeddingChecks: [Check] = [embeddings]

    static let embeddings = Check(
        id: "embeddings", title: "Vectors are of the wanted model and of the present text", severity: .error,
        scopes: [.workspace],
        explanation: """
            Looks at each view with an 'embedding': at the latest row of each entity, as 'vintage features stale' does. Vectors \
            of two versions of a model in one view cannot be compared, and neighbours among them mean nothing; vectors of \
            another version than the one that is wanted answer questions of a model that is no longer asked. Both are errors. \
            A vector whose text has changed since is a warning, a row past the view's 'ttl' a note. Make the vectors anew and \
            store them, or name the version that made them in 'model'.
            """
    ) { context in
        let files = try Check.definitionFiles(context)
        guard let definitions = try? Definitions(files: files) else {
            throw NotApplicable("the feature definitions are not valid")
        }
        let views = definitions.views.filter { $0.embedding != nil }
        if views.isEmpty { throw NotApplicable("no view has an embedding") }
        let state = try WorkspaceState(of: context.workspace)
        let survey = StalenessSurvey(
            context.workspace, state, at: Timestamp.now.seconds * 1_000_000, sampleSize: 3)
        var findings: [Finding] = []
        for view in views {
            guard let embedding = view.embedding else { continue }
            func add(_ message: String, _ severity: CheckSeverity) {
                findings.append(
                    Finding(
                        message, severity: severity, file: embedding.place.file,
                        line: embedding.place.position?.line))
            }
            do {
                let staleness = try survey.staleness(of: view)
                for (message, severity) in staleness.findings(embedding) { add(message, severity) }
            } catch let error as EmbeddingError {
                add("\(error)", .error)
            } catch let error as TrainingSetError {
                add("the view '\(view.name)': \(error)", .error)
            }
        }
        return findings
    }
}

extension ViewStaleness {
    /// What is to be said of it, and how much it matters.
    fileprivate func findings(_ embedding: Embedding) -> [(message: String, severity: CheckSeverity)] {
        var found: [(message: String, severity: CheckSeverity)] = []
        if isMixed {
            let named = versions.map { version in
                "\(version.name?.shownVersion ?? "no known version") in \(version.count)"
            }
            found.append(
                (
                    "the view '\(view.name)' mixes vectors of \(versions.count) versions of \(embedding.modelArtifact): "
                        + "\(named.joined(separator: ", ")) rows; make the vectors anew by one", .error
                ))
        }
        let wanted = "\(embedding.modelArtifact) than \(wanted?.short ?? "")"
        let kinds: [(StaleReason, CheckSeverity, String)] = [
            (.otherModel, .error, "were made by another version of \(wanted)"),
            (.unknownModel, .error, "have vectors of which nothing says what model made them"),
            (.textChanged, .warning, "have another text than the one that their vector was made of"),
            (.textGone, .warning, "have a vector, but no text any more"),
            (.pastTimeToLive, .note, "are past the time to live"),
        ]
        for (reason, severity, words) in kinds {
            guard let stale = counts[reason] else { continue }
            let first = sample.filter { $0.reasons.contains(reason) }.map { row in
                row.entity.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
            }
            let examples = first.isEmpty ? "" : " (\(first.joined(separator: "; "))\(stale > first.count ? "; …" : ""))"
            found.append(
                (
                    "the view '\(view.name)': \(stale) of \(count) rows \(words)\(examples); 'vintage features stale --view "
                        + "\(view.name)' lists them", severity
                ))
        }
        return found
    }
}
