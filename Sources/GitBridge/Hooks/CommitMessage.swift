/// The message of a commit as an editor gets it: text, comments that git takes out again, and perhaps a scissors line below
/// which everything goes.
package struct CommitMessage {
    private var lines: [[UInt8]]
    private let prefix: [UInt8]
    private let endsAtScissors: Bool

    /// Reads a message.
    ///
    /// - Parameters:
    ///   - commentPrefix: what a comment's line begins with; `nil` to take it from the last comment that git wrote.
    ///   - endsAtScissors: whether git keeps comments, and cuts at the scissors line only.
    package init(_ bytes: [UInt8], commentPrefix: String?, endsAtScissors: Bool) {
        lines = bytes.split(separator: 0x0a, omittingEmptySubsequences: false).map(Array.init)
        if lines.last?.isEmpty == true { lines.removeLast() }
        prefix = commentPrefix.map { Array($0.utf8) } ?? Self.chosenPrefix(lines)
        self.endsAtScissors = endsAtScissors
    }

    /// The message.
    package var bytes: [UInt8] { lines.flatMap { $0 + [0x0a] } }

    /// The character that git chose for comments: what its own lines begin with, as the last one does.
    private static func chosenPrefix(_ lines: [[UInt8]]) -> [UInt8] {
        let candidates = Array("#;@!$%^&|:".utf8)
        let last = lines.last { !$0.isEmpty }
        return [last?.first.flatMap { candidates.contains($0) ? $0 : nil } ?? UInt8(ascii: "#")]
    }

    private func isComment(_ line: [UInt8]) -> Bool { line.starts(with: prefix) }

    private var scissors: Int? {
        let line = prefix + Array(" ------------------------ >8 ------------------------".utf8)
        return lines.firstIndex(of: line)
    }

    /// Adds lines that git takes out again.
    package mutating func addComment(_ text: [String]) {
        let comment = ([""] + text).map { line in
            prefix + (line.isEmpty || line.hasPrefix("\t") ? [] : [UInt8(ascii: " ")]) + Array(line.utf8)
        }
        guard let scissors else {
            // Without the line, a comment would stay in the message.
            if !endsAtScissors { lines += comment }
            return
        }
        // Below the line and what git says about it, above the diff.
        var place = scissors + 1
        while place < lines.count, isComment(lines[place]) { place += 1 }
        lines.insert(contentsOf: comment, at: place)
    }

    /// Adds trailers to the last paragraph of the text if that holds trailers, else as a paragraph of their own.
    ///
    /// - Parameter replacing: whether trailers of that name, as an earlier run wrote them, are taken out first.
    package mutating func setTrailers(_ name: String, _ values: [String], replacing: Bool) {
        let start = Array("\(name): ".utf8)
        var end = textEnd
        if replacing {
            let first = paragraphStart(before: end)
            let kept = lines[first..<end].filter { !$0.starts(with: start) }
            // The blank line before a paragraph goes with it.
            lines.replaceSubrange((kept.isEmpty && first > 0 ? first - 1 : first)..<end, with: kept)
            end = textEnd
        }
        var trailers = values.map { start + Array($0.utf8) }
        let first = paragraphStart(before: end)
        let isTrailerBlock = first > 0 && lines[first..<end].allSatisfy(Self.isTrailer)
        if !isTrailerBlock { trailers.insert([], at: 0) }
        // An empty message keeps a line for its subject.
        if end == 0 { trailers.insert([], at: 0) }
        let hasMore = end < lines.count
        if hasMore, !lines[end].isEmpty { trailers.append([]) }
        lines.insert(contentsOf: trailers, at: end)
    }

    /// Behind the last line of the text: what follows is blank, a comment, or below the scissors.
    private var textEnd: Int {
        var end = scissors ?? lines.count
        while end > 0, lines[end - 1].isEmpty || isComment(lines[end - 1]) { end -= 1 }
        return end
    }

    private func paragraphStart(before end: Int) -> Int {
        var start = end
        while start > 0, !lines[start - 1].isEmpty { start -= 1 }
        return start
    }

    /// Whether a line is `Some-Name: value`.
    private static func isTrailer(_ line: [UInt8]) -> Bool {
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > 0, colon + 1 < line.count,
            line[colon + 1] == UInt8(ascii: " ")
        else { return false }
        return line[..<colon].allSatisfy { byte in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "-")
        }
    }
}
