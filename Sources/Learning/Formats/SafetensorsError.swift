import Workspace

/// Why a file of tensors is not taken.
public struct SafetensorsError: Error, Equatable {
    /// What can be wrong with one.
    public enum Problem: Equatable, Sendable {
        /// The file ends before its header does.
        case truncatedHeader(size: Int, needed: UInt64)
        /// The header is larger than any that is read.
        case headerTooLarge(UInt64)
        /// The header is no JSON object of descriptions.
        case malformedHeader(String)
        /// A tensor's description is not one.
        case malformedTensor(String, reason: String)
        /// A tensor's bytes are not those of its shape and type.
        case wrongSize(String, bytes: Int, expected: Int)
        /// A tensor begins before the one in front of it has ended.
        case overlap(String, String)
        /// Bytes belong to no tensor.
        case gap(before: String)
        /// The file has fewer bytes than its tensors.
        case truncatedData(size: Int, needed: Int)
        /// Bytes follow the last tensor.
        case excessData(Int)
        /// There is no tensor of that name.
        case noTensor(String)
        /// A tensor has another shape or type than what it is read for.
        case unexpected(String, found: String, expected: String)
        /// A value is no finite number.
        case notFinite(String, index: Int)
    }

    /// What messages call the file.
    public let file: String
    /// What is wrong with it.
    public let problem: Problem

    /// Names what is wrong with a file.
    public init(file: String, problem: Problem) { (self.file, self.problem) = (file, problem) }
}

extension SafetensorsError: CustomStringConvertible {
    /// One line for people: what, where, and what to do next.
    public var description: String {
        "\(file) is no file of tensors that can be used: \(reason); take another version of it, or make it again"
    }

    /// What is wrong, in a part of a line.
    package var reason: String {
        switch problem {
        case .truncatedHeader(let size, let needed):
            "its header needs \(needed) bytes, and there are \(size)"
        case .headerTooLarge(let size):
            "its header would have \(size) bytes, more than the \(SafetensorsFile.largestHeader) that are read"
        case .malformedHeader(let reason): "its header is malformed: \(reason)"
        case .malformedTensor(let name, let reason): "its tensor '\(name)' is malformed: \(reason)"
        case .wrongSize(let name, let bytes, let expected):
            "its tensor '\(name)' has \(bytes) bytes, but its shape needs \(expected)"
        case .overlap(let name, let other): "its tensors '\(name)' and '\(other)' overlap"
        case .gap(let name): "bytes before its tensor '\(name)' belong to none"
        case .truncatedData(let size, let needed): "its tensors need \(needed) bytes, and there are \(size)"
        case .excessData(let count): "\(count) bytes follow its last tensor"
        case .noTensor(let name): "it has no tensor '\(name)'"
        case .unexpected(let name, let found, let expected): "its tensor '\(name)' is \(found), not \(expected)"
        case .notFinite(let name, let index): "value \(index) of its tensor '\(name)' is no finite number"
        }
    }
}

extension SafetensorsError: ErrorWithExitStatus {
    /// A file that cannot be used was found.
    public var exitStatus: ExitStatus { .found }
}
