import Inference
import Learning
import Workspace

extension CompressionReport {
    /// How many slices are printed.
    private static let shownSlices = 5

    /// The two models side by side, then the slices that lost most.
    func lines(_ palette: Palette) -> [String] {
        var table = Table([.left, .right, .right])
        table.add(["", palette.faint("before"), palette.faint("after")])
        for measured in before.report.metrics {
            let after = after.report.metrics.first { $0.metric == measured.metric }
            table.add([measured.metric.rawValue, measured.text, after?.text ?? "–"])
        }
        table.add(["size", size(UInt64(before.bytes)), size(UInt64(after.bytes))])
        table.add(
            ["one row, p50", duration(nanoseconds: before.rowLatency), duration(nanoseconds: after.rowLatency)])
        table.add(["256 rows × 1 thread", rate(before.rowsPerSecond), rate(after.rowsPerSecond)])
        var lines = ["\(counted(before.report.rows, "row")) of \(data) (\(before.report.part.rawValue))"]
        lines += table.lines
        let worse = sliceLosses.prefix(Self.shownSlices).filter { $0.loss > 0 }
        if worse.isEmpty { return lines }
        var slices = Table([.left, .left, .right, .right])
        slices.add(["slice", "", "rows", "\(metric.rawValue) lost"].map { palette.faint($0) })
        for slice in worse {
            slices.add([slice.column, slice.value, String(slice.rows), decimals(slice.loss)])
        }
        return lines + [""] + slices.lines
    }
}
