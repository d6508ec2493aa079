import Features
import FileSystem
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

    /// Builds the training set as of that time, of the rows that a later version was built of where the label names none.
    func build(in session: Session) throws -> ExitStatus {
        var words = [service, "--as-of", "\(moment)"]
        let workspace = session.workspace
        if let id = try workspace.lock()[artifact], let snapshot = try? workspace.store.snapshot(id) {
            let parameters = snapshot.provenance.parameters
            for (option, parameter) in [
                ("--spine", "spine"), ("--time", "spine.time"), ("--zone", "spine.zone"), ("--embargo", "embargo"),
            ] {
                if let value = parameters[parameter] { words += [option, value] }
            }
        }
        session.print("\(artifact) had no version by \(moment); it is built as of then:")
        return try FeaturesBuild.parse(words).run(in: session)
    }
}
