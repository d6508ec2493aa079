import Features
import FileSystem
import ObjectStore
import Tables

import struct Workspace.TimeSpan
import class Workspace.Workspace

/// What a snapshot's provenance says of the training set in it.
public struct TrainingSetProvenance: Sendable, Hashable {
    /// The parameter with the service's name.
    public static let serviceParameter = "service"
    /// The parameter with the digest of the definitions that the service reaches, which only a join writes.
    public static let digestParameter = "definitions.digest"

    /// The service that made it.
    public let service: String
    /// The column of the rows' times; `nil` for the label's.
    public let time: String?
    /// The zone of the spine's timestamps without one.
    public let zone: String?
    /// The least gap that the join kept.
    public let embargo: TimeSpan?
    /// The digest of its definitions.
    public let digest: String
    /// The snapshots that it was made from.
    public let inputs: [Snapshot.Input]
    /// The git commit of the definitions; empty if it is not told.
    public let codeCommit: String

    /// Reads a snapshot; `nil` if no service made it.
    public init?(_ snapshot: Snapshot) {
        let parameters = snapshot.provenance.parameters
        // A training run may name a service too; only a join names the definitions' digest beside it.
        guard let service = parameters[Self.serviceParameter], let digest = parameters[Self.digestParameter] else {
            return nil
        }
        self.service = service
        self.digest = digest
        time = parameters["spine.time"]
        zone = parameters["spine.zone"]
        embargo = parameters["embargo"].flatMap { TimeSpan(parsing: $0) }
        inputs = snapshot.inputs
        let commit = parameters["definitions.commit"] ?? snapshot.provenance.codeCommit
        codeCommit = commit.allSatisfy(\.isHexDigit) ? commit : ""
    }

    /// The plan of the service as it was when the set was made: by the definitions that are given if they mean the same,
    /// else by those of the commit; `nil` if neither do.
    public func plan(in workspace: Workspace, _ definitions: Definitions) throws -> ServicePlan? {
        if let plan = try? definitions.plan(forService: service), "\(plan.digest)" == digest {
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
    /// - Parameter provenance: what the set was made from; where it tells no snapshots, sources are read as the lock has
    ///   them.
    public init(
        plan: ServicePlan, table: GuardTable, spine: GuardTable? = nil, in workspace: Workspace,
        provenance: TrainingSetProvenance? = nil, split: Split? = nil
    ) throws {
        var snapshots: [RelativePath: ObjectID] = [:]
        if let inputs = provenance?.inputs, !inputs.isEmpty {
            for input in inputs { snapshots[input.artifact] = input.snapshot }
        } else {
            for entry in try workspace.lock().entries { snapshots[entry.path] = entry.snapshot }
        }
        let sources = try SourceSnapshots(workspace: workspace, snapshots: snapshots).tables(of: plan)
        self.init(
            plan: plan, table: table, spine: spine, sources: sources, split: split, time: provenance?.time,
            embargo: provenance?.embargo)
    }

    /// The column that says of a stored training set's rows which learn and which judge, as 'vintage features split' adds it.
    private static let splitColumn = "split"

    /// The training set that an artifact's snapshot is; `nil` if it holds no table.
    init?(_ snapshot: Snapshot, _ provenance: TrainingSetProvenance, plan: ServicePlan, in workspace: Workspace) throws
    {
        var files: [(path: RelativePath, content: FileReference)] = []
        try StoredFiles(store: workspace.store).append(snapshot.artifact, snapshot.root, to: &files) {
            $0.tableFormat != nil
        }
        if files.isEmpty { return nil }
        let readers = try files.sorted { $0.path < $1.path }.map { file in
            try TableReader(
                .stored(file.content, workspace.store, name: "\(file.path)"), plan.tableOptions(zone: provenance.zone))
        }
        let table = GuardTable(readers)
        let isDivided = table.schema[Self.splitColumn]?.type == .string && table.types[Self.splitColumn] != nil
        try self.init(
            plan: plan, table: table, in: workspace, provenance: provenance,
            split: isDivided ? .column(Self.splitColumn) : nil)
    }
}

extension ServicePlan {
    /// How a training set of the service is read: keys as the types that they are compared as, and times in a zone.
    ///
    /// - Parameter zone: the zone of timestamps without one; `nil` leaves them as they are.
    public func tableOptions(zone: String?) -> TableOptions {
        var options = TableOptions(naiveTimestamps: zone.map { .inZone($0) } ?? .kept)
        for key in views.flatMap(\.keys) where [.string, .int64, .bool].contains(key.type) {
            options.types[key.spineColumn] = ColumnType(named: key.type.rawValue)
        }
        return options
    }
}
