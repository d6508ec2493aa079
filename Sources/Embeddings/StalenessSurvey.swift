import Features
import FileSystem
import ObjectStore
import Tables
import TrainingSets

import struct Workspace.TimeSpan
import class Workspace.Workspace

/// Finds out what of views is stale: which of the rows that would be answered with were made of something else than what there
/// is now.
///
///     let survey = StalenessSurvey(workspace, try WorkspaceState(of: workspace), at: now)
///     let staleness = try survey.staleness(of: view)
///     staleness.counts[.textChanged]
public struct StalenessSurvey {
    private let workspace: Workspace
    private let state: WorkspaceState
    private let moment: Int64
    private let sampleSize: Int

    private var threads: Int { workspace.configuration.workers }

    /// Prepares to look at views.
    ///
    /// - Parameters:
    ///   - moment: what was known then counts, in microseconds since 1970.
    ///   - sampleSize: how many stale rows of a view are told of at most.
    public init(_ workspace: Workspace, _ state: WorkspaceState, at moment: Int64, sampleSize: Int = 10) {
        (self.workspace, self.state, self.moment, self.sampleSize) = (workspace, state, moment, sampleSize)
    }

    /// What of some views is stale; those of which nothing can be are left out.
    public func report(on views: [FeatureView]) throws -> StalenessReport {
        StalenessReport(try views.filter(\.canGoStale).map { try staleness(of: $0) }, state.definitions)
    }

    /// What of a view is stale.
    ///
    /// - Throws: ``EmbeddingError``, ``TrainingSets/TrainingSetError``, and what keeps rows from being read.
    /// - Complexity: a pass over the keys and times of the source, and one over those of the texts.
    public func staleness(of view: FeatureView) throws -> ViewStaleness {
        let facts = try LatestFacts(
            try state.definitions.latestRowPlan(of: view), state.sources(in: workspace), at: moment, threads: threads)
        var marks = Marks(count: facts.count)
        var wanted: ObjectID?
        var made: VectorVersions?
        if let embedding = view.embedding {
            let model = try embedding.wantedModel(in: workspace, state.lock)
            let versions = try VectorVersions(of: embedding, in: facts)
            (wanted, made) = (model, versions)
            for row in 0..<facts.count {
                guard let version = versions.version(ofRow: row) else { continue }
                if let name = version.name {
                    if !name.names(model) { marks.add(.otherModel, row) }
                } else {
                    marks.add(.unknownModel, row)
                }
            }
            if let text = embedding.text {
                let texts = try TextComparison(
                    of: text, view, facts, versions, state.definitions, state.sources(in: workspace), at: moment,
                    threads: threads)
                for row in 0..<facts.count { if let reason = texts.reason(ofRow: row) { marks.add(reason, row) } }
            }
        }
        if let span = view.timeToLive, view.features.contains(where: \.windows.isEmpty) {
            for row in 0..<facts.count where moment - facts.eventTimes[row] > span.seconds * 1_000_000 {
                marks.add(.pastTimeToLive, row)
            }
        }
        let stale = marks.rows
        let sample = stale.prefix(sampleSize).map { row in
            let reasons = marks.reasons(ofRow: row)
            let words = reasons.map { reason in
                reason.words(madeBy: made?.version(ofRow: row)?.name, wanted: wanted, timeToLive: view.timeToLive)
            }
            return StaleRow(
                entity: facts.entity(row), eventTime: facts.eventTimes[row], reasons: reasons,
                why: words.joined(separator: "; "))
        }
        return ViewStaleness(
            view: view, count: facts.count, staleCount: stale.count, counts: marks.counts, sample: sample,
            wanted: wanted,
            versions: made?.versions.map { ViewStaleness.Version(name: $0.name, count: $0.count) } ?? [])
    }

    /// Why rows are stale, a bit for each reason.
    private struct Marks {
        private var bits: [UInt8]

        init(count: Int) { bits = [UInt8](repeating: 0, count: count) }

        private static func bit(_ reason: StaleReason) -> UInt8 {
            1 << UInt8(StaleReason.allCases.firstIndex(of: reason) ?? 0)
        }

        mutating func add(_ reason: StaleReason, _ row: Int) { bits[row] |= Self.bit(reason) }

        var rows: [Int] { bits.indices.filter { bits[$0] != 0 } }

        func reasons(ofRow row: Int) -> [StaleReason] {
            StaleReason.allCases.filter { bits[row] & Self.bit($0) != 0 }
        }

        var counts: [StaleReason: Int] {
            var counts: [StaleReason: Int] = [:]
            for reason in StaleReason.allCases {
                let count = bits.count { $0 & Self.bit(reason) != 0 }
                if count > 0 { counts[reason] = count }
            }
            return counts
        }
    }
}

extension StaleReason {
    fileprivate func words(madeBy: String?, wanted: ObjectID?, timeToLive: TimeSpan?) -> String {
        switch self {
        case .otherModel:
            "its vector was made by \(madeBy.map { $0.shownVersion } ?? "another model"), not by \(wanted?.short ?? "")"
        case .unknownModel: "nothing says which model made its vector"
        case .textChanged: "its text has changed"
        case .textGone: "it has no text any more"
        case .pastTimeToLive: "it is older than \(timeToLive.map { "\($0)" } ?? "its time to live")"
        }
    }
}

extension String {
    /// A version as people read it: the beginning of a snapshot's id.
    public var shownVersion: String { isSnapshotName ? String(prefix(12)) : "'\(self)'" }
}

extension LatestFacts {
    /// The keys of a row with their values.
    func entity(_ row: Int) -> [EntityPart] {
        zip(plan.keys, keys).map { EntityPart(key: $0.key, value: $1.type.text(of: $1.cell(at: row))) }
    }
}
