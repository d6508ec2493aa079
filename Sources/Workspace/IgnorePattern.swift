/// One line of a `.vintageignore`, taken apart: gitignore's syntax, on bytes.
///
/// A pattern is a literal beginning, compared as it is, and tokens for what follows. This is also how git compares,
/// and it shows: after a literal beginning, `**` counts as the first thing of its pattern, so `a**/b` matches `a/x/b`.
struct IgnorePattern {
    /// One step of a match. Only ``folders`` and ``everything`` go past a `/` that is not written out.
    enum Token: Sendable {
        /// This byte.
        case byte(UInt8)
        /// `?`: any byte but `/`.
        case anyByte
        /// `[…]`: a byte of a set, never `/`.
        case oneOf(ByteSet)
        /// `*`: any run of bytes without `/`.
        case star
        /// `**/`: nothing, or any run of bytes that ends in `/`.
        case folders
        /// `**` at the end of a path: anything at all.
        case everything
    }

    /// How the text is compared.
    enum Shape: Sendable {
        /// It is the literal.
        case exact
        /// It ends in the literal, as `*.csv` says.
        case suffix
        /// It begins with the literal, and the tokens match the rest.
        case tokens
    }

    var isNegated = false
    var isForFoldersOnly = false
    /// Whether the text compared is the path below the rules' folder, not only its last component.
    var isForPaths = false
    var shape = Shape.exact
    var literal: [UInt8] = []
    var tokens: [Token] = []

    /// Parses a line without its line feed; `nil` for a blank line, a comment, or what can never match.
    init?(line: ArraySlice<UInt8>) {
        if line.first == UInt8(ascii: "#") { return nil }
        var pattern = Self.withoutTrailingSpaces(line.prefix { $0 != 0 })
        if pattern.first == UInt8(ascii: "!") {
            isNegated = true
            pattern.removeFirst()
        }
        if pattern.last == UInt8(ascii: "/") {
            isForFoldersOnly = true
            pattern.removeLast()
        }
        isForPaths = pattern.contains(UInt8(ascii: "/"))
        if pattern.first == UInt8(ascii: "/") { pattern.removeFirst() }
        literal = Array(pattern.prefix { !Self.isSpecial($0) })
        guard let tokens = Self.compile(Array(pattern.dropFirst(literal.count)), isForPaths: isForPaths) else {
            return nil
        }
        self.tokens = tokens
        simplify()
        if case .exact = shape, literal.isEmpty { return nil }
    }

    /// Drops spaces at the end, of which a backslash protects one.
    private static func withoutTrailingSpaces(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var end = line.startIndex
        var index = line.startIndex
        while index < line.endIndex {
            if line[index] == UInt8(ascii: "\\") {
                index += 1
                end = min(index + 1, line.endIndex)
            } else if line[index] != UInt8(ascii: " ") {
                end = index + 1
            }
            index += 1
        }
        return line[..<end]
    }

    private static func isSpecial(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "*") || byte == UInt8(ascii: "?") || byte == UInt8(ascii: "[")
            || byte == UInt8(ascii: "\\")
    }

    /// Finds the cheaper shape of patterns that need no search.
    private mutating func simplify() {
        var literals: [UInt8] = []
        for token in tokens.reversed() {
            guard case .byte(let byte) = token else { break }
            literals.append(byte)
        }
        literals.reverse()
        if literals.count == tokens.count {
            literal += literals
            tokens = []
        } else if !isForPaths, literal.isEmpty, literals.count == tokens.count - 1, case .star = tokens[0] {
            shape = .suffix
            literal = literals
            tokens = []
        } else {
            shape = .tokens
        }
    }

    private static func compile(_ pattern: [UInt8], isForPaths: Bool) -> [Token]? {
        var tokens: [Token] = []
        var index = 0
        while index < pattern.count {
            switch pattern[index] {
            case UInt8(ascii: "\\"):
                guard index + 1 < pattern.count else { return nil }
                tokens.append(.byte(pattern[index + 1]))
                index += 2
            case UInt8(ascii: "?"):
                tokens.append(.anyByte)
                index += 1
            case UInt8(ascii: "["):
                guard let (set, end) = ByteSet.parse(pattern, at: index) else { return nil }
                tokens.append(.oneOf(set))
                index = end
            case UInt8(ascii: "*"):
                let end = pattern[index...].firstIndex { $0 != UInt8(ascii: "*") } ?? pattern.count
                let startsComponent = index == 0 || pattern[index - 1] == UInt8(ascii: "/")
                let next = pattern[end...].prefix(2)
                if end - index == 1 || !isForPaths || !startsComponent {
                    tokens.append(.star)
                    index = end
                } else if next.first == UInt8(ascii: "/") {
                    tokens.append(.folders)
                    index = end + 1
                } else if next.isEmpty || next.elementsEqual([UInt8(ascii: "\\"), UInt8(ascii: "/")]) {
                    tokens.append(.everything)
                    index = end
                } else {
                    tokens.append(.star)
                    index = end
                }
            case let byte:
                tokens.append(.byte(byte))
                index += 1
            }
        }
        return tokens
    }
}

extension IgnorePattern {
    /// Whether tokens match all of a text.
    ///
    /// A mismatch goes back to the last `*` only, or where that may not grow, to the last `**`: what lies between two
    /// of them has one way to match once the place of its `/` is known, so that no older star need be tried again.
    /// Complexity: at most tokens × text², in practice one pass.
    static func matches(_ tokens: UnsafeBufferPointer<Token>, _ text: UnsafeBufferPointer<UInt8>) -> Bool {
        let slash = UInt8(ascii: "/")
        var token = 0
        var place = 0
        var afterStar = -1
        var starEnd = 0
        var afterDeepStar = -1
        var deepStarEnd = 0
        var isDeepStarOfFolders = false
        while true {
            if token == tokens.count {
                if place == text.count { return true }
            } else {
                switch tokens[token] {
                case .byte(let byte):
                    if place < text.count && text[place] == byte {
                        token += 1
                        place += 1
                        continue
                    }
                case .anyByte:
                    if place < text.count && text[place] != slash {
                        token += 1
                        place += 1
                        continue
                    }
                case .oneOf(let set):
                    if place < text.count && set.contains(text[place]) {
                        token += 1
                        place += 1
                        continue
                    }
                case .star:
                    token += 1
                    afterStar = token
                    starEnd = place
                    continue
                case .folders, .everything:
                    if case .folders = tokens[token] {
                        isDeepStarOfFolders = true
                    } else {
                        isDeepStarOfFolders = false
                    }
                    token += 1
                    if token == tokens.count && !isDeepStarOfFolders { return true }
                    afterDeepStar = token
                    deepStarEnd = place
                    afterStar = -1
                    continue
                }
            }
            if afterStar >= 0 && starEnd < text.count && text[starEnd] != slash {
                starEnd += 1
                token = afterStar
                place = starEnd
                continue
            }
            guard afterDeepStar >= 0 else { return false }
            if isDeepStarOfFolders {
                while deepStarEnd < text.count && text[deepStarEnd] != slash { deepStarEnd += 1 }
            }
            deepStarEnd += 1
            if deepStarEnd > text.count { return false }
            afterStar = -1
            token = afterDeepStar
            place = deepStarEnd
        }
    }
}
