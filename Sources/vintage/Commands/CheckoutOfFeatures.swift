import Features
import FileSystem
import Git
import ObjectStore
import SystemPackage
import TrainingSets
import Workspace

/// What `vintage checkout features/SERVICE@{DATE}` does where nobody had built the training set by then: it is built from
/// the data and the definitions of that time, which are all there is to it.
struct CheckoutOfFeatures {
    private let artifact: RelativePath
    private let moment: PointInTime
    private let service: String

    /// Takes a revision that names a service's artifact at a time.
    ///
    /// - Returns: `nil` if it names anything else, or a service that was not defined then.
    init?(_ argument: RawArgument, in session: Session) throws {
        let named = try? Revision(parsing: argument.bytes) { try? session.path(RawArgument($0)) }
        guard case .artifactDate(let artifact, let moment)? = named else { return nil }
        let components = artifact.components
        guard components.count == 2, components[0].elementsEqual(Definitions.folderName.utf8),
            let held = try? WorkspaceState(of: session.workspace, asOf: "\(moment)")
        else { return nil }
        let name = String(decoding: components[1], as: UTF8.self)
        guard (try? held.definitions.service(name)) != nil else { return nil }
        (self.artifact, self.moment, service) = (artifact, moment, name)
    }

    /// Builds the training set as of that time. Where the label names no rows, they are those that a later version was built
    /// of, as the commit of that time has them.
    func build(in session: Session) throws -> ExitStatus {
        var words = [service, "--as-of", "\(moment)"]
        let workspace = session.workspace
        var spine: RecordedSpine?
        if let id = try workspace.lock()[artifact], let snapshot = try? workspace.store.snapshot(id) {
            let parameters = snapshot.provenance.parameters
            for (option, parameter) in [("--time", "spine.time"), ("--zone", "spine.zone"), ("--embargo", "embargo")] {
                if let value = parameters[parameter] { words += [option, value] }
            }
            if let name = parameters["spine"] { spine = try recorded(name, parameters["spine.sha256"], session) }
        }
        defer { if let copy = spine?.copy { try? copy.remove() } }
        session.print("\(artifact) had no version by \(moment); it is built as of then:")
        if case .named(let name)? = spine { words += ["--spine", name] }
        let build = try FeaturesBuild.parse(words)
        guard case .copied(let file, let name)? = spine else { return try build.run(in: session) }
        return try build.run(
            in: session, rows: SpineArguments.Found(source: .file(file), input: nil, name: name))
    }

    /// Where the rows to be labelled are.
    private enum RecordedSpine {
        /// In an artifact, which is read as it was, or in a file that is as it was recorded.
        case named(String)
        /// In a copy of what the commit has.
        case copied(FilePath, name: String)

        var copy: FilePath? { if case .copied(let file, _) = self { file } else { nil } }
    }

    private func recorded(_ name: String, _ hash: String?, _ session: Session) throws -> RecordedSpine {
        let workspace = session.workspace
        let held = try WorkspaceState(of: workspace, asOf: "\(moment)")
        guard let hash, let path = try? session.path(RawArgument(Array(name.utf8))),
            held.lock.artifact(containing: path) == nil
        else { return .named(name) }
        if let commit = held.commit, let bytes = try workspace.repository?.contents(of: path, at: commit) {
            // The end of the name says how it is written.
            let ending = path.name.split(separator: UInt8(ascii: ".")).last.map { String(decoding: $0, as: UTF8.self) }
            let file = workspace.root.appending("\(temporaryName()).\(ending ?? "")")
            try File(creating: file).write(bytes)
            return .copied(file, name: name)
        }
        let file = workspace.root.appending(path)
        guard try file.status()?.kind == .regular, "\(ObjectID(of: try file.contents()))" == hash else {
            throw TrainingSetError.misuse(
                "\(artifact) was built of \(name), which the commit of \(moment) does not have and which has changed since; name "
                    + "the rows with 'vintage features build \(service) --as-of \(moment) --spine FILE'")
        }
        return .named(name)
    }
}
