import CGit2
import FileSystem

extension Repository {
    /// Whether git's ignore rules (`.gitignore`, `info/exclude`, `core.excludesFile`) hide a path.
    ///
    /// As git has it, what lies in an ignored folder is ignored, whatever rules say about it. Whether the path exists
    /// or is tracked does not matter.
    ///
    /// One rule is judged otherwise than by git, because libgit2 drops it: a negation without a wildcard, in a nested
    /// `.gitignore`, of a rule in an outer file.
    public func isIgnored(_ path: RelativePath, isDirectory: Bool) throws(GitError) -> Bool {
        _ = try requireWorkingDirectory()
        let bytes = path.bytes
        // From the outermost folder inwards: libgit2 asks from the inside out, and would let a rule bring back a file
        // whose folder is ignored.
        for (position, byte) in bytes.enumerated() where byte == UInt8(ascii: "/") {
            if try matchesIgnoreRule(bytes[...position]) { return true }
        }
        return try matchesIgnoreRule(isDirectory && !path.isRoot ? (bytes + [UInt8(ascii: "/")])[...] : bytes[...])
    }

    private func matchesIgnoreRule(_ bytes: ArraySlice<UInt8>) throws(GitError) -> Bool {
        if bytes.isEmpty { return false }
        var isIgnored: Int32 = 0
        let name = bytes.map(CChar.init(bitPattern:)) + [0]
        try check(git_ignore_path_is_ignored(&isIgnored, pointer, name), "reading the ignore rules")
        return isIgnored == 1
    }
}
