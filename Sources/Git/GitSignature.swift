import CGit2

/// Who made something, and when.
public struct GitSignature: Hashable, Sendable {
    /// The person's name.
    public var name: String
    /// The person's email address.
    public var email: String
    /// The time, in seconds since 1970-01-01T00:00:00Z.
    public var seconds: Int64
    /// The person's offset from UTC at that time, in minutes east.
    public var offsetMinutes: Int

    /// Takes the parts as they are.
    public init(name: String, email: String, seconds: Int64, offsetMinutes: Int) {
        self.name = name
        self.email = email
        self.seconds = seconds
        self.offsetMinutes = offsetMinutes
    }

    /// The offset from UTC as git writes it, such as `+0530`.
    var zone: String {
        let (hours, minutes) = abs(offsetMinutes).quotientAndRemainder(dividingBy: 60)
        let digits = [hours / 10, hours % 10, minutes / 10, minutes % 10].map { "\($0)" }.joined()
        return (offsetMinutes < 0 ? "-" : "+") + digits
    }

    init(_ raw: git_signature) {
        name = raw.name.map { String(cString: $0) } ?? ""
        email = raw.email.map { String(cString: $0) } ?? ""
        seconds = raw.when.time
        offsetMinutes = Int(raw.when.offset)
    }

    /// Calls `body` with libgit2's form of the signature, which lives as long as the call.
    func withPointer<Result>(
        _ body: (UnsafeMutablePointer<git_signature>) throws(GitError) -> Result
    ) throws(GitError) -> Result {
        var pointer: UnsafeMutablePointer<git_signature>?
        let code = git_signature_new(&pointer, Self.cleaned(name), Self.cleaned(email), seconds, Int32(offsetMinutes))
        defer { git_signature_free(pointer) }
        guard code == 0, let pointer else { throw .noIdentity }
        return try body(pointer)
    }

    /// The text without the characters that delimit a signature in a commit.
    private static func cleaned(_ text: String) -> String {
        String(decoding: text.utf8.filter { !["<", ">", "\n", "\0"].contains(UnicodeScalar($0)) }, as: UTF8.self)
    }
}

/// The two people of a commit.
public enum GitRole: Sendable {
    /// The one who wrote the change.
    case author
    /// The one who put it into the repository.
    case committer
}
