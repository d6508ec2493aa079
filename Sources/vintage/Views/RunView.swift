import Learning
import ObjectStore
import TextFormats
import Workspace

extension RecordedRun {
    /// When it was stored.
    fileprivate var moment: String { snapshot.timestamp.iso8601 }

    /// A parameter of the snapshot.
    fileprivate func parameter(_ name: String) -> String { snapshot.provenance.parameters[name] ?? "" }

    /// The data, by the snapshot if there is one.
    fileprivate var data: String {
        let inputs = snapshot.inputs.map { "\($0.artifact)@\($0.snapshot.short)" }
        return inputs.isEmpty ? parameter("data") : inputs.joined(separator: ", ")
    }

    /// For scripts.
    var json: JSONObject {
        var object = JSONObject()
        object["run"] = .string(name)
        object["artifact"] = .string("\(input.artifact)")
        object["snapshot"] = JSON(input.snapshot)
        object["time"] = .string(moment)
        object["code"] = .string(snapshot.provenance.codeCommit)
        object["inputs"] = JSON(snapshot.inputs) { .object($0.json) }
        var parameters = JSONObject()
        for (name, value) in snapshot.provenance.parameters.sorted(by: { $0.key < $1.key }) {
            parameters[name] = .string(value)
        }
        object["parameters"] = .object(parameters)
        var named = JSONObject()
        for setting in settings { named[setting.name] = .string(setting.value) }
        object["settings"] = .object(named)
        var measured = JSONObject()
        for part in parts {
            var metrics = JSONObject()
            metrics["rows"] = JSON(part.rows)
            for (name, value) in part.metrics.json.members { metrics[name] = value }
            measured[part.name.rawValue] = .object(metrics)
        }
        object["metrics"] = .object(measured)
        object["curves"] = JSON(epochs) { epoch in
            var object = JSONObject()
            object["epoch"] = JSON(epoch.number)
            object["training_loss"] = JSON(epoch.training)
            object["validation_loss"] = epoch.validation.map { JSON($0) } ?? .null
            return .object(object)
        }
        return object
    }
}

extension [RecordedRun] {
    /// Puts the best first; those that did not measure it last, newest first as they were.
    mutating func sort(by metric: Metric) {
        let sign: Double = metric.isBetterHigher ? -1 : 1
        let ranked = enumerated().map { place, run in
            (run, (run.headline?.measured(metric)?.value).map { $0 * sign } ?? .infinity, place)
        }
        self = ranked.sorted { ($0.1, $0.2) < ($1.1, $1.2) }.map(\.0)
    }

    /// A line for each.
    func lines(_ palette: Palette) -> [String] {
        let metrics = Metric.allCases.filter { metric in contains { $0.headline?.measured(metric) != nil } }
        var table = Table([.left, .left, .left, .left, .left, .left] + metrics.map { _ in .right })
        table.add((["run", "when", "kind", "data", "seed", "part"] + metrics.map(\.rawValue)).map(palette.faint))
        for run in self {
            let headline = run.headline
            table.add(
                [
                    palette.id(run.name), run.moment, run.parameter("model"), run.data, run.parameter("seed"),
                    headline?.name.rawValue ?? "",
                ]
                    + metrics.map { metric in (headline?.measured(metric)?.value).map(decimals) ?? "" })
        }
        return table.lines
    }
}

extension RunComparison {
    /// For scripts.
    var json: JSONObject {
        var object = JSONObject()
        object["runs"] = JSON(runs) { .object($0.json) }
        object["settings"] = JSON(settings) { setting in
            var object = JSONObject()
            object["name"] = .string(setting.name)
            object["values"] = JSON(setting.values) { $0.map { .string($0) } ?? .null }
            return .object(object)
        }
        return object
    }

    /// For people: what they are, what differs, how good they were, how they went.
    func lines(_ palette: Palette) -> [String] {
        let plot = CurvePlot(runs.map(\.epochs)).lines
        if plot.isEmpty { return table(palette) }
        let letters = runs.indices.map { String(UnicodeScalar(UInt8(ascii: "a") + UInt8($0))) }
        let key = zip(letters, runs).map { "\($0), \($0.uppercased()): \($1.name)" }.joined(separator: "; ")
        return table(palette) + [""] + plot
            + [palette.faint("loss by epoch, of training and validation: \(key)")]
    }

    /// What they are, what differs, how good they were.
    func table(_ palette: Palette) -> [String] {
        var table = Table([.left] + runs.map { _ in .left })
        table.add([""] + runs.map { palette.id($0.name) })
        func add(_ name: String, _ values: [String]) { table.add([palette.faint(name)] + values) }
        add("when", runs.map(\.moment))
        add("code", runs.map { String($0.snapshot.provenance.codeCommit.prefix(12)) })
        for input in inputs where Set(input.snapshots).count > 1 || runs.count == 1 {
            add(input.artifact, input.snapshots.map { $0.map { String($0.description.prefix(12)) } ?? "" })
        }
        for setting in settings { add(setting.name, setting.values.map { $0 ?? "" }) }
        for (part, metrics) in metrics {
            for metric in metrics {
                add("\(part.rawValue) \(metric.rawValue)", runs.indices.map { measured($0, part, metric)?.text ?? "" })
            }
        }
        return table.lines
    }
}
