import CGit2

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

extension Repository {
    /// The signature git would put into a commit.
    ///
    /// The name and address come from `GIT_AUTHOR_NAME` and `GIT_AUTHOR_EMAIL` (or those of the committer), else from
    /// `author.name`, `author.email`, else from `user.name`, `user.email`, else, for the address, from `EMAIL`. The time
    /// is `GIT_AUTHOR_DATE`, else now.
    ///
    /// - Parameters:
    ///   - role: Whose signature.
    ///   - seconds: The time in seconds since 1970, where the caller knows it better.
    /// - Throws: ``GitError/noIdentity``, ``GitError/invalidDate(variable:value:)``.
    public func defaultSignature(_ role: GitRole, seconds: Int64? = nil) throws(GitError) -> GitSignature {
        let variable = role == .author ? "GIT_AUTHOR" : "GIT_COMMITTER"
        guard let name = try identity("name", role), let email = try identity("email", role) else { throw .noIdentity }
        var time = GitTime(seconds: seconds ?? GitTime.now)
        if seconds == nil, let text = environment.text("\(variable)_DATE") {
            guard let given = GitTime(parsing: text) else {
                throw .invalidDate(variable: "\(variable)_DATE", value: text)
            }
            time = given
        }
        return GitSignature(name: name, email: email, seconds: time.seconds, offsetMinutes: time.offsetMinutes)
    }

    /// The committer for a reference's log, where a missing identity is no reason to stop.
    func logSignature() throws(GitError) -> GitSignature {
        do {
            return try defaultSignature(.committer)
        } catch .noIdentity {
            let time = GitTime(seconds: GitTime.now)
            return GitSignature(
                name: "unknown", email: "unknown", seconds: time.seconds, offsetMinutes: time.offsetMinutes)
        }
    }

    private func identity(_ part: String, _ role: GitRole) throws(GitError) -> String? {
        let section = role == .author ? "author" : "committer"
        if let given = environment.text("GIT_\(section.uppercased())_\(part.uppercased())") { return given }
        for key in ["\(section).\(part)", "user.\(part)"] {
            if let value = try configValue(key), !value.isEmpty { return value }
        }
        return part == "email" ? environment.text("EMAIL") : nil
    }
}
