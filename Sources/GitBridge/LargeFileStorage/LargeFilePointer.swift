import ObjectStore

/// What git keeps in the place of a file of git-lfs.
///
///     version https://git-lfs.github.com/spec/v1
///     oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393
///     size 12345
struct LargeFilePointer: Hashable {
    /// The SHA-256 of the file's bytes.
    let name: ObjectID
    /// The file's size in bytes.
    let size: UInt64

    /// git-lfs writes shorter ones, and takes none longer.
    static let maximumCount = 1024

    /// Reads a pointer; `nil` for anything that git-lfs would not take for one.
    init?(parsing bytes: some Collection<UInt8>) {
        guard bytes.count < Self.maximumCount, let text = String(validating: bytes, as: UTF8.self) else { return nil }
        var values: [Substring: Substring] = [:]
        for line in text.split(separator: "\n") {
            guard let separator = line.firstIndex(of: " ") else { return nil }
            values[line[..<separator]] = line[line.index(after: separator)...]
        }
        let versions = [
            "https://git-lfs.github.com/spec/v1", "http://git-media.io/v/2", "https://hawser.github.com/spec/v1",
        ]
        guard text.hasPrefix("version "), let version = values["version"], versions.contains(String(version)),
            let oid = values["oid"], oid.hasPrefix("sha256:"), let name = ObjectID(hex: oid.dropFirst(7)),
            let size = values["size"].flatMap({ UInt64($0) }), size <= UInt64(Int64.max)
        else { return nil }
        (self.name, self.size) = (name, size)
    }
}
