import ObjectStore

/// The text that says what a remote is: its format's version, its identity, and how the stores that push to it cut files.
///
///     vintage remote 1
///     id 8d3f0c…
///     chunking fastcdc 32768 65536 262144
///     checksum 6b86b273ff34fce1…
public struct RemoteDescription: Hashable, Sendable {
    /// A random id that tells one remote from another in the same place.
    public let id: ObjectID
    /// How a new clone's store should cut files, so that equal content is found to be stored already.
    public let parameters: ChunkingParameters

    /// Describes a new remote.
    init(parameters: ChunkingParameters) {
        var generator = SystemRandomNumberGenerator()
        id = ObjectID(of: (0..<32).map { _ in UInt8.random(in: 0...255, using: &generator) })
        self.parameters = parameters
    }

    func encoded() -> [UInt8] {
        let sizes = "\(parameters.minimum) \(parameters.average) \(parameters.maximum)"
        let text = "vintage remote 1\nid \(id)\nchunking fastcdc \(sizes)\n"
        return Array(text.utf8) + Array("checksum \(ObjectID(of: Array(text.utf8)))\n".utf8)
    }

    init(decoding bytes: [UInt8]) throws(DecodingFailure) {
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
        guard lines.first == "vintage remote 1" else {
            throw DecodingFailure("it is not of version 1; use the version of vintage that made it")
        }
        let words = lines.dropFirst().prefix(2).map { $0.split(separator: " ") }
        guard words.count == 2, words[0].count == 2, let id = ObjectID(hex: words[0][1]), words[1].count == 5,
            let minimum = Int(words[1][2]), let average = Int(words[1][3]), let maximum = Int(words[1][4]),
            let parameters = try? ChunkingParameters(minimum: minimum, average: average, maximum: maximum)
        else { throw DecodingFailure("its description is damaged") }
        self.id = id
        self.parameters = parameters
        guard encoded() == bytes else { throw DecodingFailure("its description's checksum does not match") }
    }
}

extension Remote {
    /// Reads what the remote says of itself.
    ///
    /// - Returns: `nil` if nothing is there yet.
    /// - Throws: ``RemoteError/unreadableFormat(location:reason:)``.
    public func remoteDescription() throws(RemoteError) -> RemoteDescription? {
        guard let bytes = try contents(RemoteLayout.description, limit: 4096) else { return nil }
        do throws(DecodingFailure) {
            return try RemoteDescription(decoding: bytes)
        } catch {
            throw .unreadableFormat(location: location, reason: error.reason)
        }
    }

    /// Reads what the remote says of itself, or makes it a remote.
    func describe(parameters: ChunkingParameters) throws(RemoteError) -> RemoteDescription {
        try prepare()
        if let description = try remoteDescription() { return description }
        try create(RemoteLayout.description, RemoteDescription(parameters: parameters).encoded())
        // Another may have been first.
        guard let description = try remoteDescription() else { throw .notARemote(location: location) }
        return description
    }
}
