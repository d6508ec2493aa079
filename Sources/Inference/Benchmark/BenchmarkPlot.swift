import Learning
import TextFormats

extension BenchmarkReport {
    /// The latencies and the throughput of the versions side by side, as SVG.
    package var plot: String {
        let quantiles = LatencyHistogram.quantiles
        var latency = Chart(title: "Latency", unit: "µs", ticks: quantiles.map(\.name))
        var throughput = Chart(
            title: "Throughput", unit: "rows/s", ticks: Set(settings.batchSizes).sorted().map { "\($0)" })
        let sizes = Set(settings.batchSizes).sorted()
        for (number, version) in versions.enumerated() {
            func line(_ name: String, _ histogram: LatencyHistogram, dash: Int) -> Chart.Line {
                let points = quantiles.enumerated().map { ($0, histogram.quantile($1.share) / 1000) }
                return Chart.Line(name: name, colour: number, dash: dash, points: points)
            }
            latency.lines.append(line("\(version.name), one row", version.rowLatency, dash: 0))
            if let requests = version.requestLatency {
                latency.lines.append(line("\(version.name), requests", requests, dash: 1))
            }
            for (place, load) in version.loads.enumerated() {
                let name = "\(version.name), \(Int(load.rate))/s"
                latency.lines.append(line(name, load.result.latencies, dash: place + 2))
            }
            for (place, threads) in settings.threads.enumerated() {
                let points = version.throughput.compactMap { shape, rate in
                    shape.threads == threads ? sizes.firstIndex(of: shape.rows).map { ($0, rate) } : nil
                }
                let name = "\(version.name), \(threads) \(threads == 1 ? "thread" : "threads")"
                throughput.lines.append(Chart.Line(name: name, colour: number, dash: place, points: points))
            }
        }
        let height = max(latency.height, throughput.height)
        var svg = XML(
            "svg",
            [
                ("xmlns", "http://www.w3.org/2000/svg"), ("viewBox", "0 0 \(2 * Chart.width) \(height)"),
                ("font-family", "sans-serif"), ("font-size", "11"),
            ])
        svg.append(XML("rect", [("width", "100%"), ("height", "100%"), ("fill", "white")]))
        svg.append(latency.element(left: 0))
        svg.append(throughput.element(left: Chart.width))
        return svg.document
    }
}

/// Lines over a few places, on a logarithmic scale.
private struct Chart {
    struct Line {
        let name: String
        /// Whose line it is.
        let colour: Int
        /// Which of them.
        let dash: Int
        /// The place and the value.
        let points: [(place: Int, value: Double)]
    }

    let title: String
    let unit: String
    let ticks: [String]
    var lines: [Line] = []

    static let width = 460
    private static let (top, bottom, left, right) = (36, 290, 64, 440)
    // Colours that are told apart by almost everyone (Okabe and Ito, 2008).
    private static let colours = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000"]
    private static let dashes = ["none", "6 3", "2 3", "8 3 2 3", "1 4"]

    var height: Int { Self.bottom + 44 + 16 * lines.count }

    /// The decades around all values.
    private var decades: ClosedRange<Int> {
        let values = lines.flatMap { $0.points.map(\.value) }.filter { $0 > 0 && $0.isFinite }
        guard let least = values.min(), let most = values.max() else { return 0...1 }
        let low = Int((logarithm(least)).rounded(.down))
        return low...max(low + 1, Int(logarithm(most).rounded(.up)))
    }

    private func logarithm(_ value: Double) -> Double { PlainMath.logarithm(value) / PlainMath.logarithm(10) }

    func element(left: Int) -> XML {
        var group = XML("g", [("transform", "translate(\(left) 0)")])
        func text(_ text: String, _ x: Int, _ y: Int, anchor: String = "start", size: Int = 11) -> XML {
            XML(
                "text", [("x", "\(x)"), ("y", "\(y)"), ("text-anchor", anchor), ("font-size", "\(size)")], text: text)
        }
        func rule(_ y: Int) -> XML {
            XML(
                "line",
                [
                    ("x1", "\(Self.left)"), ("x2", "\(Self.right)"), ("y1", "\(y)"), ("y2", "\(y)"), ("stroke", "#ddd"),
                ])
        }
        group.append(text("\(title), \(unit)", Self.left, 20, size: 14))
        let decades = decades
        func y(_ value: Double) -> Double {
            let share = (logarithm(value) - Double(decades.lowerBound)) / Double(decades.count - 1)
            return Double(Self.bottom) - share * Double(Self.bottom - Self.top)
        }
        for decade in decades {
            let place = Self.bottom - (decade - decades.lowerBound) * (Self.bottom - Self.top) / (decades.count - 1)
            group.append(rule(place))
            group.append(text(Self.power(decade), Self.left - 6, place + 4, anchor: "end"))
        }
        let step = (Self.right - Self.left - 40) / max(1, ticks.count - 1)
        func x(_ place: Int) -> Int { Self.left + 20 + place * step }
        for (place, tick) in ticks.enumerated() {
            group.append(text(tick, x(place), Self.bottom + 18, anchor: "middle"))
        }
        for (number, line) in lines.enumerated() {
            let colour = Self.colours[line.colour % Self.colours.count]
            let dash = Self.dashes[line.dash % Self.dashes.count]
            let known = line.points.filter { $0.value > 0 && $0.value.isFinite }
            let points = known.map { "\(x($0.place)),\(tenths(y($0.value)))" }.joined(separator: " ")
            let stroke = [("stroke", colour), ("stroke-width", "2"), ("stroke-dasharray", dash), ("fill", "none")]
            group.append(XML("polyline", [("points", points)] + stroke))
            for point in known {
                group.append(
                    XML(
                        "circle",
                        [("cx", "\(x(point.place))"), ("cy", tenths(y(point.value))), ("r", "3"), ("fill", colour)]))
            }
            let row = Self.bottom + 40 + 16 * number
            group.append(
                XML("polyline", [("points", "\(Self.left),\(row - 4) \(Self.left + 28),\(row - 4)")] + stroke))
            group.append(text(line.name, Self.left + 36, row))
        }
        return group
    }

    private func tenths(_ value: Double) -> String {
        let units = Int((value * 10).rounded())
        return "\(units / 10).\(units % 10)"
    }

    /// A power of ten as people read it: `0.01`, `1`, `10k`, `1M`.
    private static func power(_ decade: Int) -> String {
        if decade < 0 { return "0." + String(repeating: "0", count: -decade - 1) + "1" }
        let names = ["", "k", "M", "G", "T"]
        let name = min(decade / 3, names.count - 1)
        return "1" + String(repeating: "0", count: decade - 3 * name) + names[name]
    }
}
