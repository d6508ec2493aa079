import protocol Workspace.ErrorWithExitStatus
import enum Workspace.ExitStatus

/// Who may ask for what: the tokens of a file, a line each, with what they are good for.
///
///     # Whoever has it may read.
///     6f1ed002ab5595859014ebf0951522d9 read
///     f3a1c0d98e7b4fd2a4c1b5e69d7c8a10 read,push
package struct BearerTokens: Sendable {
    /// What a token is good for.
    package enum Scope: String, Sendable, CaseIterable {
        /// Asking for features, and for how the server does.
        case read
        /// Pushing rows.
        case push
    }

    /// Why a file holds no tokens.
    package struct Failure: ErrorWithExitStatus, CustomStringConvertible {
        /// The line, counted from 1; 0 for the whole file.
        let line: Int
        let reason: String
        /// What was given is wrong.
        package var exitStatus: ExitStatus { .misused }
        /// One line for people, which never shows a token.
        package var description: String {
            line == 0 ? "the file of tokens \(reason)" : "line \(line) of the file of tokens \(reason)"
        }
    }

    private let tokens: [(bytes: [UInt8], scopes: Set<Scope>)]

    /// The fewest bytes of a token, so that none can be guessed.
    private static let fewestBytes = 16

    /// Reads the text of a file.
    package init(parsing text: [UInt8]) throws(Failure) {
        var tokens: [(bytes: [UInt8], scopes: Set<Scope>)] = []
        for (index, line) in text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
            let words = line.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") || $0 == UInt8(ascii: "\r") }
            guard let token = words.first, token.first != UInt8(ascii: "#") else { continue }
            guard token.count >= Self.fewestBytes else {
                throw Failure(line: index + 1, reason: "has a token of fewer than \(Self.fewestBytes) characters")
            }
            guard words.count == 2 else { throw Failure(line: index + 1, reason: "is no 'TOKEN read,push'") }
            var scopes: Set<Scope> = []
            for word in words[1].split(separator: UInt8(ascii: ",")) {
                guard let scope = Scope(rawValue: String(decoding: word, as: UTF8.self)) else {
                    throw Failure(line: index + 1, reason: "names a scope that is neither 'read' nor 'push'")
                }
                scopes.insert(scope)
            }
            tokens.append((Array(token), scopes))
        }
        if tokens.isEmpty { throw Failure(line: 0, reason: "names none") }
        self.tokens = tokens
    }

    /// What the value of a request's field `Authorization` allows; `nil` if it is no known token.
    ///
    /// Every token is compared to its end, so that the time that it takes tells nothing of how much of one was right.
    package func scopes(authorization: String?) -> Set<Scope>? {
        guard let authorization, authorization.utf8.count > 7,
            authorization.prefix(7).lowercased() == "bearer "
        else { return nil }
        let given = Array(authorization.utf8.dropFirst(7))
        var found: Set<Scope>?
        for token in tokens where Self.areEqual(token.bytes, given) { found = token.scopes }
        return found
    }

    private static func areEqual(_ token: [UInt8], _ given: [UInt8]) -> Bool {
        var difference = UInt(bitPattern: token.count ^ given.count)
        for index in token.indices {
            difference |= UInt(token[index] ^ (index < given.count ? given[index] : 0))
        }
        return difference == 0
    }
}
