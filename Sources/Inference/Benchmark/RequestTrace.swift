import FileSystem
import Learning
import SystemPackage
import Tables
import TextFormats

/// The requests that a server has seen: how many rows each had, in their order.
///
/// A trace is a file of JSON lines, `{"rows": 12}` each, or a table (Parquet, CSV) with a column `rows`. What else a line or a row has
/// does not matter.
public struct RequestTrace: Sendable, Equatable {
    /// How many rows each request had.
    public let sizes: [Int]

    /// How many rows a request has at most.
    public static let largest = 1 << 20

    /// Takes requests.
    public init(sizes: [Int]) { self.sizes = sizes }

    /// Reads a trace.
    ///
    /// - Parameter name: what messages call the file.
    /// - Throws: ``InferenceError/trace(file:reason:)``, `TableError`, `FileError`.
    public init(_ file: FilePath, name: String) throws {
        if let format = TableFormat(fileName: file.lastComponent?.string ?? "") {
            let reader = try TableReader(.file(file), TableOptions(format: format, naiveTimestamps: .kept))
            let column = try reader.column("rows")
            guard let numbers = column.numbers() else {
                throw InferenceError.trace(file: name, reason: "its column 'rows' is \(column.type), and no number")
            }
            self.init(
                sizes: try numbers.enumerated().map { row, number in
                    guard number >= 1, number <= Double(Self.largest), number == number.rounded() else {
                        throw Self.failure(name, "row \(row + 1)")
                    }
                    return Int(number)
                })
        } else {
            try self.init(parsing: try file.contents(), name: name)
        }
        if sizes.isEmpty { throw InferenceError.trace(file: name, reason: "it has no requests") }
    }

    /// Reads JSON lines; empty lines count as none.
    package init(parsing text: [UInt8], name: String) throws(InferenceError) {
        var sizes: [Int] = []
        for (number, line) in text.split(separator: 0x0a, omittingEmptySubsequences: false).enumerated() {
            if line.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0d }) { continue }
            let json: JSON
            do throws(JSONSyntaxError) {
                json = try JSON(parsing: line)
            } catch {
                throw .trace(file: "\(name):\(number + 1)", reason: error.description)
            }
            guard let rows = json["rows"].count, rows >= 1, rows <= UInt64(Self.largest) else {
                throw Self.failure(name, "line \(number + 1)")
            }
            sizes.append(Int(rows))
        }
        self.sizes = sizes
    }

    private static func failure(_ name: String, _ place: String) -> InferenceError {
        .trace(file: name, reason: "\(place) has no 'rows' from 1 to \(largest)")
    }

    /// The number of rows that a share of the requests has at most.
    public func quantile(_ share: Double) -> Int {
        let sorted = sizes.sorted()
        return sorted[max(0, Int((share * Double(sorted.count)).rounded(.up)) - 1)]
    }

    /// The sizes that stand for all: the middle, the upper tenth and hundredth, and the largest.
    public var typicalSizes: [Int] { Array(Set([quantile(0.5), quantile(0.9), quantile(0.99), quantile(1)])).sorted() }

    /// Why a benchmark of these batches says little of these requests; `nil` if they are covered.
    public func warning(batchSizes: [Int]) -> String? {
        let (measured, sent) = (batchSizes.max() ?? 1, quantile(0.99))
        if measured >= sent { return nil }
        return
            "the largest batch that is measured has \(measured) rows, but one request in a hundred of the trace has \(sent) or "
            + "more; add \(sent) to --batch-sizes"
    }
}
