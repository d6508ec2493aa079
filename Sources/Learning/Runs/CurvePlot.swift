/// Curves of losses as lines of text: epochs to the right, losses upwards.
///
///     for line in CurvePlot([run.epochs]).lines { print(line) }
///
/// The first run's training is `a` and its validation `A`, the next one's `b` and `B`; where two meet stands `*`.
public struct CurvePlot: Sendable {
    private let curves: [[RecordedRun.Epoch]]
    private let width: Int
    private let height: Int

    /// Prepares a plot.
    ///
    /// - Parameters:
    ///   - curves: of at most 26 runs; numbers that are not finite are left out.
    ///   - width: the columns of the plot itself, at least 2.
    ///   - height: its lines, at least 2.
    public init(_ curves: [[RecordedRun.Epoch]], width: Int = 60, height: Int = 12) {
        (self.curves, self.width, self.height) = (Array(curves.prefix(26)), max(2, width), max(2, height))
    }

    /// The lines; none where there is nothing to draw.
    public var lines: [String] {
        var points: [(epoch: Int, loss: Double, sign: UInt8)] = []
        for (place, epochs) in curves.enumerated() {
            for epoch in epochs {
                points.append((epoch.number, epoch.training, UInt8(ascii: "a") + UInt8(place)))
                if let loss = epoch.validation { points.append((epoch.number, loss, UInt8(ascii: "A") + UInt8(place))) }
            }
        }
        points = points.filter { $0.loss.isFinite }
        guard let least = points.map(\.loss).min(), let most = points.map(\.loss).max(),
            let first = points.map(\.epoch).min(), let last = points.map(\.epoch).max()
        else { return [] }
        var grid = Array(repeating: Array(repeating: UInt8(ascii: " "), count: width), count: height)
        for point in points {
            let across = last == first ? 0 : Double(point.epoch - first) / Double(last - first)
            // Halves first, so that the largest numbers that there are do not overflow.
            let range = most / 2 - least / 2
            let up = range > 0 ? (point.loss / 2 - least / 2) / range : 0
            let column = Int((across * Double(width - 1)).rounded())
            let row = height - 1 - Int((up * Double(height - 1)).rounded())
            let there = grid[row][column]
            grid[row][column] = there == UInt8(ascii: " ") || there == point.sign ? point.sign : UInt8(ascii: "*")
        }
        let (top, bottom) = (Self.text(most), Self.text(least))
        let margin = max(top.count, bottom.count)
        var lines = grid.enumerated().map { row, signs in
            let label = row == 0 ? top : row == height - 1 ? bottom : ""
            let drawn = String(decoding: signs, as: UTF8.self)
            return (String(repeating: " ", count: margin - label.count) + label + " |" + drawn).trimmed
        }
        lines.append(String(repeating: " ", count: margin) + " +" + String(repeating: "-", count: width))
        let (left, right) = ("\(first)", "\(last)")
        let space = max(1, width - left.count - right.count)
        lines.append(
            String(repeating: " ", count: margin + 2) + left
                + (last == first ? "" : String(repeating: " ", count: space) + right))
        return lines
    }

    /// Four digits that count.
    private static func text(_ value: Double) -> String {
        if value == 0 { return "0" }
        guard abs(value) < 1e6, abs(value) >= 1e-3 else { return "\(Float(value))" }
        return "\((value * 10_000).rounded() / 10_000)"
    }
}

extension String {
    /// Without the spaces at its end.
    fileprivate var trimmed: String {
        var text = self[...]
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}
