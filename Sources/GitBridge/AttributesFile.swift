import FileSystem

/// A file of git's attributes, edited line by line: what is not ours stays as it is.
package struct AttributesFile {
    /// What a line says that has its files tracked.
    static let tracking = "filter=vintage diff=vintage merge=vintage -text"

    private var lines: [[UInt8]]

    package init(parsing text: [UInt8]) {
        lines = text.split(separator: 0x0a, omittingEmptySubsequences: false).map(Array.init)
        if lines.last?.isEmpty == true { lines.removeLast() }
    }

    package func encoded() -> [UInt8] {
        lines.isEmpty ? [] : Array(lines.joined(separator: [0x0a])) + [0x0a]
    }

    func hasLine(_ line: String) -> Bool { lines.contains(Array(line.utf8)) }

    mutating func append(line: [UInt8]) { lines.append(line) }

    /// The patterns whose files are tracked.
    package var patterns: [[UInt8]] { lines.compactMap(Self.pattern) }

    /// Has a pattern's files tracked.
    ///
    /// - Returns: `false` if they were.
    package mutating func track(_ pattern: [UInt8]) -> Bool {
        if patterns.contains(pattern) { return false }
        lines.append(Self.escaped(pattern) + Array(" \(Self.tracking)".utf8))
        return true
    }

    /// Takes a pattern away.
    ///
    /// - Returns: `false` if it was not there.
    package mutating func untrack(_ pattern: [UInt8]) -> Bool {
        let count = lines.count
        lines.removeAll { Self.pattern($0) == pattern }
        return lines.count != count
    }

    /// Hands to Vintage what lines hand to git-lfs.
    mutating func takeOverFromLargeFileStorage() {
        let names = ["filter", "diff", "merge"]
        lines = lines.map { line in
            guard line.first != UInt8(ascii: "#") else { return line }
            // Blanks between attributes are kept as they are.
            let words = line.split(omittingEmptySubsequences: false) { $0 == 0x20 || $0 == 0x09 }
            let separators = line.filter { $0 == 0x20 || $0 == 0x09 }
            var changed: [UInt8] = []
            for (index, word) in words.enumerated() {
                if index > 0 { changed.append(separators[index - 1]) }
                let isCarriageReturn = word.last == 0x0d
                let name = names.first { (isCarriageReturn ? word.dropLast() : word).elementsEqual("\($0)=lfs".utf8) }
                changed += name.map { Array("\($0)=vintage".utf8) + (isCarriageReturn ? [0x0d] : []) } ?? Array(word)
            }
            return changed
        }
    }

    /// The pattern of a line that has its files tracked.
    private static func pattern(_ line: [UInt8]) -> [UInt8]? {
        let text = line.last == 0x0d ? line.dropLast() : line[...]
        let isBlank = { (byte: UInt8) in byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
        let start = text.drop(while: isBlank)
        // `[attr]` defines a macro; a pattern may begin with a bracket too.
        guard let first = start.first, first != UInt8(ascii: "#"), !start.starts(with: "[attr]".utf8) else {
            return nil
        }
        return split(start, isBlank)
    }

    private static func split(_ line: ArraySlice<UInt8>, _ isBlank: (UInt8) -> Bool) -> [UInt8]? {
        let end = line.firstIndex(where: isBlank) ?? line.endIndex
        let attributes = line[end...].split(whereSeparator: isBlank)
        guard attributes.contains(where: { $0.elementsEqual("filter=vintage".utf8) }) else { return nil }
        return unescaped(line[..<end])
    }

    private static let blank = Array("[[:space:]]".utf8)

    /// A pattern as it stands in a line. Quotes would do for git, but other readers of the file do not know them.
    private static func escaped(_ pattern: [UInt8]) -> [UInt8] {
        var escaped: [UInt8] = []
        for (index, byte) in pattern.enumerated() {
            switch byte {
            case UInt8(ascii: " "), UInt8(ascii: "\t"): escaped += blank
            case UInt8(ascii: "#") where index == 0: escaped += [UInt8(ascii: "\\"), byte]
            case UInt8(ascii: "\"") where index == 0: escaped += Array("[\"]".utf8)
            default: escaped.append(byte)
            }
        }
        return escaped
    }

    private static func unescaped(_ text: ArraySlice<UInt8>) -> [UInt8] {
        var pattern: [UInt8] = []
        var rest = text.starts(with: "\\#".utf8) ? text.dropFirst() : text
        if rest.starts(with: #"["]"#.utf8) {
            pattern.append(UInt8(ascii: "\""))
            rest = rest.dropFirst(3)
        }
        while let byte = rest.first {
            if rest.starts(with: blank) {
                pattern.append(UInt8(ascii: " "))
                rest = rest.dropFirst(blank.count)
            } else {
                pattern.append(byte)
                rest = rest.dropFirst()
            }
        }
        return pattern
    }
}
