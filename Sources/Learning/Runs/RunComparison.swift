import ObjectStore

/// What differs between trainings.
///
///     RunComparison([old, new]).settings    // [(name: "epochs", values: ["4", "20"])]
public struct RunComparison: Sendable {
    /// The trainings.
    public let runs: [RecordedRun]

    /// Compares trainings.
    public init(_ runs: [RecordedRun]) { self.runs = runs }

    /// The settings that are not the same in all, with each one's value; `nil` where one does not have it.
    public var settings: [(name: String, values: [String?])] {
        var names: [String] = []
        for setting in runs.flatMap(\.settings) where !names.contains(setting.name) { names.append(setting.name) }
        return names.compactMap { name in
            let values = runs.map { run in run.settings.first { $0.name == name }?.value }
            return Set(values).count > 1 ? (name, values) : nil
        }
    }

    /// The artifacts that any was made from, with the snapshot that each one took; `nil` where it took none.
    public var inputs: [(artifact: String, snapshots: [ObjectID?])] {
        let artifacts = Set(runs.flatMap { $0.snapshot.inputs.map(\.artifact) }).sorted()
        return artifacts.map { artifact in
            ("\(artifact)", runs.map { run in run.snapshot.inputs.first { $0.artifact == artifact }?.snapshot })
        }
    }

    /// The parts that any was judged by, and the metrics of each that any has.
    public var metrics: [(part: RowPart, metrics: [Metric])] {
        RowPart.allCases.sorted { $1.order < $0.order }.compactMap { part in
            let found = Metric.allCases.filter { metric in
                runs.contains { $0.parts.contains { $0.name == part && $0.measured(metric) != nil } }
            }
            return found.isEmpty ? nil : (part, found)
        }
    }

    /// What a run measured; `nil` if it did not.
    public func measured(_ run: Int, _ part: RowPart, _ metric: Metric) -> MeasuredMetric? {
        runs[run].parts.first { $0.name == part }?.measured(metric)
    }
}

extension Metric {
    /// Whether more of it is better.
    public var isBetterHigher: Bool {
        switch self {
        case .auc, .accuracy, .r2, .ndcg, .averagePrecision, .reciprocalRank, .hitRate: true
        default: false
        }
    }
}
