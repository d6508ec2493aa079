import TextFormats

/// How a model's numbers are kept in fewer bits.
public struct Quantization: Sendable, Equatable {
    /// What a weight is kept as.
    public enum Format: String, Sendable, CaseIterable {
        /// Whole numbers from -127 to 127, times a scale for each output of a layer and each row of a table. Of trees,
        /// thresholds are the borders of at most 256 bins a column, and leaves have 16 bits.
        case int8
        /// Whole numbers from -7 to 7, two to a byte, times a scale as above.
        case int4
        /// Half precision: a sign, 5 bits of exponent, 10 of fraction.
        case float16 = "f16"
        /// The first 16 bits of single precision: a sign, 8 bits of exponent, 7 of fraction.
        case bfloat16 = "bf16"
    }

    /// How what goes into a layer becomes whole numbers.
    public enum Activations: String, Sendable, CaseIterable {
        /// By the largest size in each row, when it comes.
        case dynamic
        /// By a range for each layer, which rows of the training have shown.
        case calibrated
    }

    /// What weights are kept as.
    public let format: Format
    /// What is done with what goes into layers; `nil` where they take numbers of single precision.
    public let activations: Activations?

    /// Keeps weights in a format.
    public init(_ format: Format, activations: Activations? = nil) {
        (self.format, self.activations) = (format, activations)
    }
}

extension Quantization.Format {
    /// The largest code; `nil` for numbers with an exponent.
    package var largestCode: Int? {
        switch self {
        case .int8: 127
        case .int4: 7
        case .float16, .bfloat16: nil
        }
    }

    /// The type of a file's tensors; `nil` for codes.
    var tensorType: TensorType? {
        switch self {
        case .int8, .int4: nil
        case .float16: .float16
        case .bfloat16: .bfloat16
        }
    }
}

extension Quantization {
    /// Reads what stands in a model; `nil` if it says nothing.
    ///
    /// - Throws: ``LearningError/malformedModel(file:reason:)`` for what is not known, or does not go with the kind.
    static func read(_ json: JSON, of kind: ModelKind, file: String) throws(LearningError) -> Quantization? {
        if case .null = json { return nil }
        let named = json["activations"].string
        guard let format = json["format"].string.flatMap(Format.init) else {
            throw .malformedModel(file: file, reason: "its format of numbers is none that is known")
        }
        let isExact = format.largestCode == nil || kind == .trees
        let activations = named.flatMap(Activations.init)
        if isExact ? named != nil : activations == nil {
            throw .malformedModel(file: file, reason: "its format of numbers does not go with what goes into layers")
        }
        if kind == .trees, format != .int8 {
            throw .malformedModel(file: file, reason: "trees have bins of 8 bits, and it says '\(format.rawValue)'")
        }
        return Quantization(format, activations: activations)
    }
}
