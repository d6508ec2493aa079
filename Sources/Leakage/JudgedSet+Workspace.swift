import Features
import FileSystem
import ObjectStore
import Tables

import class Workspace.Workspace

/// What a snapshot's provenance says of the training set in it.
public struct TrainingSetProvenance: Sendable, Hashable {
    /// The parameter with the service's name.
    public static let serviceParameter = "features.service"
    /// The parameter with the digest of the definitions that the service reaches.
    public static let digestParameter = "features.digest"

    /// The service that made it.
    public let service: String
    /// The digest of its definitions; `nil` if it is not told.
    public let digest: String?
    /// The snapshots that it was made from.
    public let inputs: [Snapshot.Input]
    /// The git commit of the definitions; empty if it is not told.
    public let codeCommit: String

    /// Reads a snapshot; `nil` if no service made it.
    public init?(_ snapshot: Snapshot) {
        guard let service = snapshot.provenance.parameters[Self.serviceParameter] else { return nil }
        self.service = service
        digest = snapshot.provenance.parameters[Self.digestParameter]
        inputs = snapshot.inputs
        codeCommit = snapshot.provenance.codeCommit
    }

    /// The plan of the service as it was when the set was made: by the definitions that are given if they mean the same,
    /// else by those of the commit; `nil` if neither do.
    public func plan(in workspace: Workspace, _ definitions: Definitions) throws -> ServicePlan? {
        if let plan = try? definitions.plan(forService: service), digest == nil || "\(plan.digest)" == digest {
            return plan
        }
        guard !codeCommit.isEmpty, let old = try? Definitions(of: workspace, at: codeCommit),
            let plan = try? old.plan(forService: service), "\(plan.digest)" == digest
        else { return nil }
        return plan
    }
}

extension JudgedSet {
    /// A training set whose sources are read in the store of a workspace.
    ///
    /// - Parameters:
    ///   - inputs: the snapshots that it was made from; artifacts that are not among them are read as the lock has them, where
    ///     nothing at all is told.
    public init(
        plan: ServicePlan, table: GuardTable, spine: GuardTable? = nil, in workspace: Workspace,
        inputs: [Snapshot.Input]? = nil, split: Split? = nil
    ) throws {
        var snapshots: [RelativePath: ObjectID] = [:]
        if let inputs, !inputs.isEmpty {
            for input in inputs { snapshots[input.artifact] = input.snapshot }
        } else {
            for entry in try workspace.lock().entries { snapshots[entry.path] = entry.snapshot }
        }
        let sources = try SourceSnapshots(workspace: workspace, snapshots: snapshots).tables(of: plan)
        self.init(plan: plan, table: table, spine: spine, sources: sources, split: split)
    }

    /// The training set that an artifact's snapshot is; `nil` if it holds no table.
    init?(_ snapshot: Snapshot, _ provenance: TrainingSetProvenance, plan: ServicePlan, in workspace: Workspace) throws
    {
        var files: [(path: RelativePath, content: FileReference)] = []
        try StoredFiles(store: workspace.store).append(snapshot.artifact, snapshot.root, to: &files) {
            $0.tableFormat != nil
        }
        if files.isEmpty { return nil }
        let readers = try files.sorted { $0.path < $1.path }.map { file in
            try TableReader(.stored(file.content, workspace.store, name: "\(file.path)"))
        }
        try self.init(plan: plan, table: GuardTable(readers), in: workspace, inputs: provenance.inputs)
    }
}
