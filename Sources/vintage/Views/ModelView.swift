import Learning
import Workspace

/// A number with four digits behind the point.
func decimals(_ value: Double) -> String {
    guard value.isFinite, abs(value) < 1e14 else { return "\(value)" }
    let units = Int((abs(value) * 10_000).rounded())
    let digits = String(units % 10_000)
    let sign = value < 0 && units > 0 ? "-" : ""
    return "\(sign)\(units / 10_000)." + String(repeating: "0", count: 4 - digits.count) + digits
}

extension MeasuredMetric {
    /// The value, and the interval where there is one: `0.7431 (0.7392 to 0.7470)`.
    var text: String {
        decimals(value)
            + (interval.map { " (\(decimals($0.lowerBound)) to \(decimals($0.upperBound)))" } ?? "")
    }
}

extension TrainedModel {
    /// The metrics by which a snapshot is told from others, as named values.
    var headlineParameters: [String: String] {
        var parameters = ["best_epoch": String(best)]
        guard let headline else { return parameters }
        for measured in headline.metrics {
            parameters["\(headline.part.rawValue).\(measured.metric.rawValue)"] = measured.text
        }
        return parameters
    }

    /// What was trained and how good it is.
    func lines(_ palette: Palette) -> [String] {
        var lines = [
            "\(model.kind.rawValue) for '\(model.label)': \(counted(history.count, "epoch")), the best was \(best)"
        ]
        guard let headline else { return lines }
        let metrics = headline.metrics.map(\.metric)
        var table = Table([.left, .right] + metrics.map { _ in .left })
        table.add([palette.faint("part"), palette.faint("rows")] + metrics.map { palette.faint($0.rawValue) })
        for report in reports { table.add(Self.row(report.part.rawValue, report.rows, report.metrics, metrics)) }
        lines += table.lines
        for slices in headline.slices {
            var table = Table([.left, .right] + metrics.map { _ in .left })
            table.add(
                [palette.faint(slices.column), palette.faint("rows")] + metrics.map { palette.faint($0.rawValue) })
            for slice in slices.slices.prefix(Self.shownSlices) {
                table.add(Self.row(slice.value.isEmpty ? "(none)" : slice.value, slice.count, slice.metrics, metrics))
            }
            lines += [""] + table.lines
            let rest = slices.slices.count - Self.shownSlices + slices.leftOut
            if rest > 0 { lines.append(palette.faint("… and \(rest) more; metrics.json has them")) }
        }
        return lines
    }

    /// How many slices of a column are printed.
    private static let shownSlices = 10

    private static func row(_ name: String, _ count: Int, _ measured: [MeasuredMetric], _ metrics: [Metric]) -> [String]
    {
        [name, String(count)] + metrics.map { metric in measured.first { $0.metric == metric }?.text ?? "–" }
    }
}
