import TextFormats

import protocol Workspace.ErrorWithExitStatus
import enum Workspace.ExitStatus

/// Rows as lines of JSON, in pieces as they come: each whole line is a row, and those that are there go together.
///
///     var lines = PushedLines(limit: 1000)
///     for batch in try lines.take(bytes, isLast: false) { … }
package struct PushedLines {
    /// Rows that follow each other.
    package struct Batch {
        /// The rows.
        package let rows: [JSON]
        /// The line of each, from 1: there may be empty ones between them.
        package let lines: [Int]
    }

    /// Why lines are no rows.
    package enum Failure: Equatable, CustomStringConvertible, ErrorWithExitStatus {
        /// A line is no JSON.
        case syntax(line: Int, reason: String)
        /// A line is longer than a row may be.
        case tooLong(line: Int)

        /// What was given is wrong.
        package var exitStatus: ExitStatus { .misused }

        /// One line for people.
        package var description: String {
            switch self {
            case .syntax(let line, let reason): "line \(line) is no JSON: \(reason)"
            case .tooLong(let line): "line \(line) is longer than 16 MiB; rows are JSON objects, one a line"
            }
        }
    }

    private static let longestLine = 16 << 20

    private let limit: Int
    private var rest: [UInt8] = []
    private var line = 0

    /// - Parameter limit: how many rows a batch has at most.
    package init(limit: Int) { self.limit = limit }

    /// Takes bytes, and gives the rows that are whole.
    ///
    /// - Parameter isLast: whether there are no more, so that what has no end of line is a line too.
    /// - Returns: the rows before a line that is wrong, and what is wrong with that.
    package mutating func take(_ bytes: [UInt8], isLast: Bool) -> (batches: [Batch], failure: Failure?) {
        rest += bytes
        var (batches, rows, lines) = ([Batch](), [JSON](), [Int]())
        func close() {
            if !rows.isEmpty { batches.append(Batch(rows: rows, lines: lines)) }
            (rows, lines) = ([], [])
        }
        var start = 0
        while start < rest.count {
            let end = rest[start...].firstIndex(of: UInt8(ascii: "\n"))
            guard let end = end ?? (isLast ? rest.count : nil) else { break }
            let text = rest[start..<end]
            start = end + 1
            line += 1
            if text.allSatisfy({ $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\r") || $0 == UInt8(ascii: "\t") }) {
                continue
            }
            do {
                rows.append(try JSON(parsing: text))
                lines.append(line)
            } catch {
                close()
                return (batches, .syntax(line: line, reason: error.reason))
            }
            if rows.count == limit { close() }
        }
        close()
        rest.removeFirst(min(start, rest.count))
        return (batches, rest.count > Self.longestLine ? .tooLong(line: line + 1) : nil)
    }
}
