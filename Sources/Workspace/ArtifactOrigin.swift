import ObjectStore

/// What an artifact was made from, where a command made it.
public struct ArtifactOrigin: Equatable, Sendable {
    /// The snapshots of other artifacts.
    public var inputs: [Snapshot.Input]
    /// Named values: settings, digests, findings.
    public var parameters: [String: String]

    /// Names what an artifact was made from.
    public init(inputs: [Snapshot.Input], parameters: [String: String]) {
        (self.inputs, self.parameters) = (inputs, parameters)
    }

    init(_ snapshot: Snapshot) {
        self.init(inputs: snapshot.inputs, parameters: snapshot.provenance.parameters)
    }
}
