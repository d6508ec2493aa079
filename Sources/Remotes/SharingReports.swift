import FileSystem
import ObjectStore
import Workspace

/// What a push sent, or would send.
public struct PushReport: Sendable {
    /// The remote's name.
    public var remote: String
    /// Where it is.
    public var location: String
    /// Whether nothing was sent, only counted.
    public var isDryRun: Bool
    /// How many objects the remote lacked.
    public var objects = 0
    /// How many bytes they take in packs.
    public var bytes: UInt64 = 0
    /// How many packs they were sent in.
    public var packs = 0
    /// The refs that moved, or would move.
    public var refs: [RefMove] = []

    /// Whether the remote had everything.
    public var isUpToDate: Bool { objects == 0 && refs.isEmpty }
}

/// What a fetch received, or would receive.
public struct FetchReport: Sendable {
    /// The remote's name.
    public var remote: String
    /// Where it is.
    public var location: String
    /// Whether nothing was received but what tells how much there is.
    public var isDryRun: Bool
    /// How many objects this store lacked.
    public var objects = 0
    /// How many bytes they take in packs.
    public var bytes: UInt64 = 0
    /// The versions that were asked for and are complete here now.
    public var snapshots: [ObjectID] = []
    /// Tags that are new here.
    public var tags: [RefMove] = []
    /// Tags that name something else here than on the remote; those here were left as they are.
    public var differingTags: [RefMove] = []

    /// Whether this store had everything.
    public var isUpToDate: Bool { objects == 0 && tags.isEmpty }
}

/// What a pull did.
public struct PullReport: Sendable {
    /// What was received.
    public var fetch: FetchReport
    /// What was done to the working files.
    public var checkout: CheckoutReport
}

/// What a clone made.
public struct CloneReport {
    /// The new workspace.
    public let workspace: Workspace
    /// What was received; `nil` if the settings name no remote, or git no data.
    public let pull: PullReport?
}
