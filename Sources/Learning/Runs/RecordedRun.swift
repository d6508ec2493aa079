import FileSystem
import ObjectStore
import TextFormats

import struct Workspace.ArtifactLogEntry
import class Workspace.Workspace

/// A training as the store remembers it: the snapshot of a model, with its settings, how good it was, and its curves.
///
///     let runs = try RecordedRun.all(in: workspace)
///     runs[0].headline?.measured(.auc)?.value
public struct RecordedRun: Sendable {
    /// How good a model was on one part of its rows.
    public struct Part: Sendable {
        /// The part: `train`, `validation` or `test`.
        public let name: RowPart
        /// How many rows it has.
        public let rows: UInt64
        /// What was measured.
        public let metrics: [MeasuredMetric]

        /// What was measured by a metric; `nil` if it was not.
        public func measured(_ metric: Metric) -> MeasuredMetric? { metrics.first { $0.metric == metric } }
    }

    /// The losses after an epoch.
    public struct Epoch: Sendable, Equatable {
        /// Its number, from 1.
        public let number: Int
        /// The mean loss of the rows that were learned from.
        public let training: Double
        /// That of the validation; `nil` without one.
        public let validation: Double?

        package init(number: Int, training: Double, validation: Double?) {
            (self.number, self.training, self.validation) = (number, training, validation)
        }
    }

    /// The artifact and the snapshot.
    public let input: Snapshot.Input
    /// The snapshot.
    public let snapshot: Snapshot
    /// The settings by their names, those of a section as `section.name`.
    public let settings: [(name: String, value: String)]
    /// How good it was, the part that counts most first.
    public let parts: [Part]
    /// The curves.
    public let epochs: [Epoch]

    /// The part that counts most: the test, else the validation, else the training.
    public var headline: Part? { parts.first }

    /// What it is called: the artifact, `@`, and the beginning of the snapshot's id.
    public var name: String { "\(input.artifact)@\(input.snapshot.description.prefix(12))" }

    /// Reads a snapshot.
    ///
    /// - Returns: `nil` if it is no model that was trained.
    /// - Throws: ``LearningError/malformedModel(file:reason:)``, and what keeps the store from being read.
    public init?(_ input: Snapshot.Input, in workspace: Workspace) throws {
        let snapshot = try workspace.store.snapshot(input.snapshot)
        let place = DataPlace(snapshot, input, workspace.store)
        guard let text = try place.contents(of: Model.FileName.model, limit: Self.limit),
            let description = try? JSON(parsing: text), description["format"].string == "vintage-model",
            let measured = try place.contents(of: Model.FileName.metrics, limit: Self.limit)
        else { return nil }
        guard let metrics = try? JSON(parsing: measured), metrics["format"].string == "vintage-metrics" else {
            throw LearningError.malformedModel(file: Model.FileName.metrics, reason: "it holds no metrics")
        }
        let curves = try place.contents(of: Model.FileName.curves, limit: Self.limit) ?? []
        self.init(
            input, snapshot, settings: Self.flat(description["settings"]), parts: Self.parts(metrics["parts"]),
            epochs: Self.epochs(String(decoding: curves, as: UTF8.self)))
    }

    /// A file that says what a model is like has no reason to be larger.
    private static let limit: UInt64 = 1 << 26

    init(
        _ input: Snapshot.Input, _ snapshot: Snapshot, settings: [(name: String, value: String)], parts: [Part],
        epochs: [Epoch]
    ) {
        (self.input, self.snapshot, self.settings) = (input, snapshot, settings)
        (self.parts, self.epochs) = (parts, epochs)
    }

    /// The trainings of artifacts, newest first.
    ///
    /// - Parameter artifacts: which; all that the lock names if there are none.
    public static func all(of artifacts: [RelativePath] = [], in workspace: Workspace) throws -> [RecordedRun] {
        let paths = artifacts.isEmpty ? try workspace.lock().entries.map(\.path) : artifacts
        var runs: [RecordedRun] = []
        for path in paths {
            for entry in try workspace.log(of: path) {
                if let run = try RecordedRun(Snapshot.Input(artifact: path, snapshot: entry.id), in: workspace) {
                    runs.append(run)
                }
            }
        }
        return runs.enumerated().sorted {
            ($1.element.snapshot.time, $0.offset) < ($0.element.snapshot.time, $1.offset)
        }.map(\.element)
    }

    // MARK: Files

    private static func flat(_ settings: JSON, _ prefix: String = "") -> [(name: String, value: String)] {
        guard case .object(let object) = settings else { return [] }
        return object.members.flatMap { name, value -> [(name: String, value: String)] in
            switch value {
            case .null: return []
            case .object: return flat(value, "\(prefix)\(name).")
            case .string(let text): return [(prefix + name, text)]
            default: return [(prefix + name, value.line)]
            }
        }
    }

    private static func parts(_ parts: JSON) -> [Part] {
        RowPart.allCases.sorted { $1.order < $0.order }.compactMap { part in
            let described = parts[part.rawValue]
            guard let rows = described["rows"].count else { return nil }
            let metrics = Metric.allCases.compactMap { metric -> MeasuredMetric? in
                let measured = described["metrics"][metric.rawValue]
                guard let value = measured["value"].double else { return nil }
                var interval: ClosedRange<Double>?
                if let low = measured["low"].double, let high = measured["high"].double, low <= high {
                    interval = low...high
                }
                return MeasuredMetric(metric: metric, value: value, interval: interval)
            }
            return Part(name: part, rows: rows, metrics: metrics)
        }
    }

    /// Reads `curves.csv`; lines that are none are left out.
    static func epochs(_ text: String) -> [Epoch] {
        let lines = text.split(separator: "\n").map { $0.split(separator: ",", omittingEmptySubsequences: false) }
        guard let names = lines.first, let epoch = names.firstIndex(of: "epoch"),
            let training = names.firstIndex(of: "training_loss"),
            let validation = names.firstIndex(of: "validation_loss")
        else { return [] }
        return lines.dropFirst().compactMap { fields in
            guard fields.count == names.count, let number = Int(fields[epoch]), let loss = Double(fields[training])
            else { return nil }
            return Epoch(number: number, training: loss, validation: Double(fields[validation]))
        }
    }
}
