import ObjectStore
import Workspace

/// A number of bytes for people.
func size(_ bytes: some BinaryInteger) -> String { ByteCount(Int(clamping: bytes)).description }

/// A number with its noun: `1 file`, `2 files`.
func counted(_ number: some BinaryInteger, _ noun: String, plural: String? = nil) -> String {
    "\(number) \(number == 1 ? noun : plural ?? noun + "s")"
}

/// How many times larger one amount is than another: `2.5×`.
func ratio(_ value: Double) -> String {
    guard value.isFinite, value < 1e15 else { return "–" }
    let tenths = Int((value * 10).rounded())
    return "\(tenths / 10).\(tenths % 10)×"
}

extension String {
    /// The text with spaces after it.
    func padded(to width: Int) -> String {
        self + String(repeating: " ", count: Swift.max(0, width - count))
    }

    /// The text with spaces before it.
    func indented(to width: Int) -> String {
        String(repeating: " ", count: Swift.max(0, width - count)) + self
    }
}

/// Rows of texts in columns as wide as their widest text.
struct Table {
    /// Where a column's texts stand.
    enum Alignment {
        case left
        case right
    }

    private let alignments: [Alignment]
    private var rows: [[String]] = []

    /// A table without rows.
    init(_ alignments: [Alignment]) { self.alignments = alignments }

    /// Adds a row, with a text for each column.
    mutating func add(_ row: [String]) { rows.append(row) }

    /// The rows, with two spaces between columns and none at the end.
    var lines: [String] {
        var widths = alignments.map { _ in 0 }
        for row in rows {
            for (column, text) in row.enumerated() { widths[column] = max(widths[column], text.count) }
        }
        return rows.map { row in
            var line = ""
            for (column, text) in row.enumerated() {
                if column > 0 { line += "  " }
                if alignments[column] == .right {
                    line += text.indented(to: widths[column])
                } else {
                    line += column == row.count - 1 ? text : text.padded(to: widths[column])
                }
            }
            while line.last == " " { line.removeLast() }
            return line
        }
    }
}
