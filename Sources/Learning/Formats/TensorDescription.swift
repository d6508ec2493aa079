/// How the values of a tensor are written, little-endian, by the name that the format has for it.
public enum TensorType: String, Sendable, Hashable, CaseIterable {
    /// True or false, a byte each.
    case boolean = "BOOL"
    /// Whole numbers of 8 bits.
    case uint8 = "U8"
    /// Whole numbers of 8 bits with a sign.
    case int8 = "I8"
    /// Numbers of 8 bits, five of them for the exponent.
    case float8E5M2 = "F8_E5M2"
    /// Numbers of 8 bits, four of them for the exponent.
    case float8E4M3 = "F8_E4M3"
    /// Whole numbers of 16 bits with a sign.
    case int16 = "I16"
    /// Whole numbers of 16 bits.
    case uint16 = "U16"
    /// Numbers of half precision.
    case float16 = "F16"
    /// Numbers of single precision without their last 16 bits.
    case bfloat16 = "BF16"
    /// Whole numbers of 32 bits with a sign.
    case int32 = "I32"
    /// Whole numbers of 32 bits.
    case uint32 = "U32"
    /// Numbers of single precision.
    case float32 = "F32"
    /// Numbers of double precision.
    case float64 = "F64"
    /// Whole numbers of 64 bits with a sign.
    case int64 = "I64"
    /// Whole numbers of 64 bits.
    case uint64 = "U64"

    /// How many bytes a value takes.
    public var byteWidth: Int {
        switch self {
        case .boolean, .uint8, .int8, .float8E5M2, .float8E4M3: 1
        case .int16, .uint16, .float16, .bfloat16: 2
        case .int32, .uint32, .float32: 4
        case .float64, .int64, .uint64: 8
        }
    }
}

extension TensorType {
    /// A number as the type keeps it, the nearest there is, half to even.
    func bytes(of number: Float) -> [UInt8] {
        func bytes(_ bits: some FixedWidthInteger) -> [UInt8] { withUnsafeBytes(of: bits.littleEndian) { Array($0) } }
        switch self {
        case .float32: return bytes(number.bitPattern)
        case .float16: return bytes(Float16(number).bitPattern)
        case .bfloat16:
            let bits = number.bitPattern
            if number.isNaN { return bytes(UInt16(truncatingIfNeeded: bits >> 16) | 0x40) }
            return bytes(UInt16(truncatingIfNeeded: (bits + 0x7fff + (bits >> 16 & 1)) >> 16))
        default: preconditionFailure("numbers of single precision are kept in 16 bits or in 32")
        }
    }

    /// The number that lies at a place of a tensor's bytes.
    func float(_ bytes: UnsafeRawBufferPointer, index: Int) -> Float {
        func bits<Bits: FixedWidthInteger>(_ type: Bits.Type) -> Bits {
            Bits(littleEndian: bytes.loadUnaligned(fromByteOffset: index * byteWidth, as: type))
        }
        switch self {
        case .float32: return Float(bitPattern: bits(UInt32.self))
        case .float16: return Float(Float16(bitPattern: bits(UInt16.self)))
        case .bfloat16: return Float(bitPattern: UInt32(bits(UInt16.self)) << 16)
        default: preconditionFailure("numbers of single precision are kept in 16 bits or in 32")
        }
    }
}

/// What a file says of one of its tensors.
public struct TensorDescription: Sendable, Hashable {
    /// The name, of which a file has each once.
    public let name: String
    /// How the values are written.
    public let type: TensorType
    /// The length of each dimension, the slowest first; none for a single value.
    public let shape: [Int]
    /// Where the bytes are, from where the values begin.
    public let bytes: Range<Int>

    /// How many values there are.
    public var count: Int { bytes.count / type.byteWidth }
}
