import TextFormats

/// Puts a file of tensors together.
///
///     var writer = SafetensorsWriter(metadata: ["format": "vintage"])
///     writer.add("bias", shape: [4], [0, 0, 0, 1])
///     let bytes = writer.bytes()
///
/// The same tensors give the same bytes, in whatever order they come.
public struct SafetensorsWriter {
    private var tensors: [(name: String, type: TensorType, shape: [Int], bytes: [UInt8])] = []
    private let metadata: [String: String]

    /// A file without tensors.
    ///
    /// - Parameter metadata: named texts that stand beside the tensors.
    public init(metadata: [String: String] = [:]) { self.metadata = metadata }

    /// Adds a tensor of type `F32`, or of `F16` or `BF16` with the nearest numbers that it has.
    ///
    /// - Parameters:
    ///   - name: a name that no other tensor has, nor `__metadata__`.
    ///   - values: as many as the shape has, its last dimension the fastest.
    public mutating func add(
        _ name: String, shape: [Int], as type: TensorType = .float32, _ values: some Collection<Float>
    ) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(values.count * type.byteWidth)
        for value in values { bytes += type.bytes(of: value) }
        add(name, type, shape: shape, bytes)
    }

    /// Adds a tensor of any type, its values little-endian.
    public mutating func add(_ name: String, _ type: TensorType, shape: [Int], _ bytes: [UInt8]) {
        precondition(bytes.count == shape.reduce(type.byteWidth, *), "the values are not as many as the shape has")
        precondition(name != "__metadata__" && !tensors.contains { $0.name == name }, "a tensor's name is its own")
        tensors.append((name, type, shape, bytes))
    }

    /// The file.
    public func bytes() -> [UInt8] {
        // The widest values first, so that each lies at a multiple of its width.
        let ordered = tensors.sorted { left, right in
            if left.type.byteWidth != right.type.byteWidth { return left.type.byteWidth > right.type.byteWidth }
            return left.name.utf8.lexicographicallyPrecedes(right.name.utf8)
        }
        var header = JSONObject()
        if !metadata.isEmpty {
            var texts = JSONObject()
            for (key, text) in metadata.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
                texts[key] = .string(text)
            }
            header["__metadata__"] = .object(texts)
        }
        var end = 0
        for tensor in ordered {
            var description = JSONObject()
            description["dtype"] = .string(tensor.type.rawValue)
            description["shape"] = JSON(tensor.shape) { JSON($0) }
            description["data_offsets"] = .array([JSON(end), JSON(end + tensor.bytes.count)])
            header[tensor.name] = .object(description)
            end += tensor.bytes.count
        }
        var text = Array(JSON.object(header).line.utf8)
        // Blanks may follow the header; with them the values begin at a multiple of eight.
        text.append(contentsOf: repeatElement(UInt8(ascii: " "), count: (8 - text.count % 8) % 8))
        var bytes: [UInt8] = []
        bytes.reserveCapacity(8 + text.count + end)
        withUnsafeBytes(of: UInt64(text.count).littleEndian) { bytes.append(contentsOf: $0) }
        bytes += text
        for tensor in ordered { bytes += tensor.bytes }
        return bytes
    }
}
