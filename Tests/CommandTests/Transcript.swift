/// A session with the command as one would see it in a terminal: what was typed, and what it printed.
///
///     # Comments are for the reader.
///     $ vintage status
///     On branch main
///     $ vintage log -n 1 |
///     > head -1
///     commit <id>
///     $ vintage add
///     vintage: missing expected argument '<paths> ...'; see 'vintage add --help'
///     [2]
///
/// A line `[2]` is the exit status where it is not 0. In a printed line `<id>` stands for hexadecimal digits, `<size>` for
/// a number of bytes, `<date>` for a date, `<time>` for a date and a time, and `<*>` for anything; a line `...` stands for
/// any number of lines.
struct Transcript: Sendable {
    /// One command and what is expected of it.
    struct Step: Sendable {
        /// The number of its first line, from 1.
        let line: Int
        /// What was typed.
        var command: String
        /// The lines it prints, on standard output and standard error.
        var expected: [String] = []
        /// Its exit status.
        var status: Int32 = 0
    }

    /// The commands, in order.
    let steps: [Step]

    /// Reads a transcript.
    init(parsing text: String) {
        var steps: [Step] = []
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            if line.hasPrefix("$ ") {
                steps.append(Step(line: index + 1, command: String(line.dropFirst(2))))
            } else if line.hasPrefix("> "), let last = steps.indices.last, steps[last].expected.isEmpty {
                steps[last].command += "\n" + line.dropFirst(2)
            } else if line.hasPrefix("#") {
                continue
            } else if let status = Self.status(line), let last = steps.indices.last {
                steps[last].status = status
            } else if let last = steps.indices.last {
                steps[last].expected.append(String(line))
            }
        }
        // Blank lines before a comment or at the end belong to the file, not to what is printed.
        for index in steps.indices {
            while steps[index].expected.last == "" { steps[index].expected.removeLast() }
        }
        self.steps = steps
    }

    private static func status(_ line: Substring) -> Int32? {
        guard line.first == "[", line.last == "]" else { return nil }
        return Int32(line.dropFirst().dropLast())
    }
}

/// Tells whether printed lines are the expected ones.
enum Expectation {
    /// Whether the lines match; a line `...` stands for any number of them.
    static func matches(_ printed: some Collection<String>, _ expected: some Collection<String>) -> Bool {
        guard let first = expected.first else { return printed.isEmpty }
        let rest = expected.dropFirst()
        if first == "..." {
            var printed = printed[...]
            while true {
                if matches(printed, rest) { return true }
                if printed.popFirst() == nil { return false }
            }
        }
        guard let line = printed.first, matches(line: Substring(line), Substring(first)) else { return false }
        return matches(printed.dropFirst(), rest)
    }

    private static func matches(line: Substring, _ pattern: Substring) -> Bool {
        guard let wildcard = nextWildcard(in: pattern) else { return line == pattern }
        let (name, before, after) = wildcard
        guard line.hasPrefix(before) else { return false }
        let rest = line.dropFirst(before.count)
        return lengths(of: name, at: rest).contains { matches(line: rest.dropFirst($0), after) }
    }

    private static let names = ["<id>", "<size>", "<date>", "<time>", "<*>"]

    private static func nextWildcard(in pattern: Substring) -> (name: String, Substring, Substring)? {
        let found = names.compactMap { name in pattern.firstRange(of: name).map { (name, $0) } }
        guard let (name, range) = found.min(by: { $0.1.lowerBound < $1.1.lowerBound }) else { return nil }
        return (name, pattern[..<range.lowerBound], pattern[range.upperBound...])
    }

    /// The numbers of characters that a wildcard may stand for, the longest first.
    private static func lengths(of name: String, at text: Substring) -> [Int] {
        func length(_ match: Substring?) -> [Int] { match.map { [$0.count] } ?? [] }
        return switch name {
        case "<id>": length(text.prefixMatch(of: /[0-9a-f]{7,64}/)?.output)
        case "<size>": length(text.prefixMatch(of: /[0-9]+(\.[0-9])? ([kMGT]?B)/)?.output.0)
        case "<date>": length(text.prefixMatch(of: /[0-9]{4}-[0-9]{2}-[0-9]{2}/)?.output)
        case "<time>":
            length(text.prefixMatch(of: /[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9:]{8} ?(Z|[+-][0-9:]{4,5})/)?.output.0)
        default: Array((0...text.count).reversed())
        }
    }
}
