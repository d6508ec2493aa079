import Inference
import Learning

/// A time for people, three digits of it: `870 ns`, `1.93 µs`, `12.4 ms`.
func duration(nanoseconds: Double) -> String {
    for (unit, size) in [("ns", 1.0), ("µs", 1e3), ("ms", 1e6)] where nanoseconds < 999.5 * size {
        return "\(threeDigits(nanoseconds / size)) \(unit)"
    }
    return "\(threeDigits(nanoseconds / 1e9)) s"
}

/// Rows a second for people: `1.06 M rows/s`.
func rate(_ value: Double) -> String {
    for (unit, size) in [("", 1.0), ("k ", 1e3), ("M ", 1e6)] where value < 999.5 * size {
        return "\(threeDigits(value / size)) \(unit)rows/s"
    }
    return "\(threeDigits(value / 1e9)) G rows/s"
}

/// A number that is not negative with three digits, or more before the point.
private func threeDigits(_ value: Double) -> String {
    guard value.isFinite, value < 1e15 else { return "–" }
    if value >= 99.95 { return "\(Int(value.rounded()))" }
    if value >= 9.995 {
        let tenths = Int((value * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }
    let hundredths = Int((value * 100).rounded())
    return "\(hundredths / 100).\(hundredths / 10 % 10)\(hundredths % 10)"
}

extension BenchmarkReport {
    /// The versions side by side, then what is slower than the baseline.
    func lines(_ palette: Palette) -> [String] {
        var table = Table([.left] + versions.map { _ in .right })
        table.add([""] + versions.map { palette.faint($0.name) })
        func add(_ name: String, _ cell: (Version) -> String) { table.add([name] + versions.map(cell)) }
        add("start-up") { duration(nanoseconds: $0.loadTime) }
        add("peak memory") { $0.peakMemory.map { size($0) } ?? "–" }
        add("model") { size($0.bytes) }
        for (name, share) in LatencyHistogram.quantiles {
            add("one row, \(name)") { duration(nanoseconds: $0.rowLatency.quantile(share)) }
        }
        if settings.trace != nil {
            for (name, share) in LatencyHistogram.quantiles {
                add("request, \(name)") { duration(nanoseconds: $0.requestLatency?.quantile(share) ?? 0) }
            }
        }
        for (place, (shape, _)) in (versions.first?.throughput ?? []).enumerated() {
            add(shape.text) { rate($0.throughput[place].rowsPerSecond) }
        }
        for (place, load) in (versions.first?.loads ?? []).enumerated() {
            for (name, share) in LatencyHistogram.quantiles {
                add("\(Int(load.rate)) requests/s, \(name)") {
                    duration(nanoseconds: $0.loads[place].result.latencies.quantile(share))
                }
            }
            if versions.contains(where: { $0.loads[place].result.unanswered > 0 }) {
                add("\(Int(load.rate)) requests/s, not answered") { version in
                    let result = version.loads[place].result
                    return "\(result.unanswered) of \(result.arrivals)"
                }
            }
        }
        for metric in Metric.allCases where versions.contains(where: { $0.metrics.contains { $0.metric == metric } }) {
            add(metric.rawValue) { $0.metrics.first { $0.metric == metric }?.text ?? "–" }
        }
        var lines = ["\(machine.processor), \(counted(machine.cores, "core")), \(machine.system)"]
        lines += ["\(counted(rowCount, "row")) of \(data), \(counted(rounds, "round"))", ""] + table.lines
        if let baseline { lines += [""] + comparisonLines(baseline, palette) }
        return lines
    }

    private func comparisonLines(_ baseline: String, _ palette: Palette) -> [String] {
        var table = Table([.left, .left, .left, .left])
        table.add(["", palette.faint("against \(baseline)"), palette.faint("times as much"), ""])
        let limit = gate.map { percent($0.limit) } ?? ""
        for comparison in comparisons {
            let ratio = comparison.ratio
            let verdict =
                switch comparison.verdict {
                case .regressed: palette.removed("more than \(limit) worse")
                case .unclear: "perhaps more than \(limit) worse: the rounds differ too much to tell"
                case .within: "within \(limit)"
                }
            table.add([
                comparison.version, comparison.figure,
                "\(threeDigits(ratio.value)) (\(threeDigits(ratio.low)) to \(threeDigits(ratio.high)))", verdict,
            ])
        }
        for loss in losses {
            let isError = !loss.metric.isBetterHigher
            func text(_ value: Double) -> String { isError ? "\(decimals(value * 100)) %" : decimals(value) }
            let limit = accuracyGate.map { percent($0.limit) } ?? ""
            let verdict =
                switch loss.verdict {
                case .regressed: palette.removed("more than \(limit) worse")
                case .unclear: "perhaps more than \(limit) worse: the rows are too few to tell"
                case .within: accuracyGate == nil ? "" : "within \(limit)"
                }
            table.add([
                loss.version, "\(loss.metric.rawValue), \(isError ? "more" : "less") by",
                "\(text(loss.value)) (\(text(loss.interval.lowerBound)) to \(text(loss.interval.upperBound)))", verdict,
            ])
        }
        return table.lines
    }
}

/// A share for people: `5%`, `2.5%`.
private func percent(_ share: Double) -> String {
    let tenths = Int((share * 1000).rounded())
    return tenths % 10 == 0 ? "\(tenths / 10)%" : "\(tenths / 10).\(tenths % 10)%"
}
