import Workspace

/// Why a model cannot predict.
public enum InferenceError: Error, Equatable {
    /// A model's trees are damaged, or not known.
    case trees(file: String, TreeModelError)
    /// A model's trees do not take or make what the model does.
    case unfitting(file: String, reason: String)
    /// A trace of requests cannot be used.
    case trace(file: String, reason: String)
    /// The command was given values that cannot be used.
    case misuse(String)
}

extension InferenceError: CustomStringConvertible {
    /// One line for people: what, where, and what to do next.
    public var description: String {
        let advice = "take another version of it, or train it again"
        return switch self {
        case .trees(let file, let error): "\(file) has no trees that can be used: \(error.description); \(advice)"
        case .unfitting(let file, let reason): "\(file) does not go with its model: \(reason); \(advice)"
        case .trace(let file, let reason):
            "\(file) is no trace of requests: \(reason); Docs/benchmarking-models.md tells what one is"
        case .misuse(let message): message
        }
    }
}

extension InferenceError: ErrorWithExitStatus {
    /// What a model has wrong is found; what was asked wrongly is misuse.
    public var exitStatus: ExitStatus {
        switch self {
        case .trees, .unfitting: .found
        case .trace, .misuse: .misused
        }
    }
}
