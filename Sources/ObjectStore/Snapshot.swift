import FileSystem

/// An immutable version of one artifact: what it holds, when and how it was made, and what it came from.
///
/// Snapshots form one Merkle graph: parents are the artifact's history, inputs are its lineage.
public struct Snapshot: Hashable, Sendable {
    /// Another artifact's snapshot that this one was made from.
    public struct Input: Hashable, Sendable {
        /// The path of the other artifact.
        public let artifact: RelativePath
        /// Its snapshot.
        public let snapshot: ObjectID

        /// Names an input.
        public init(artifact: RelativePath, snapshot: ObjectID) {
            self.artifact = artifact
            self.snapshot = snapshot
        }
    }

    /// How a snapshot came to be.
    public struct Provenance: Hashable, Sendable {
        /// Who made it, as `Name <address>`.
        public var author = ""
        /// Why, in the words given to `commit -m`.
        public var message = ""
        /// The command that made it.
        public var command = ""
        /// The code's git commit, in hexadecimal; empty without git.
        public var codeCommit = ""
        /// Further named values, such as a training run's settings.
        public var parameters: [String: String] = [:]

        /// A provenance of which nothing is known.
        public init() {}
    }

    /// The artifact's path in its workspace.
    public var artifact: RelativePath
    /// What it holds.
    public var root: Node
    /// When it was made, in seconds since 1970.
    public var time: Int64
    /// The maker's time zone, in minutes east of UTC.
    public var offsetMinutes: Int32
    /// The versions it follows: none for the first, two for a merge.
    public var parents: [ObjectID]
    /// The other artifacts it was made from.
    public var inputs: [Input]
    /// How it came to be.
    public var provenance: Provenance

    /// Describes a version.
    public init(
        artifact: RelativePath, root: Node, time: Int64, offsetMinutes: Int32 = 0, parents: [ObjectID] = [],
        inputs: [Input] = [], provenance: Provenance = Provenance()
    ) {
        self.artifact = artifact
        self.root = root
        self.time = time
        self.offsetMinutes = offsetMinutes
        self.parents = parents
        self.inputs = inputs
        self.provenance = provenance
    }

    package func encoded() -> [UInt8] {
        var encoder = Encoder()
        encoder.append(fixed: "vintage snapshot 1\n")
        encoder.append(counted: artifact.bytes)
        root.encode(into: &encoder)
        encoder.append(signed: time)
        encoder.append(signed: Int64(offsetMinutes))
        encoder.append(number: UInt64(parents.count))
        for parent in parents { encoder.append(parent) }
        encoder.append(number: UInt64(inputs.count))
        for input in inputs {
            encoder.append(counted: input.artifact.bytes)
            encoder.append(input.snapshot)
        }
        encoder.append(counted: Array(provenance.author.utf8))
        encoder.append(counted: Array(provenance.message.utf8))
        encoder.append(counted: Array(provenance.command.utf8))
        encoder.append(counted: Array(provenance.codeCommit.utf8))
        let parameters = provenance.parameters.sorted { Array($0.key.utf8).lexicographicallyPrecedes($1.key.utf8) }
        encoder.append(number: UInt64(parameters.count))
        for (name, value) in parameters {
            encoder.append(counted: Array(name.utf8))
            encoder.append(counted: Array(value.utf8))
        }
        return encoder.bytes
    }

    package init(decoding bytes: [UInt8]) throws(DecodingFailure) {
        var decoder = Decoder(bytes)
        try decoder.expect("vintage snapshot 1\n")
        artifact = try Self.path(try decoder.counted())
        root = try Node(decoding: &decoder)
        time = try decoder.signed()
        guard let offset = Int32(exactly: try decoder.signed()), Self.offsets.contains(offset) else {
            throw DecodingFailure("its time zone is out of range")
        }
        offsetMinutes = offset
        parents = []
        for _ in 0..<(try decoder.count()) { parents.append(try decoder.id()) }
        inputs = []
        for _ in 0..<(try decoder.count()) {
            inputs.append(Input(artifact: try Self.path(try decoder.counted()), snapshot: try decoder.id()))
        }
        provenance = Provenance()
        provenance.author = try decoder.text()
        provenance.message = try decoder.text()
        provenance.command = try decoder.text()
        provenance.codeCommit = try decoder.text()
        var last: String?
        for _ in 0..<(try decoder.count()) {
            let name = try decoder.text()
            if let last, !Array(last.utf8).lexicographicallyPrecedes(name.utf8) {
                throw DecodingFailure("its parameters are not in order")
            }
            last = name
            provenance.parameters[name] = try decoder.text()
        }
        try decoder.end()
    }

    /// What git can write as an offset, in minutes.
    private static let offsets: ClosedRange<Int32> = -(99 * 60 + 59)...(99 * 60 + 59)

    private static func path(_ bytes: [UInt8]) throws(DecodingFailure) -> RelativePath {
        guard let path = try? RelativePath(bytes: bytes) else {
            throw DecodingFailure("its artifact's path is not valid")
        }
        for component in path.components {
            if let reason = reasonRefused(Array(component)) { throw DecodingFailure(reason) }
        }
        return path
    }
}
