import TextFormats

/// Tensors by name, as the format `safetensors` keeps them: a length, a header in JSON, and the values.
///
///     let file = try SafetensorsFile(parsing: bytes, name: "weights.safetensors")
///     let weights = try file.floats("layer.0.weight", shape: [28, 64])
///
/// A file is taken from anybody, so everything that it says is checked before anything is made of it: the values of all
/// tensors lie one after another, without a gap and without an overlap, and are exactly the rest of the file.
public struct SafetensorsFile: Sendable {
    /// What messages call it.
    public let name: String
    /// Named texts that stand beside the tensors.
    public let metadata: [String: String]
    /// The tensors, in the order of their values.
    public let tensors: [TensorDescription]
    private let bytes: [UInt8]
    private let start: Int
    private let places: [String: Int]

    /// How many bytes of header are read at most; that is enough for a hundred thousand tensors.
    public static let largestHeader = 1 << 24

    /// Takes the bytes of a file.
    ///
    /// - Parameter name: what messages call it.
    /// - Throws: ``SafetensorsError`` for what is no such file, or a damaged one.
    public init(parsing bytes: [UInt8], name: String) throws(SafetensorsError) {
        self.bytes = bytes
        self.name = name
        func failure(_ problem: SafetensorsError.Problem) -> SafetensorsError {
            SafetensorsError(file: name, problem: problem)
        }
        guard bytes.count >= 8 else { throw failure(.truncatedHeader(size: bytes.count, needed: 8)) }
        let length = bytes.withUnsafeBytes { UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self)) }
        if length > UInt64(Self.largestHeader) { throw failure(.headerTooLarge(length)) }
        start = 8 + Int(length)
        if start > bytes.count { throw failure(.truncatedHeader(size: bytes.count, needed: UInt64(start))) }
        let header: JSON
        do {
            header = try JSON(parsing: bytes[8..<start])
        } catch {
            throw failure(.malformedHeader(error.description))
        }
        guard case .object(let object) = header else { throw failure(.malformedHeader("it is no JSON object")) }
        var metadata: [String: String]?
        var tensors: [TensorDescription] = []
        for (key, value) in object.members {
            if key == "__metadata__" {
                if metadata != nil { throw failure(.malformedHeader("'__metadata__' is there twice")) }
                guard let texts = Self.texts(value) else {
                    throw failure(.malformedHeader("'__metadata__' is no object of texts, each once"))
                }
                metadata = texts
            } else {
                do {
                    tensors.append(try Self.tensor(key, value))
                } catch {
                    throw failure(error.problem)
                }
            }
        }
        self.metadata = metadata ?? [:]
        tensors.sort { ($0.bytes.lowerBound, $0.bytes.upperBound) < ($1.bytes.lowerBound, $1.bytes.upperBound) }
        var end = 0
        var places: [String: Int] = [:]
        for (place, tensor) in tensors.enumerated() {
            if places.updateValue(place, forKey: tensor.name) != nil {
                throw failure(.malformedTensor(tensor.name, reason: "it is there twice"))
            }
            if tensor.bytes.lowerBound < end { throw failure(.overlap(tensors[place - 1].name, tensor.name)) }
            if tensor.bytes.lowerBound > end { throw failure(.gap(before: tensor.name)) }
            end = tensor.bytes.upperBound
        }
        let size = bytes.count - start
        if end > size { throw failure(.truncatedData(size: size, needed: end)) }
        if end < size { throw failure(.excessData(size - end)) }
        self.tensors = tensors
        self.places = places
    }

    // MARK: The header

    private static func texts(_ value: JSON) -> [String: String]? {
        guard case .object(let object) = value else { return nil }
        var texts: [String: String] = [:]
        for (key, value) in object.members {
            guard let text = value.string, texts.updateValue(text, forKey: key) == nil else { return nil }
        }
        return texts
    }

    /// What is wrong, until the file's name is put to it.
    private struct Refusal: Error { let problem: SafetensorsError.Problem }

    private static func tensor(_ name: String, _ value: JSON) throws(Refusal) -> TensorDescription {
        func refusal(_ reason: String) -> Refusal { Refusal(problem: .malformedTensor(name, reason: reason)) }
        guard case .object(let object) = value else { throw refusal("it is no object") }
        let keys = object.members.map(\.key).sorted()
        guard keys == ["data_offsets", "dtype", "shape"] else {
            throw refusal("it has not just 'dtype', 'shape' and 'data_offsets', each once")
        }
        guard let typeName = object["dtype"].string, let type = TensorType(rawValue: typeName) else {
            throw refusal("its 'dtype' is none that is known")
        }
        guard let shape = sizes(object["shape"]) else { throw refusal("its 'shape' is no list of sizes") }
        guard let offsets = sizes(object["data_offsets"]), offsets.count == 2, offsets[0] <= offsets[1] else {
            throw refusal("its 'data_offsets' are not a begin and an end")
        }
        var expected = type.byteWidth
        for length in shape {
            let (product, isOver) = expected.multipliedReportingOverflow(by: length)
            if isOver { throw refusal("its 'shape' is larger than any memory") }
            expected = product
        }
        let bytes = offsets[0]..<offsets[1]
        if bytes.count != expected {
            throw Refusal(problem: .wrongSize(name, bytes: bytes.count, expected: expected))
        }
        return TensorDescription(name: name, type: type, shape: shape, bytes: bytes)
    }

    private static func sizes(_ value: JSON) -> [Int]? {
        guard let elements = value.elements else { return nil }
        var sizes: [Int] = []
        for element in elements {
            guard let count = element.count, let size = Int(exactly: count) else { return nil }
            sizes.append(size)
        }
        return sizes
    }

    // MARK: Values

    /// What the file says of a tensor; `nil` if it has none of that name.
    public subscript(name: String) -> TensorDescription? { places[name].map { tensors[$0] } }

    /// Calls `body` with the bytes of a tensor.
    ///
    /// - Throws: ``SafetensorsError`` if there is no tensor of that name.
    public func withBytes<Result>(
        of tensor: String, _ body: (UnsafeRawBufferPointer) -> Result
    ) throws(SafetensorsError) -> Result {
        guard let found = self[tensor] else { throw SafetensorsError(file: name, problem: .noTensor(tensor)) }
        let range = (start + found.bytes.lowerBound)..<(start + found.bytes.upperBound)
        return bytes.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[range])) }
    }

    /// The values of a tensor of type `F32`, `F16` or `BF16`.
    ///
    /// - Parameters:
    ///   - shape: the shape that it must have.
    ///   - type: the type that it must have.
    ///   - allowsNonFinite: whether infinities and what is no number are taken.
    /// - Throws: ``SafetensorsError`` if it is not there, is another, or has values that are not allowed.
    public func floats(
        _ tensor: String, shape: [Int], type: TensorType = .float32, allowsNonFinite: Bool = false
    ) throws(SafetensorsError) -> [Float] {
        if let found = self[tensor], found.type != type || found.shape != shape {
            throw SafetensorsError(
                file: name,
                problem: .unexpected(
                    tensor, found: "\(found.type.rawValue)\(found.shape)", expected: "\(type.rawValue)\(shape)"))
        }
        let values = try withBytes(of: tensor) { bytes in
            (0..<bytes.count / type.byteWidth).map { type.float(bytes, index: $0) }
        }
        if !allowsNonFinite, let index = values.firstIndex(where: { !$0.isFinite }) {
            throw SafetensorsError(file: name, problem: .notFinite(tensor, index: index))
        }
        return values
    }

    /// The values of a tensor of whole numbers, in one dimension.
    ///
    /// - Parameters:
    ///   - type: the type that it must have, as wide as the result's numbers.
    ///   - count: how many there must be; any number by default.
    /// - Throws: ``SafetensorsError`` if it is not there, or is another.
    package func integers<Number: FixedWidthInteger>(
        _ tensor: String, _ type: TensorType, count: Int? = nil
    ) throws(SafetensorsError) -> [Number] {
        precondition(type.byteWidth == MemoryLayout<Number>.size, "numbers are as wide as the tensor's")
        if let found = self[tensor],
            found.type != type || found.shape.count != 1 || (count != nil && found.count != count)
        {
            throw SafetensorsError(
                file: name,
                problem: .unexpected(
                    tensor, found: "\(found.type.rawValue)\(found.shape)",
                    expected: "\(type.rawValue)[\(count.map(String.init) ?? "…")]"))
        }
        return try withBytes(of: tensor) { bytes in
            (0..<bytes.count / type.byteWidth).map {
                Number(littleEndian: bytes.loadUnaligned(fromByteOffset: $0 * type.byteWidth, as: Number.self))
            }
        }
    }
}
